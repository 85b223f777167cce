package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sources are the sets of package policyset's tests.
const sources = "../../policyset/testdata/sources/"

// TestVerdictsAndTheirExitCodes holds that each end of prove policies and prove diff has its code, and says what, where, and what to do.
func TestVerdictsAndTheirExitCodes(t *testing.T) {
	own := t.TempDir()
	mended := filepath.Join(own, "roles")
	if err := os.CopyFS(mended, os.DirFS(sources+"roles")); err != nil {
		t.Fatal(err)
	}
	trust, err := os.ReadFile(filepath.Join(mended, "Reader", "trust.json"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(mended, "Reader", "trust.json"), strings.Replace(string(trust), `"Condition": {`, `"Condition": { "StringNotLike": {"aws:RequestTag/org": "*/*"},`, 1))
	broken := filepath.Join(own, "broken")
	if err := os.CopyFS(broken, os.DirFS(mended)); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(broken, "Reader", "Objects.json"), `{"Version": "2012-10-17", "Statement": {"Effect": "Permit"}}`)
	owned := " --ownership " + sources + "ownership.json"
	other := filepath.Join(own, "other.json")
	writeFile(t, other, `{"tag": "tenant", "stores": [{"name": "S3", "resources": [{"arn": "arn:aws:s3:::files/*", "access": []}]}]}`)
	undecided := filepath.Join(own, "undecided.json")
	writeFile(t, undecided, `{"tag": "org", "mayTag": ["Vendor"], "stores": [{"name": "S3", "resources": [{"arn": "arn:aws:s3:::others/*", "access": [{"actions": ["s3:*"], "owner": "nobody"}]}]}]}`)
	report := filepath.Join(own, "report.xml")
	for _, tc := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"policies " + sources + "roles", 1, "a session of acme/eu can read acme's objects", "prove: REFUTED: 0 proven, 1 refuted"},
		{"policies check " + sources + "account.json", 1, "managed policy Objects", "REFUTED"},
		{"policies " + mended + owned, 0, "PROVEN: 1 proven, 0 refuted, 0 undecided", ""},
		{"policies " + mended + " --ownership " + undecided, 3, "the ownership file does not know what the statement grants", "UNDECIDED"},
		{"policies " + mended + owned + " --format junit --out " + report, 0, "PROVEN: 1 proven", ""},
		{"policies " + mended + owned + " --format yaml", 2, "", "must be one of"},
		{"policies " + mended + owned + " --out " + own, 2, "", "--out: "},
		{"policies " + mended, 2, "", "ownership.json: there is no such file, and without it nobody knows which tenant owns what: write a first one with `prove policies init " + mended + "`"},
		{"policies " + mended + " --ownership " + other, 2, "", `"tag" is "tenant", and no policy looks at that tag; they look at org`},
		{"policies " + broken + owned, 2, "", "Reader/Objects.json:1:"},
		{"policies " + own + "/none", 2, "", "no such folder or file"},
		{"policies", 2, "", "dir"},
		{"policies init " + mended, 0, "ownership.json is written. Read it", ""},
		{"policies init " + mended, 2, "", "is there already, and is left as it is: name another with --out"},
		{"policies init " + sources + "none", 2, "", "no such folder"},
		{"policies " + mended, 0, "a guess that nobody has checked", ""},
		{"diff " + sources + "roles " + mended, 0, "nothing became allowed: 1 role changed", ""},
		{"diff " + mended + " " + sources + "roles", 1, "ALLOWED NOW", "1 role may do more"},
		{"diff " + mended + " " + sources + "roles --format github", 1, "::error file=" + sources + "roles/Reader/trust.json,line=", ""},
		{"diff " + mended + " " + broken, 2, "", "Objects.json:1:"},
		{"policies --help", 0, "0 where all is proven, 1 where something is refuted, 3 where something is undecided", ""},
		{"policies init --help", 0, "asks nothing", ""},
		{"diff --help", 0, "git worktree add", ""},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(tc.args), &stdout, &stderr)
		unwrapped := strings.Join(strings.Fields(stdout.String()), " ")
		if code != tc.code || !strings.Contains(stdout.String(), tc.stdout) && !strings.Contains(unwrapped, tc.stdout) || !strings.Contains(stderr.String(), tc.stderr) {
			t.Errorf("%s: code %d, stdout %.600q, stderr %q; want %d with %q and %q", tc.args, code, &stdout, &stderr, tc.code, tc.stdout, tc.stderr)
		}
	}
	odd := filepath.Join(own, "it's a & b")
	if err := os.CopyFS(filepath.Join(odd, "roles"), os.DirFS(mended)); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"policies", "init", filepath.Join(odd, "roles")}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), `then: prove policies '`+own+`/it'\''s a & b/roles'`) {
		t.Errorf("a command to paste: %d, %s%s", code, &stdout, &stderr)
	}
	if text, err := os.ReadFile(report); err != nil || !strings.Contains(string(text), "<testsuite") {
		t.Errorf("%v, %s", err, text)
	}
}

// TestCommandsOfYourPolicies runs the commands of infra/docs/YOUR-POLICIES.md, and holds what the page shows of their output.
func TestCommandsOfYourPolicies(t *testing.T) {
	page, err := os.ReadFile("../../../docs/YOUR-POLICIES.md")
	if err != nil {
		t.Fatal(err)
	}
	shop := filepath.Join(t.TempDir(), "shop")
	t.Chdir("../../../..")
	ran := 0
	for i, block := range strings.Split(string(page), "```console\n") {
		if i == 0 {
			continue
		}
		block, _, _ = strings.Cut(block, "```")
		for _, command := range strings.Split("\n"+block, "\n$ ")[1:] {
			command, shown, _ := strings.Cut(strings.ReplaceAll(command, "/tmp/shop", shop), "\n")
			ran++
			arguments, isProve := strings.CutPrefix(command, "bin/prove ")
			if !isProve {
				if out, err := exec.CommandContext(t.Context(), "bash", "-c", command).CombinedOutput(); err != nil { // the page's own cp
					t.Fatalf("%s: %v, %s", command, err, out)
				}
				continue
			}
			var out, stderr bytes.Buffer
			code := run(t.Context(), strings.Fields(arguments), &out, &stderr)
			want := 0
			for line := range strings.Lines(shown) {
				line = strings.TrimRight(line, "\n")
				if line == "[exit 1]" {
					want = 1
				} else if !strings.Contains(out.String(), line) {
					t.Errorf("%s: no %q in\n%s%s", command, line, &out, &stderr)
				}
			}
			if code != want {
				t.Errorf("%s: exit %d, want %d\n%s%s", command, code, want, &out, &stderr)
			}
		}
	}
	if ran < 12 {
		t.Errorf("%d commands", ran)
	}
}
