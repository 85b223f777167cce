package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkcreds "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const readsOwnPath = `{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow","Action":"iam:GetRole","Resource":"arn:aws:iam::000000000000:role/own/*"}]}`

// denied starts localaws and lets a session of TaskRole ask for what it may not do, under an id of its own. It returns
// localaws' id of that request.
func denied(t *testing.T, own string, args ...string) (server *running, id string) {
	t.Helper()
	server = serveOnAnyPort(t, args...)
	server.makeRole(t, "TaskRole", trustsTasks)
	root := iam.NewFromConfig(server.sdk(sdkcreds.NewStaticCredentialsProvider("test", "test", "")))
	if _, err := root.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("TaskRole"), PolicyName: aws.String("Read"), PolicyDocument: aws.String(readsOwnPath),
	}); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := once(t, server.env(), "credentials", "--role", "TaskRole", "--session-name", "laptop")
	if code != 0 {
		t.Fatal(stderr)
	}
	session := iam.NewFromConfig(server.sdk(processCredentials(t, stdout)), func(o *iam.Options) {
		o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue("X-Request-Id", own))
	})
	_, err := session.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("TaskRole")})
	answer, ok := errors.AsType[interface {
		error
		ServiceRequestID() string
	}](err)
	if !ok {
		t.Fatalf("got %v, want a denial with its request id", err)
	}
	return server, answer.ServiceRequestID()
}

// processCredentials reads what localaws credentials prints.
func processCredentials(t *testing.T, stdout string) aws.CredentialsProvider {
	t.Helper()
	var c struct{ AccessKeyID, SecretAccessKey, SessionToken string }
	if err := json.Unmarshal([]byte(stdout), &c); err != nil {
		t.Fatal(err)
	}
	return sdkcreds.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
}

func wantExplained(t *testing.T, code int, stdout, stderr, id string) {
	t.Helper()
	for _, want := range []string{
		"DENIED   iam:GetRole", "arn:aws:iam::000000000000:role/TaskRole",
		"arn:aws:sts::000000000000:assumed-role/TaskRole/laptop", id,
		"No statement of the identity policies allows it.",
		"TaskRole/Read Own (Allow) did not apply: Resource wants [arn:aws:iam::000000000000:role/own/*], the request has [arn:aws:iam::000000000000:role/TaskRole]",
		"aws:PrincipalArn = arn:aws:iam::000000000000:role/TaskRole", "Decisions on this request: 1. Denials: 1.",
	} {
		if code != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, %s, got %s, want %s in it", code, stderr, stdout, want)
		}
	}
}

func TestWhyAsksTheRunningLocalaws(t *testing.T) {
	server, id := denied(t, "own-1")
	for _, asked := range []string{id, "own-1"} {
		code, stdout, stderr := once(t, server.env(), "why", asked)
		wantExplained(t, code, stdout, stderr, id)
	}
}

func TestWhyReadsADecisionLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "decisions.jsonl")
	server, id := denied(t, "own-1", "--log", log)
	server.end()
	for _, asked := range []string{id, "own-1"} {
		code, stdout, stderr := once(t, nil, "why", asked, "--log", log)
		wantExplained(t, code, stdout, stderr, id)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	prefixed := "localaws-1  | localaws: http://0.0.0.0:4566\nlocalaws-1  | " + strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\nlocalaws-1  | ")
	for name, input := range map[string]string{"as it is": string(text), "of a container": prefixed} {
		for _, w := range []why{{RequestID: id, Stdin: "-"}, {RequestID: id, Log: "-"}} {
			var out strings.Builder
			if err := w.Run(t.Context(), process{in: strings.NewReader(input), out: &out}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			wantExplained(t, 0, out.String(), "", id)
		}
	}
}

func TestWhySaysWhatToDoWhereItFindsNothing(t *testing.T) {
	server, id := denied(t, "own-1")
	log := filepath.Join(t.TempDir(), "decisions.jsonl")
	if err := os.WriteFile(log, []byte("{}\nnot JSON\n{\"requestId\":1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"why", "unknown"}, 1, `remembers no decision on the request "unknown"`},
		{[]string{"why", "unknown"}, 1, "add --log FILE"},
		{[]string{"why", id[:8]}, 1, "give the whole id"},
		{[]string{"why", "M475HFRHG5SMZD32UVFCOBVW6Y"}, 1, "with an id from an answer of your own service, which may have made no call of AWS, look in its log for the id of such a call"},
		{[]string{"why", "a b"}, 1, "request must be the id of a request"},
		{[]string{"why", id, "--log", log}, 1, "decisions.jsonl has no decision"},
		{[]string{"why", id, "--log", log + ".missing"}, 1, "no such file"},
		{[]string{"why"}, 2, "<request-id>"},
		{[]string{"why", id, "file"}, 2, "give --log FILE"},
		{[]string{"why", id, "-", "--log", log}, 2, "either - or --log"},
	} {
		code, stdout, stderr := once(t, server.env(), tc.args...)
		if code != tc.code || stdout != "" || !strings.Contains(stderr, tc.want) {
			t.Errorf("%q: exit %d, stdout %q, stderr %q, want %d and %q", tc.args, code, stdout, stderr, tc.code, tc.want)
		}
	}
	server.end()
	code, _, stderr := once(t, server.env(), "why", id)
	if code != 1 || !strings.Contains(stderr, "localaws serve starts it") || !strings.Contains(stderr, "--log FILE") {
		t.Errorf("a stopped localaws: exit %d, %q, want 1 and what to do", code, stderr)
	}
}
