package localaws

import (
	"context"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/policy"
)

func TestAnswerAsksForPermissionsThatItAloneCanName(t *testing.T) {
	nobody, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"}}`), policy.Resource)
	if err != nil {
		t.Fatal(err)
	}
	status, answer, log := serve(t, fakeService{func(r *api.Request) (*api.Call, error) {
		call := &api.Call{Permissions: []api.Permission{{Action: "dynamodb:First", Resource: "*"}}}
		call.Answer = func(context.Context) (*api.Response, error) {
			if err := r.Decide(&api.Permission{Action: "dynamodb:Second", Resource: "*", Via: "s3"}, 2); err != nil {
				t.Errorf("control: %v", err)
			}
			return &api.Response{}, r.Decide(&api.Permission{
				Action: "kms:Decrypt", Resource: "arn:aws:kms:us-east-1:000000000000:key/1", KeyPolicy: &policy.Named{Name: "nobody", Policy: nobody},
			}, 2)
		}
		return call, nil
	}})
	if status != 400 || !strings.Contains(answer, "is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:000000000000:key/1 with an explicit deny in a resource-based policy") {
		t.Errorf("answered %d %s, want the denial", status, answer)
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines are logged, want one for each permission:\n%s", len(lines), log)
	}
	for i, want := range []string{`"aws:ViaAWSService":["false"]`, `"aws:ViaAWSService":["true"]`, `"decision":"deny"`} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %s, want %s", i, lines[i], want)
		}
	}
}

func TestWhatIsAnotherAccountsIsClosed(t *testing.T) {
	for arn, want := range map[string]int{
		"arn:aws:sqs:us-east-1:000000000000:queue": 200, "arn:aws:s3:::bucket": 200, "*": 200, "arn:aws:iam::aws:policy/P": 200, "arn:aws:sqs:us-east-1:111122223333:queue": 400,
	} {
		status, answer, _ := serve(t, fakeService{func(*api.Request) (*api.Call, error) {
			return &api.Call{
				Permissions: []api.Permission{{Action: "sqs:SendMessage", Resource: arn}},
				Answer:      func(context.Context) (*api.Response, error) { return &api.Response{}, nil },
			}, nil
		}})
		if status != want || want == 400 && !strings.Contains(answer, "because no resource-based policy allows the sqs:SendMessage action") {
			t.Errorf("%s: %d %s, want %d", arn, status, answer, want)
		}
	}
}
