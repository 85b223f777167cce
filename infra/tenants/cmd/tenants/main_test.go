package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// kit runs the command on a localaws with the hardened policies.
type kit struct {
	*testing.T
	endpoint string
}

func newKit(t *testing.T) kit {
	t.Helper()
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	root := l.Config(localawstest.Root)
	if err := provision.Table(t.Context(), root, provision.TableName); err != nil {
		t.Fatal(err)
	}
	if err := provision.Bucket(t.Context(), root, localawstest.Bucket); err != nil {
		t.Fatal(err)
	}
	return kit{t, l.URL}
}

// run returns the exit code, and what was printed.
func (k kit) run(args ...string) (code int, stdout, stderr string) {
	k.Helper()
	var out, err bytes.Buffer
	code = run(k.Context(), append(args, "--endpoint", k.endpoint, "--bucket", localawstest.Bucket), &out, &err)
	return code, out.String(), err.String()
}

// wants runs the command, and fails the test where the code is another or one of the words is missing.
func (k kit) wants(code int, args []string, words ...string) string {
	k.Helper()
	got, stdout, stderr := k.run(args...)
	if got != code {
		k.Errorf("tenants %v exits %d, want %d: %s%s", args, got, code, stdout, stderr)
	}
	for _, word := range words {
		if !strings.Contains(stdout+stderr, word) {
			k.Errorf("tenants %v says no %q: %s%s", args, word, stdout, stderr)
		}
	}
	return stdout
}

func TestLifeOfATenant(t *testing.T) {
	k := newKit(t)
	k.wants(0, []string{"add", "acme", "acme-eu"}, "added 2 tenants", "in IAM before: ")
	k.wants(0, []string{"list"}, "acme ", "acme-eu ", "active")
	k.wants(0, []string{"show", "acme"}, "acme: active since", "search index      true")
	k.wants(0, []string{"suspend", "acme"}, "acme: suspended; the boundaries were written after")
	k.wants(0, []string{"list"}, "suspended")
	k.wants(0, []string{"report"}, "active    2", "suspended or revoked: 1;", "of 6144 characters")
	k.wants(0, []string{"resume", "acme"}, "acme: its sessions hold")
	k.wants(0, []string{"revoke", "acme"}, "acme: sessions from before ")
	k.wants(0, []string{"remove", "acme"}, "nothing was removed; with --yes this would be:")
	k.wants(0, []string{"show", "acme"}, "acme: active since")
	report := filepath.Join(t.TempDir(), "report.json")
	k.wants(0, []string{"remove", "acme", "--yes", "--key-days", "7", "--report", report}, "acme: removed", "checked: no row", "checked: no live session")
	k.wants(0, []string{"remove", "acme", "--yes"}, "acme: there was nothing to remove")
	k.wants(1, []string{"add", "acme"}, "tenant acme: it was removed, and an id is never given to a second tenant")
	k.wants(0, []string{"show", "acme-eu"}, "acme-eu: active since")
	var kept struct {
		Tenant string
		Checks []struct{ OK bool }
	}
	if text, err := os.ReadFile(report); err != nil || json.Unmarshal(text, &kept) != nil || kept.Tenant != "acme" || len(kept.Checks) != 6 || !kept.Checks[0].OK {
		t.Errorf("the report is %s, %v", text, err)
	}
}

func TestEachResultIsJSONOnRequest(t *testing.T) {
	k := newKit(t)
	for _, args := range [][]string{
		{"add", "acme"}, {"list"}, {"show", "acme"}, {"suspend", "acme"}, {"resume", "acme"}, {"revoke", "acme"}, {"report"}, {"remove", "acme"}, {"remove", "acme", "--yes"},
	} {
		_, stdout, stderr := k.run(append(args, "--format", "json")...)
		if !json.Valid([]byte(stdout)) || !strings.ContainsAny(stdout, "{[") {
			t.Errorf("tenants %v prints %s%s, want JSON", args, stdout, stderr)
		}
	}
}

func TestWrongInputSaysWhatToDo(t *testing.T) {
	k := newKit(t)
	file := filepath.Join(t.TempDir(), "tenants.jsonl")
	if err := os.WriteFile(file, []byte("{\"tenant\": \"fine\"}\n{\"tenant\": \"Bad\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		code  int
		args  []string
		words string
	}{
		{2, []string{"add"}, "name tenants, or a file of them with --file"},
		{2, []string{"add", "acme", "--file", file}, "name tenants, or a file of them"},
		{2, []string{"add", "Acme"}, `"Acme"`},
		{2, []string{"add", "check.a"}, "it is reserved for the isolation check"},
		{2, []string{"add", "--file", file}, "nothing was added: line 2"},
		{2, []string{"add", "--file", file + "x"}, "no such file"},
		{2, []string{"remove", "acme", "--key-days", "3"}, "--key-days: 3 is not in 7 to 30"},
		{1, []string{"suspend", "nobody"}, "there is no such tenant"},
		{1, []string{"show", "nobody"}, "there is no such tenant"},
		{1, []string{"remove", "nobody", "--yes"}, "there is no such tenant"},
		{1, []string{"list", "--role", "Nobody"}, "Nobody"},
	} {
		k.wants(test.code, test.args, test.words)
	}
	k.wants(1, []string{"show", "fine"}, "there is no such tenant") // of the file with a mistake
}

func TestFileOfTenantsIsAddedAndStoppedRunSaysSo(t *testing.T) {
	k := newKit(t)
	var lines strings.Builder
	for _, name := range []string{"one", "two2", "three"} {
		lines.WriteString("{\"tenant\": \"" + name + "\"}\n")
	}
	file := filepath.Join(t.TempDir(), "tenants.jsonl")
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	if code := run(stopped, []string{"add", "--file", file, "--endpoint", k.endpoint}, &out, &err); code != 1 || !strings.Contains(err.String(), "the same command again finishes the work") {
		t.Errorf("stopped: %d %s%s", code, out.String(), err.String())
	}
	k.wants(0, []string{"add", "--file", file, "--parallel", "2"}, "added 3 tenants")
	k.wants(0, []string{"report"}, "active    3")
}
