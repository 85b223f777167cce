package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const (
	accessPolicy = "TrackingAccessRole/TrackingAccessPolicyDynamoDB.json"
	seedPolicy   = "TrackingSeedRole/TrackingSeedPolicy.json"
)

// onDisk is a copy of the hardened policies that a test may edit.
func onDisk(t *testing.T) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "policies")
	source, err := iam.Embedded(iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Copy(folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

func edit(t *testing.T, file, from, to string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), from, to, 1)
	if changed == string(text) {
		t.Fatalf("%s has no %q", file, from)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// policyAt returns the policy in localaws that came from a file.
func policyAt(t *testing.T, l *localawstest.Local, file string) string {
	t.Helper()
	role, name := path.Split(strings.TrimSuffix(file, ".json"))
	out, err := awsiam.NewFromConfig(l.Config(localawstest.Root)).GetRolePolicy(t.Context(), &awsiam.GetRolePolicyInput{
		RoleName: aws.String(path.Clean(role)), PolicyName: &name,
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := url.PathUnescape(aws.ToString(out.PolicyDocument))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// settle runs the two rounds that apply a change. They have to succeed; it returns their output.
func settle(t *testing.T, k *keeper, said *bytes.Buffer) string {
	t.Helper()
	said.Reset()
	for range 2 {
		if err := k.round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !k.healthy() {
		t.Fatal("not healthy")
	}
	return said.String()
}

func TestKeepFollowsAnEditOfThePoliciesAndSaysSoInOneLine(t *testing.T) {
	l, folder := localawstest.Start(t), onDisk(t)
	k, said := newKeeper(t, l, folder)
	if text := settle(t, k, said); !strings.Contains(text, "all is in place, under "+folder+" (sha256 "+k.inPlace) {
		t.Errorf("at first: %s", text)
	}
	if text := settle(t, k, said); text != "" {
		t.Errorf("nothing changed, and it says %s", text)
	}
	first := k.inPlace
	edit(t, filepath.Join(folder, accessPolicy), "ReadOwnPartition", "ReadAnyPartition")
	text := settle(t, k, said)
	if strings.Count(text, "\n") != 1 || !strings.Contains(text, "the policies changed; in place are now "+folder+" (sha256 "+k.inPlace) || k.inPlace == first {
		t.Errorf("after an edit: %q, sum %s, want one line with the new sum", text, k.inPlace)
	}
	if got := policyAt(t, l, accessPolicy); !strings.Contains(got, "ReadAnyPartition") {
		t.Errorf("localaws has %s", got)
	}
}

// A checkout replaces one file after the other, and some editors delete a file before they write it again.
func TestStateOfThePoliciesThatOneReadingSawIsNotApplied(t *testing.T) {
	l, folder := localawstest.Start(t), onDisk(t)
	k, said := newKeeper(t, l, folder)
	file := filepath.Join(folder, accessPolicy)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, k, said)
	first := k.inPlace
	l.ResetLog()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := k.round(t.Context()); err != nil || !k.healthy() {
		t.Fatalf("%v, healthy %t; want the roles as they were", err, k.healthy())
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	settle(t, k, said)
	if entries := l.Entries(t); len(entries) != 0 || k.inPlace != first {
		t.Errorf("asked localaws %+v, in place %s; want no request and %s", entries, k.inPlace, first)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if settle(t, k, said); k.inPlace == first {
		t.Error("a file that is gone for good changes nothing")
	}
}

func TestBrokenPoliciesLeaveTheRolesAndTurnHealthUntilTheyAreRight(t *testing.T) {
	for name, breaks := range map[string]func(t *testing.T, folder string){
		"an unknown placeholder": func(t *testing.T, folder string) { edit(t, filepath.Join(folder, accessPolicy), "<region>", "<zone>") },
		"no trust policy": func(t *testing.T, folder string) {
			if err := os.Remove(filepath.Join(folder, "TrackingAccessRole/trust.json")); err != nil {
				t.Fatal(err)
			}
		},
		"no folder": func(t *testing.T, folder string) {
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, folder := localawstest.Start(t), onDisk(t)
			k, said := newKeeper(t, l, folder)
			settle(t, k, said)
			before := policyAt(t, l, accessPolicy)
			said.Reset()
			l.ResetLog()
			breaks(t, folder)
			last := ""
			for range 3 {
				err := k.round(t.Context())
				if err == nil || !strings.Contains(err.Error(), folder) || k.healthy() {
					t.Fatalf("%v, healthy %t; want an error that names the file, and no health", err, k.healthy())
				}
				last = say(t.Context(), said, last, err)
			}
			if entries := l.Entries(t); strings.Count(said.String(), "\n") != 1 || len(entries) != 0 {
				t.Errorf("said %q, and asked localaws %+v; want one line and no request", said, entries)
			}
			if got := policyAt(t, l, accessPolicy); got != before {
				t.Errorf("localaws has %s", got)
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(onDisk(t), folder); err != nil {
				t.Fatal(err)
			}
			if text := settle(t, k, said); !strings.Contains(text, "all is in place") {
				t.Errorf("when they are right again: %q", text)
			}
		})
	}
}

func TestRoleWhoseFolderIsGoneIsDeleted(t *testing.T) {
	l, folder := localawstest.Start(t), onDisk(t)
	client := awsiam.NewFromConfig(l.Config(localawstest.Root))
	k, said := newKeeper(t, l, folder)
	reader := filepath.Join(folder, "Reader")
	if err := os.CopyFS(reader, os.DirFS(filepath.Join(folder, "TrackingServiceRole"))); err != nil {
		t.Fatal(err)
	}
	settle(t, k, said)
	there := func() bool {
		_, err := client.GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: aws.String("Reader")})
		if _, gone := errors.AsType[*types.NoSuchEntityException](err); err != nil && !gone {
			t.Fatal(err)
		}
		return err == nil
	}
	if !there() {
		t.Fatal("the role is not there while its folder is")
	}
	if err := os.RemoveAll(reader); err != nil {
		t.Fatal(err)
	}
	settle(t, k, said)
	if there() {
		t.Error("the role is there without its folder")
	}
}

// When localaws refused some of the roles, all are put once the files are as before.
func TestPoliciesThatWerePutInPartAreUndoneWhenTheFilesAreRestored(t *testing.T) {
	l, folder := localawstest.Start(t), onDisk(t)
	k, said := newKeeper(t, l, folder)
	settle(t, k, said)
	before := policyAt(t, l, seedPolicy)
	k.Endpoint = refusing(t, l.URL, "RoleName=TrackingAccessRole&") // which is put after TrackingSeedRole
	edit(t, filepath.Join(folder, seedPolicy), "WriteOwnPartition", "WriteAnyPartition")
	if err := k.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := k.round(t.Context()); err == nil || k.healthy() || policyAt(t, l, seedPolicy) == before {
		t.Fatalf("%v, healthy %t; want a refusal after some of the roles", err, k.healthy())
	}
	k.Endpoint = l.URL
	edit(t, filepath.Join(folder, seedPolicy), "WriteAnyPartition", "WriteOwnPartition")
	settle(t, k, said)
	if got := policyAt(t, l, seedPolicy); got != before {
		t.Errorf("localaws has %s", got)
	}
}

// refusing stands in front of localaws and refuses the requests that have text in their body.
func refusing(t *testing.T, localaws, text string) string {
	t.Helper()
	behind, err := url.Parse(localaws)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || strings.Contains(string(body), text) {
			http.Error(w, "<ErrorResponse><Error><Code>LimitExceeded</Code></Error></ErrorResponse>", http.StatusConflict)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestPoliciesThatCannotBeReadAreAConfigurationError(t *testing.T) {
	l := localawstest.Start(t)
	for policies, want := range map[string]string{
		"softened": `--policies: no policies at "softened"`, "../../../../iam": "there is no folder of a role",
	} {
		var out, stderr bytes.Buffer
		if code := run(t.Context(), []string{"--endpoint", l.URL, "--policies", policies}, &out, &stderr); code != 2 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit %d, %s; want 2 and %q", policies, code, &stderr, want)
		}
	}
	if entries := l.Entries(t); len(entries) > 0 {
		t.Errorf("localaws was asked: %+v", entries)
	}
}
