package sts_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const (
	taskTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	account = "arn:aws:iam::000000000000:"
)

// trust returns a trust policy that lets principal (what stands after the account) take the actions.
func trust(principal, actions, condition string) string {
	if condition == "" {
		condition = "{}"
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},
		"Action":[%s],"Condition":%s}]}`, account+principal, actions, condition)
}

const (
	assume       = `"sts:AssumeRole"`
	assumeAndTag = `"sts:AssumeRole","sts:TagSession"`
)

// allow returns an identity policy with one statement.
func allow(action, resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"%s","Resource":"%s"}]}`, action, resource)
}

func role(name, trust string, policies ...string) localaws.Role {
	r := localaws.Role{Name: name, Trust: []byte(trust)}
	for i, document := range policies {
		r.Policies = append(r.Policies, localaws.PolicyDocument{Name: fmt.Sprintf("Policy%d", i), Document: []byte(document)})
	}
	return r
}

// kit is a localaws with a task role called Caller and the roles of the test.
type kit struct {
	*localawstest.Local
	caller localawstest.Credentials
}

func start(t *testing.T, roles ...localaws.Role) *kit {
	t.Helper()
	l := localawstest.Start(t)
	l.PutRoles(t, role("Caller", taskTrust))
	l.PutRoles(t, roles...)
	return &kit{l, l.RoleCredentials(t, "Caller", "task")}
}

type option func(*sts.AssumeRoleInput)

func tags(pairs ...string) option {
	return func(in *sts.AssumeRoleInput) {
		for i := 0; i < len(pairs); i += 2 {
			in.Tags = append(in.Tags, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
		}
	}
}

func transitive(keys ...string) option {
	return func(in *sts.AssumeRoleInput) { in.TransitiveTagKeys = keys }
}

func lasting(seconds int32) option {
	return func(in *sts.AssumeRoleInput) { in.DurationSeconds = &seconds }
}

func sessionPolicy(document string) option {
	return func(in *sts.AssumeRoleInput) { in.Policy = &document }
}

func externalID(id string) option { return func(in *sts.AssumeRoleInput) { in.ExternalId = &id } }

func source(id string) option { return func(in *sts.AssumeRoleInput) { in.SourceIdentity = &id } }

func named(session string) option {
	return func(in *sts.AssumeRoleInput) { in.RoleSessionName = &session }
}

func (k *kit) assume(t *testing.T, by localawstest.Credentials, role string, options ...option) (localawstest.Credentials, error) {
	t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: aws.String(k.RoleARN(role)), RoleSessionName: aws.String("session")}
	for _, o := range options {
		o(in)
	}
	return k.AssumeRole(t, by, in)
}

// mustAssume is the positive control.
func (k *kit) mustAssume(t *testing.T, by localawstest.Credentials, role string, options ...option) localawstest.Credentials {
	t.Helper()
	c, err := k.assume(t, by, role, options...)
	if err != nil {
		t.Fatalf("AssumeRole %s: %v", role, err)
	}
	return c
}

// denied wants AWS's AccessDenied for action.
func (k *kit) denied(t *testing.T, err error, action string) {
	t.Helper()
	localawstest.WantFailure(t, err, "AccessDenied", 403)
	if want := "is not authorized to perform: " + action + " on resource: "; err != nil && !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want it to say %q", err, want)
	}
}

// principalTags returns the session's tags as a policy sees them.
func (k *kit) principalTags(t *testing.T, c localawstest.Credentials) map[string]string {
	t.Helper()
	k.ResetLog()
	if _, err := sts.NewFromConfig(k.Config(c)).GetCallerIdentity(t.Context(), nil); err != nil {
		t.Fatalf("GetCallerIdentity: %v", err)
	}
	return k.last(t).SessionTags
}

func (k *kit) last(t *testing.T) localaws.Entry {
	t.Helper()
	entries := k.Entries(t)
	if len(entries) == 0 {
		t.Fatal("the decision log is empty")
	}
	return entries[len(entries)-1]
}

// form sends a form as it is, signed by c.
func (k *kit) form(t *testing.T, c localawstest.Credentials, query, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.URL+"/"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	status, answer := k.Do(t, r, []byte(body), c, "sts")
	return status, string(answer)
}
