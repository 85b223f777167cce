package localaws_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// details is the answer of GetRequestAuthorizationDetails: IAM Toolbox API reference.
type details struct {
	RequestContext map[string]any
	Evaluations    []struct {
		Action, Resource, EvaluatedEffect string
		Context                           map[string]any
		MatchedPolicies                   []matchedPolicy
		Checks                            []struct {
			CheckType, EvaluatedEffect string
			RelevantPolicyTypes        []string
			MatchedPolicies            []matchedPolicy
		}
	}
	Policies []struct {
		Type, URI  string
		Inline     bool
		AttachedTo []struct{ ARN string }
	}
	NextToken, Message string
}

type matchedPolicy struct {
	URI               string
	MatchedStatements []struct{ Sid, EvaluatedEffect string }
}

// ask asks for the details of a denial, and returns the code of an error.
func ask(t *testing.T, l *localawstest.Local, c localawstest.Credentials, path string) (d details, status int, code string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.URL+"/authorization-details/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Sign(r, nil, c, "iam"); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body.Bytes(), &d); err != nil || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s, %v", response.StatusCode, body.Bytes(), err)
	}
	return d, response.StatusCode, response.Header.Get("X-Amzn-Errortype")
}

var messageID = regexp.MustCompile(`with the following authorization id: ([0-9a-z]+)`)

// idIn is the authorization id that an error names.
func idIn(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		t.Fatal("allowed, want a denial")
	}
	match := messageID.FindStringSubmatch(err.Error())
	if match == nil {
		t.Fatalf("%v names no authorization id", err)
	}
	return match[1]
}

// sameAsLog wants d to say what the entries of the decision log say.
func sameAsLog(t *testing.T, d details, entries []localaws.Entry) {
	t.Helper()
	if len(d.Evaluations) != len(entries) {
		t.Fatalf("%d evaluations, %d lines of the log", len(d.Evaluations), len(entries))
	}
	effects := map[string]string{"Allow": "ALLOW", "ExplicitDeny": "EXPLICIT_DENY", "ImplicitDeny": "IMPLICIT_DENY"}
	for i, v := range d.Evaluations {
		e := entries[i]
		if v.Action != e.Action || v.Resource != e.Resource || v.EvaluatedEffect != effects[e.Effect] {
			t.Errorf("evaluation %d: %+v, the log has %+v", i, v, e)
		}
		keys, want := map[string]any{}, map[string]any{}
		for _, part := range []map[string]any{d.RequestContext, v.Context} {
			for name, value := range part {
				keys[name] = value
			}
		}
		for _, key := range e.Context {
			list := []any{}
			for _, value := range key.Values {
				list = append(list, value)
			}
			if want[key.Name] = list; len(list) == 1 {
				want[key.Name] = list[0]
			}
			if key.Unknown {
				want[key.Name] = nil
			}
		}
		if !reflect.DeepEqual(keys, want) {
			t.Errorf("evaluation %d: context %v, the log has %v", i, keys, want)
		}
	}
}

func TestDenialIsExplainedUnderItsAuthorizationID(t *testing.T) {
	l := startNotes(t, "yellow")
	session := sessionOf(t, l, "yellow")
	client := dynamodb.NewFromConfig(l.Config(session))
	for name, test := range map[string]struct {
		ask     func() error
		effect  string
		matched string
	}{
		"implicit": {func() error { _, err := getItem(t, client, "blue"); return err }, "IMPLICIT_DENY", "[]"},
		"explicit": {func() error {
			_, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table)})
			return err
		}, "EXPLICIT_DENY", "[{inline:NotesReader/ReadNotes [{NothingWithoutAKey DENY}]}]"},
	} {
		t.Run(name, func(t *testing.T) {
			l.ResetLog()
			id := idIn(t, test.ask())
			entries := l.Entries(t)
			if e := entries[len(entries)-1]; e.AuthorizationID != id {
				t.Errorf("the log has the id %q, the message %q", e.AuthorizationID, id)
			}
			d, status, _ := ask(t, l, localawstest.Root, id)
			if status != 200 {
				t.Fatalf("%d %s", status, d.Message)
			}
			sameAsLog(t, d, entries)
			v := d.Evaluations[0]
			if got := fmt.Sprint(v.MatchedPolicies); v.EvaluatedEffect != test.effect || got != test.matched {
				t.Errorf("%s by %s, want %s by %s", v.EvaluatedEffect, got, test.effect, test.matched)
			}
			if len(v.Checks) != 1 || v.Checks[0].CheckType != "PRINCIPAL" || v.Checks[0].EvaluatedEffect != test.effect {
				t.Errorf("checks %+v", v.Checks)
			}
			if got := fmt.Sprint(d.Policies); !strings.Contains(got, "{IDENTITY_BASED_POLICY inline:NotesReader/ReadNotes true [{"+l.RoleARN("NotesReader")+"}]}") {
				t.Errorf("policies %s", got)
			}
		})
	}
	l.ResetLog()
	if _, err := getItem(t, client, "yellow"); err != nil || l.Entries(t)[0].AuthorizationID != "" {
		t.Errorf("control: %v, %+v", err, l.Entries(t))
	}
}

func TestDetailsOfDenialsAreForWhoIsAllowed(t *testing.T) {
	l := startNotes(t, "yellow")
	session := sessionOf(t, l, "yellow")
	_, err := getItem(t, dynamodb.NewFromConfig(l.Config(session)), "blue")
	id := idIn(t, err)
	const service = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	const may = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetRequestAuthorizationDetails","Resource":"*"}}`
	l.PutRoles(t, localaws.Role{Name: "Operator", Trust: []byte(service), Policies: []localaws.PolicyDocument{{Name: "May", Document: []byte(may)}}})
	operator := l.RoleCredentials(t, "Operator", "task")
	for name, test := range map[string]struct {
		by     localawstest.Credentials
		path   string
		status int
		code   string
	}{
		"root":                     {localawstest.Root, id, 200, ""},
		"a role that may":          {operator, id, 200, ""},
		"the session itself":       {session, id, 403, "AccessDeniedException"},
		"the session, another id":  {session, "missing", 403, "AccessDeniedException"},
		"the session, no id":       {session, "%2e%2e", 403, "AccessDeniedException"},
		"an id that is not known":  {operator, "missing", 404, "ResourceNotFoundException"},
		"an id that is none":       {operator, "ABC", 400, "ValidationException"},
		"no id":                    {operator, "", 400, "ValidationException"},
		"another parameter":        {operator, id + "?x=y", 400, "ValidationException"},
		"a token that is none":     {operator, id + "?nextToken=x", 400, "ValidationException"},
		"a token of another":       {operator, id + "?nextToken=40", 400, "ValidationException"},
		"the policy, not allowed":  {operator, id + "/policy?policyUri=x", 403, "AccessDeniedException"},
		"the policy, by root":      {localawstest.Root, id + "/policy?policyUri=x", 400, "UnknownOperationException"},
		"another operation":        {localawstest.Root, id + "/other", 400, "UnknownOperationException"},
		"a secret that is another": {localawstest.Credentials{AccessKeyID: "test", SecretAccessKey: "other"}, id, 403, "InvalidSignatureException"},
	} {
		if d, status, code := ask(t, l, test.by, test.path); status != test.status || code != test.code || status == 200 && len(d.Evaluations) != 1 {
			t.Errorf("%s: %d %s %s, want %d %s", name, status, code, d.Message, test.status, test.code)
		}
	}
}

// TestSecretInTheSidOfASessionPolicyIsNotKept: whoever assumes a role writes that Sid.
func TestSecretInTheSidOfASessionPolicyIsNotKept(t *testing.T) {
	const secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYab"
	const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com","AWS":"*"},"Action":"sts:AssumeRole"}}`
	l := localawstest.Start(t)
	l.PutRoles(t, localaws.Role{Name: "Task", Trust: []byte(trust)})
	task := l.RoleCredentials(t, "Task", "task")
	for sid, kept := range map[string]bool{secret: false, "DenyAll": true} {
		out, err := sts.NewFromConfig(l.Config(task)).AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::000000000000:role/Task"), RoleSessionName: aws.String("session"),
			Policy: aws.String(`{"Version":"2012-10-17","Statement":{"Sid":"` + sid + `","Effect":"Deny","Action":"*","Resource":"*"}}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		c := localawstest.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
		_, err = getItem(t, dynamodb.NewFromConfig(l.Config(c)), "blue")
		d, _, _ := ask(t, l, localawstest.Root, idIn(t, err))
		if got := strings.Contains(fmt.Sprint(d), sid); got != kept {
			t.Errorf("%s in the details: %t, want %t", sid, got, kept)
		}
		if got := strings.Contains(l.Log(), sid); got != kept {
			t.Errorf("%s in the log: %t, want %t", sid, got, kept)
		}
	}
}

func TestDetailsAreKeptForADay(t *testing.T) {
	l := startNotes(t, "yellow")
	_, err := getItem(t, dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow"))), "blue")
	id := idIn(t, err)
	for _, step := range []struct {
		wait   time.Duration
		status int
	}{{localaws.ExplainedTime - time.Minute, 200}, {2 * time.Minute, 404}} {
		l.Advance(step.wait)
		if _, status, _ := ask(t, l, localawstest.Root, id); status != step.status {
			t.Errorf("after %v more: %d, want %d", step.wait, status, step.status)
		}
	}
}

func TestDetailsOfManyEvaluationsComeInPages(t *testing.T) {
	l := startNotes(t, "yellow")
	if _, err := s3.NewFromConfig(l.Config(localawstest.Root)).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(localawstest.Bucket)}); err != nil {
		t.Fatal(err)
	}
	l.ResetLog()
	var all []s3types.ObjectIdentifier
	for i := range 250 {
		all = append(all, s3types.ObjectIdentifier{Key: aws.String(fmt.Sprintf("other/%d", i))})
	}
	client := s3.NewFromConfig(l.Config(sessionOf(t, l, "yellow")), func(o *s3.Options) { o.UsePathStyle = true })
	l.ResetLog()
	out, err := client.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: aws.String(localawstest.Bucket), Delete: &s3types.Delete{Objects: all}})
	if err != nil || len(out.Errors) != len(all) {
		t.Fatalf("%v, %+v", err, out)
	}
	entries := l.Entries(t)
	id := messageID.FindStringSubmatch(*out.Errors[0].Message)[1]
	var sum details
	pages := 0
	for token := ""; pages == 0 || token != ""; pages++ {
		path := id
		if token != "" {
			path += "?nextToken=" + token
		}
		d, status, code := ask(t, l, localawstest.Root, path)
		if status != 200 {
			t.Fatalf("%d %s", status, code)
		}
		sum.RequestContext, sum.Evaluations, token = d.RequestContext, append(sum.Evaluations, d.Evaluations...), d.NextToken
	}
	if pages != 3 {
		t.Errorf("%d pages, want 3", pages)
	}
	sameAsLog(t, sum, entries[:localaws.ExplainedDecisions])
	for i, e := range entries {
		explained, said := i < localaws.ExplainedDecisions, messageID.FindStringSubmatch(*out.Errors[i].Message) != nil
		if said != explained || (e.AuthorizationID == id) != explained {
			t.Fatalf("denial %d: the message names an id: %t, the log %q; want %t", i, said, e.AuthorizationID, explained)
		}
	}
}

func TestLayersOfADenialAreItsChecks(t *testing.T) {
	l := startNotes(t, "yellow")
	task := l.RoleCredentials(t, "NotesService", "task")
	denied := func(err error) (details, string) {
		t.Helper()
		d, status, code := ask(t, l, localawstest.Root, idIn(t, err))
		if status != 200 {
			t.Fatalf("%d %s", status, code)
		}
		last := d.Evaluations[len(d.Evaluations)-1]
		var said []string
		for _, c := range last.Checks {
			said = append(said, c.CheckType+" "+c.EvaluatedEffect)
		}
		return d, strings.Join(said, ", ")
	}
	in := &sts.AssumeRoleInput{RoleArn: aws.String(l.RoleARN("NotesReader")), RoleSessionName: aws.String("yellow@test")}
	_, err := l.AssumeRole(t, task, in)
	d, said := denied(err)
	if said != "RESOURCE IMPLICIT_DENY, PRINCIPAL ALLOW" || d.Policies[0].Type != "RESOURCE_BASED_POLICY" || d.Policies[0].AttachedTo[0].ARN != l.RoleARN("NotesReader") {
		t.Errorf("AssumeRole without a tag: %s, %+v", said, d.Policies)
	}
	in.Tags, in.TransitiveTagKeys = []types.Tag{{Key: aws.String("TenantID"), Value: aws.String("yellow")}}, []string{"TenantID"}
	in.Policy = aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
	scoped, err := l.AssumeRole(t, task, in)
	if err != nil {
		t.Fatal(err)
	}
	_, err = getItem(t, dynamodb.NewFromConfig(l.Config(scoped)), "yellow")
	if d, said := denied(err); said != "PRINCIPAL ALLOW, SESSION IMPLICIT_DENY" || !strings.Contains(fmt.Sprint(d.Policies), "SESSION_POLICY inline:session policy") {
		t.Errorf("session policy: %s, %+v", said, d.Policies)
	}
}
