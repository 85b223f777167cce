package policyset

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/policy"
)

// readFile reads a JSON file by what is in it.
func readFile(name string, text []byte) (*Set, error) {
	var kind struct {
		Roles    jsontext.Value `json:"RoleDetailList"`
		Policies jsontext.Value `json:"Policies"`
		Format   string         `json:"format_version"`
		Version  jsontext.Value `json:"Version"`
		Trust    jsontext.Value `json:"Statement"`
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, fmt.Errorf("%s: this is no JSON: %w; of Terraform it wants what `terraform show -json PLAN` prints, not the plan itself", name, err)
	}
	switch {
	case kind.Roles != nil || kind.Policies != nil:
		return readDetails(name, text)
	case kind.Format != "":
		return readTerraform(name, text)
	case kind.Trust != nil:
		return nil, fmt.Errorf("%s is one policy document: put it into DIR/ROLE/NAME.json beside the role's DIR/ROLE/trust.json, and give DIR", name)
	}
	return nil, fmt.Errorf("%s is neither what `aws iam get-account-authorization-details` prints (it has no RoleDetailList) nor what `terraform show -json` prints (it has no format_version)", name)
}

// places are the offsets at which the names of policy documents stand in a file, by their JSON pointers.
func places(text []byte) (map[string]int64, error) {
	all := map[string]int64{}
	d := jsontext.NewDecoder(bytes.NewReader(text))
	for d.PeekKind() > 0 {
		before := d.InputOffset()
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
		at := string(d.StackPointer())
		switch path.Base(at) {
		case "AssumeRolePolicyDocument", "PolicyDocument", "Document":
			if _, known := all[at]; !known {
				all[at] = before
			}
		}
	}
	return all, nil
}

// document is the policy document of a JSON value that begins in text at or behind an offset: an object, or a text, which may be
// URL-encoded as the API has it.
func document(text []byte, value jsontext.Value, offset int64) (document []byte, at policy.Position, err error) {
	if value.Kind() != '"' {
		start := int64(bytes.IndexByte(text[offset:], '{')) + offset
		before := text[:start]
		line := 1 + bytes.Count(before, []byte("\n"))
		column := 1 + len([]rune(string(before[bytes.LastIndexByte(before, '\n')+1:])))
		return value, policy.Position{Line: line, Column: column}, nil
	}
	var written string
	if err := json.Unmarshal(value, &written); err != nil {
		return nil, policy.Position{}, err
	}
	if strings.HasPrefix(written, "%7B") {
		written, err = url.PathUnescape(written)
	}
	return []byte(written), policy.Position{}, err
}
