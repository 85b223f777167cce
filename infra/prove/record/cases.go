// Package record keeps what an account of AWS answers: its policy simulator to the cases by which our evaluator is tested, and AWS to
// the attacks. A File holds no account number, no ARN and no message of AWS, so that it can be sent to anybody. Compare says what differs
// from localaws.
package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"example.com/shiptrack/infra/localaws/policy/testdata/conformance"
)

// Case is a case of the conformance suite that a simulator can be asked.
type Case struct {
	ID    string // stable: the page, and where the case stands on it
	Says  string // in words
	input *iam.SimulateCustomPolicyInput
}

type group struct {
	Says, Version, Owner string
	Condition            json.RawMessage
	Identity, Boundary   []json.RawMessage
	Session, Trust       []json.RawMessage
	Resource             []json.RawMessage `json:"resourcePolicy"`
	Requests             []struct {
		Case, Action, Resource string
		Context                map[string]any
	}
}

// Cases are all of them.
func Cases() ([]Case, error) {
	names, err := fs.Glob(conformance.Files, "*.json")
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, name := range names {
		text, err := conformance.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var page struct{ Groups []group }
		if err := json.Unmarshal(text, &page); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for i := range page.Groups {
			of, err := page.Groups[i].cases(fmt.Sprintf("%s %d", strings.TrimSuffix(name, ".json"), i+1))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			all = append(all, of...)
		}
	}
	return all, nil
}

// cases are those of g; none where it is about what SimulateCustomPolicy does not take.
func (g *group) cases(id string) ([]Case, error) {
	if g.Session != nil || g.Trust != nil || g.Resource != nil || g.Owner != "" {
		return nil, nil
	}
	if g.Condition != nil {
		g.Identity = []json.RawMessage{fmt.Appendf(nil, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":%s}`, g.Condition)}
	}
	identity, err := g.document(g.Identity)
	if err != nil {
		return nil, err
	}
	boundary, err := g.document(g.Boundary)
	if err != nil {
		return nil, err
	}
	var all []Case
	for i, r := range g.Requests {
		in := &iam.SimulateCustomPolicyInput{PolicyInputList: []string{identity}, ActionNames: []string{"s3:GetObject"}}
		if g.Boundary != nil {
			in.PermissionsBoundaryPolicyInputList = []string{boundary}
		}
		if r.Action != "" {
			in.ActionNames[0] = r.Action
		}
		if r.Resource != "" {
			in.ResourceArns = []string{r.Resource}
		}
		for key, value := range r.Context {
			in.ContextEntries = append(in.ContextEntries, entry(key, value))
		}
		all = append(all, Case{fmt.Sprintf("%s.%d", id, i+1), g.Says + ": " + r.Case, in})
	}
	return all, nil
}

func entry(key string, value any) types.ContextEntry {
	list, several := value.([]any)
	if !several {
		return types.ContextEntry{ContextKeyName: &key, ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{fmt.Sprint(value)}}
	}
	e := types.ContextEntry{ContextKeyName: &key, ContextKeyType: types.ContextKeyTypeEnumStringList}
	for _, v := range list {
		e.ContextKeyValues = append(e.ContextKeyValues, fmt.Sprint(v))
	}
	return e
}

func (g *group) document(statements []json.RawMessage) (string, error) {
	version := g.Version
	if version == "" {
		version = "2012-10-17"
	}
	text, err := json.Marshal(map[string]any{"Version": version, "Statement": statements})
	return string(text), err
}

// Malformed is the answer to a policy that the simulator refuses.
const Malformed = "malformed"

// Ask puts cases to the simulator of IAM, and adds its answers to answers: a decision, Malformed, or the code of another error. Cases that
// have an answer are not asked again, so a run that ended can be gone on with. Its error is one that every other case would have too.
func Ask(ctx context.Context, client *iam.Client, cases []Case, answers map[string]string) error {
	for _, c := range cases {
		if answers[c.ID] != "" {
			continue
		}
		out, err := client.SimulateCustomPolicy(ctx, c.input)
		if err == nil && len(out.EvaluationResults) > 0 {
			answers[c.ID] = string(out.EvaluationResults[0].EvalDecision)
			continue
		}
		failure, ok := errors.AsType[smithy.APIError](err)
		switch {
		case !ok:
			return fmt.Errorf("case %s: %w", c.ID, err)
		case failure.ErrorCode() == "InvalidInput" || failure.ErrorCode() == "MalformedPolicyDocument":
			answers[c.ID] = Malformed
		case everywhere[failure.ErrorCode()]:
			return fmt.Errorf("case %s: %w", c.ID, err)
		default:
			answers[c.ID] = "error " + failure.ErrorCode()
		}
	}
	return nil
}

// everywhere are errors that say nothing of a case: who asks may not, may no more, or asks too much.
var everywhere = map[string]bool{
	"AccessDenied": true, "AccessDeniedException": true, "ExpiredToken": true, "ExpiredTokenException": true, "InvalidClientTokenId": true, "SignatureDoesNotMatch": true,
	"Throttling": true, "ThrottlingException": true, "ServiceUnavailable": true, "InternalFailure": true, "ServiceFailure": true,
}
