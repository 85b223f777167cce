package iam_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// published is a group of the policy package's conformance suite, as far as the simulator can be asked.
type published struct {
	Says, Version, Owner string
	Condition            json.RawMessage
	Identity, Boundary   []json.RawMessage
	Session, Trust       []json.RawMessage
	Resource             []json.RawMessage `json:"resourcePolicy"`
	Requests             []publishedRequest
}

type publishedRequest struct {
	Case, Want, Action, Resource string
	Context                      map[string]any
}

// TestPublishedCasesGoThroughTheSimulator puts the cases of AWS's documentation to SimulateCustomPolicy, by the SDK.
func TestPublishedCasesGoThroughTheSimulator(t *testing.T) {
	_, c := start(t)
	files, err := filepath.Glob("../../policy/testdata/conformance/*.json")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var page struct{ Groups []published }
		if err := json.Unmarshal(content, &page); err != nil {
			t.Fatal(err)
		}
		for _, g := range page.Groups {
			if g.Session != nil || g.Trust != nil || g.Resource != nil || g.Owner != "" {
				continue // SimulateCustomPolicy takes neither, and a resource policy for users alone
			}
			for _, r := range g.Requests {
				asked++
				got, err := simulated(t, c, &g, r)
				if err != nil || got != r.Want {
					t.Errorf("%s: %s: %s, %v; want %s", g.Says, r.Case, got, err, r.Want)
				}
			}
		}
	}
	if asked < 350 {
		t.Errorf("%d cases were asked, want 350 or more", asked)
	}
}

func simulated(t *testing.T, c *iam.Client, g *published, r publishedRequest) (string, error) {
	t.Helper()
	if g.Condition != nil {
		g.Identity = []json.RawMessage{fmt.Appendf(nil, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":%s}`, g.Condition)}
	}
	in := &iam.SimulateCustomPolicyInput{PolicyInputList: []string{g.document(t, g.Identity)}, ActionNames: []string{"s3:GetObject"}}
	if g.Boundary != nil {
		in.PermissionsBoundaryPolicyInputList = []string{g.document(t, g.Boundary)}
	}
	if r.Action != "" {
		in.ActionNames[0] = r.Action
	}
	if r.Resource != "" {
		in.ResourceArns = []string{r.Resource}
	}
	for key, value := range r.Context {
		entry := types.ContextEntry{ContextKeyName: aws.String(key), ContextKeyType: types.ContextKeyTypeEnumString}
		if list, several := value.([]any); several {
			entry.ContextKeyType = types.ContextKeyTypeEnumStringList
			for _, v := range list {
				entry.ContextKeyValues = append(entry.ContextKeyValues, v.(string))
			}
		} else {
			entry.ContextKeyValues = []string{value.(string)}
		}
		in.ContextEntries = append(in.ContextEntries, entry)
	}
	out, err := c.SimulateCustomPolicy(t.Context(), in)
	if _, malformed := errors.AsType[*types.InvalidInputException](err); malformed {
		return "malformed", nil
	}
	if err != nil {
		return "", err
	}
	return string(out.EvaluationResults[0].EvalDecision), nil
}

func (g *published) document(t *testing.T, statements []json.RawMessage) string {
	t.Helper()
	version := g.Version
	if version == "" {
		version = "2012-10-17"
	}
	document, err := json.Marshal(map[string]any{"Version": version, "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}
