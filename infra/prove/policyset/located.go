package policyset

import (
	"bytes"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

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

// located is a text with the offsets at which its lines begin.
type located struct {
	text  []byte
	lines []int
}

func locate(text []byte) *located {
	l := &located{text: text, lines: []int{0}}
	for at, c := range text {
		if c == '\n' {
			l.lines = append(l.lines, at+1)
		}
	}
	return l
}

func (l *located) position(offset int) policy.Position {
	line, found := slices.BinarySearch(l.lines, offset)
	if !found {
		line--
	}
	return policy.Position{Line: line + 1, Column: 1 + utf8.RuneCount(l.text[l.lines[line]:offset])}
}

// document is the policy document of a JSON value that begins behind an offset: an object, or a text, which may be URL-encoded as the
// API has it.
func (l *located) document(value jsontext.Value, offset int64) (document []byte, at policy.Position, err error) {
	if value.Kind() != '"' {
		return value, l.position(bytes.IndexByte(l.text[offset:], '{') + int(offset)), nil
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
