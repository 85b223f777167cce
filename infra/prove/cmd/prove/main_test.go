package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove"
)

const (
	explained = "explain --principal arn:aws:iam::000000000000:role/TrackingAccessRole --action dynamodb:GetItem --resource arn:aws:dynamodb:us-east-1:000000000000:table/TrackingData "
	assumed   = "explain --principal arn:aws:sts::000000000000:assumed-role/TrackingServiceRole/task --action sts:AssumeRole --resource arn:aws:iam::000000000000:role/TrackingAccessRole "
)

func TestRunsAndTheirExitCodes(t *testing.T) {
	out := t.TempDir()
	report := filepath.Join(out, "report.md")
	one := oneRole(t)
	t.Setenv("AWS_REGION", "eu-west-1")
	for _, tc := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"--only sts/ --out " + out + " --markdown " + report, 0, "attacks were denied", "each beside its control"},
		{"--only sts/no-tag --json", 0, `"attacks": 1`, ""},
		{"--policies article --only sts/no-tag", 1, "LEAK", "on embedded: sts/no-tag (LEAK)"},
		{"--policies article --only sts/no-tag", 1, "", "ISOLATION IS NOT PROVEN for infra/iam/article (sha256 "},
		{"--policies article --only dynamodb/seed-", 1, "", "no attack was carried out"},
		{"--policies article --only sts/ --failures", 1, "sts/no-tag ", "LEAK"},
		{"--only sts/ --failures", 0, "attacks were denied", "prove: policies infra/iam/hardened (sha256 "},
		{"--policies ../../../iam/article --only sts/chained-tag --json", 0, `"policies": "../../../iam/article"`, ""},
		{"--only dynamodb/get-item --quick --json", 0, `"mutants": 0`, "(embedded)"},
		{"--only token/none --bin " + t.TempDir(), 1, "", "make build makes the binaries"},
		{"--target aws", 2, "", "--target aws needs --account"},
		{"--target embedded --account 123456789012", 2, "", "no other target does"},
		{"--target aws --dry-run", 2, "", "--dry-run is for --target aws, with --account, twelve digits"},
		{"--account 123456789012 --dry-run", 2, "", "--dry-run is for --target aws"},
		{"--target aws --existing --account 123456789012", 2, "", "--existing is for --target aws, and goes with --task-profile"},
		{"--target aws --account 123456789012 --dry-run --only sts/no-tag", 0, "iam:CreateRole arn:aws:iam::123456789012:role/TrackingAccessRole", "no call is made"},
		{"--target aws --account 123456789012 --dry-run --only sts/no-tag", 0, "sts:AssumeRole arn:aws:iam::123456789012:role/TrackingAccessRole as assumed-role/TrackingServiceRole/task, which has to be denied", ""},
		{"clean --account 123456789012 --dry-run", 0, "iam:DeleteRole arn:aws:iam::123456789012:role/TrackingAccessRole", "no call is made"},
		{"clean --account 123456789012 --dry-run", 0, " calls, for 15 things. The policy that their caller needs is infra/prove/caller/run.json", ""},
		{"clean --account mine --dry-run", 2, "", "with --account, twelve digits"},
		{"--target aws --account 123456789012 --dry-run --existing --only s3/get-object", 0, "s3:GetObject arn:aws:s3:::shiptrack-123456789012/prove-blue/1001/canary.txt as assumed-role/TrackingAccessRole/prove-yellow@prove, which has to be denied", ""},
		{"--target aws --account 123456789012 --dry-run --existing --only s3/get-object", 0, "for 1 attacks. The policy that their caller needs is infra/prove/caller/existing.json.", ""},
		{"--target gcp", 2, "", "localstack"},
		{"--only nothing/", 2, "", "no attack begins so"},
		{"--only nothing/ --requests=-1 --out /no/such/folder", 2, "", "no attack begins so\n--requests -1: want 1 or more; --quick leaves the search out\n--out /no/such/folder: there is no such folder"},
		{"--only sts/no-tag --out " + report, 2, "", "there is no such folder"},
		{"--only sts/no-tag --markdown " + out, 2, "", "want a file in a folder that is there"},
		{"--only sts/no-tag --markdown /no/such/report.md", 2, "", "want a file in a folder that is there"},
		{"--policies other", 2, "", `no policies at "other": want "hardened", "article", or a folder`},
		{"--policies ../../../iam", 2, "", "there is no folder of a role"},
		{"--policies " + one, 2, "", "the attacks are about the role TrackingServiceRole, and there is none; there is Reader"},
		{"explain --policies " + one + " --principal arn:aws:iam::000000000000:role/Reader --action s3:GetObject --resource *", 1, "deny: ", "prove: policies " + one},
		{"--help", 0, "prove explain --principal", ""},
		{"certificates " + filepath.Join(t.TempDir(), "new"), 0, " certificates of infra/iam/hardened are in ", "prove: policies infra/iam/hardened"},
		{"certificates --policies other " + t.TempDir(), 2, "", `no policies at "other"`},
		{"certificates .", 2, "", "not an empty folder"},
		{explained + "--tag TenantID=yellow --context dynamodb:LeadingKeys=yellow", 0, "allow: TrackingAccessRole/TrackingAccessPolicyDynamoDB ReadOwnPartition", ""},
		{explained + "--tag TenantID=yellow --context dynamodb:LeadingKeys=yellow --context dynamodb:LeadingKeys=blue", 1, "dynamodb:LeadingKeys wants [yellow], the request has [yellow, blue]", "denied"},
		{explained + "--context dynamodb:LeadingKeys=yellow", 1, "deny: no statement of the identity policies allows it", "denied"},
		{strings.Replace(explained, "GetItem", "Scan", 1) + "--tag TenantID=yellow", 1, "deny: TrackingAccessRole/TrackingAccessPolicyDynamoDB DenyWhatNamesNoKey denies it", "denied"},
		{strings.Replace(assumed, "sts:AssumeRole", "sts:TagSession", 1) + "--context aws:RequestTag/TenantID=acme/eu --context aws:TagKeys=TenantID --context sts:TransitiveTagKeys=TenantID", 1, "StringNotLike aws:RequestTag/TenantID", "denied"},
		{assumed + "--context aws:RequestTag/TenantID=yellow --context sts:RoleSessionName=yellow@a", 0, "allow: TrackingAccessRole/trust AssumeUnderTenantsName", ""},
		{assumed, 1, "StringLike aws:RequestTag/TenantID wants [?*], the request does not have it", "denied"},
		{strings.Replace(explained, "TrackingAccessRole", "Nobody", 1), 2, "", "no role Nobody"},
		{explained + "--tag yellow", 2, "", "want KEY=VALUE"},
		{strings.Replace(explained, ":role/", ":user/", 1), 2, "", "neither a role's ARN"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), strings.Fields(tc.args), &stdout, &stderr)
		if code != tc.code || !strings.Contains(stdout.String(), tc.stdout) || !strings.Contains(stderr.String(), tc.stderr) {
			t.Errorf("%s: code %d, stdout %.300q, stderr %q; want %d with %q and %q", tc.args, code, &stdout, &stderr, tc.code, tc.stdout, tc.stderr)
		}
	}
	content, err := os.ReadFile(filepath.Join(out, "prove.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f prove.Figures
	if err := json.Unmarshal(content, &f); err != nil || f.Attacks < 20 || f.Denied != f.Attacks || f.Allowed != f.Controls || f.Leaks != 0 {
		t.Errorf("prove.json holds %s, %v", content, err)
	}
	date, err := time.Parse(time.RFC3339, f.Date)
	if err != nil || time.Since(date) > time.Hour || !strings.HasSuffix(f.Date, "Z") || f.Target != "embedded" || f.Version == "" || f.Policies != "infra/iam/hardened" || len(f.PoliciesSHA256) != 64 {
		t.Errorf("prove.json holds %s, %v; want target, date in UTC, version and the source of the policies", content, err)
	}
	for _, name := range []string{report, filepath.Join(out, "prove.xml")} {
		if content, err := os.ReadFile(name); err != nil || !strings.Contains(string(content), "no-tag") {
			t.Errorf("%s: %v, %.100s", name, err, content)
		}
	}
}

// oneRole is a folder of policies with a single role, none of Shiptrack's.
func oneRole(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, "Reader", "trust.json"), `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
	return folder
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFailuresShowsOnlyWhatDoesNotHold(t *testing.T) {
	for args, want := range map[string]string{
		"--policies article --only sts/ --failures":  "LEAK",
		"--policies hardened --only sts/ --failures": "",
	} {
		var stdout, stderr bytes.Buffer
		run(t.Context(), strings.Fields(args), &stdout, &stderr)
		rows := 0
		for line := range strings.Lines(stdout.String()) {
			if strings.HasPrefix(line, "sts/") {
				rows++
				if want == "" || !strings.Contains(line, want) {
					t.Errorf("%s shows %s", args, line)
				}
			}
		}
		if rows == 0 != (want == "") || strings.Contains(stdout.String(), "attempt") != (want != "") {
			t.Errorf("%s shows %d rows:\n%s", args, rows, &stdout)
		}
	}
}

func TestReportsOfAnotherTargetLeaveThoseOfTheEmbeddedOne(t *testing.T) {
	out := t.TempDir()
	for _, target := range []string{"embedded", "aws"} {
		if err := (attack{Target: target, Out: out}).write(&prove.Report{Target: target}, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"prove.json": "embedded", "prove.xml": "embedded", "prove-aws.json": "aws", "prove-aws.xml": "aws"} {
		if content, err := os.ReadFile(filepath.Join(out, name)); err != nil || !strings.Contains(string(content), target) {
			t.Errorf("%s: %v, %s; want the report of %s", name, err, content, target)
		}
	}
}

func TestDockerIsNamedWhereItIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for target := range emulators {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{"--target", target}, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "this target needs Docker") {
			t.Errorf("%s: code %d, %s", target, code, &stderr)
		}
	}
}

func TestEmulatorsAreThoseOfCompose(t *testing.T) {
	images, err := os.ReadFile("../../../compose/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for target, e := range emulators {
		if !strings.Contains(string(images), "FROM "+e.image+" AS "+target) {
			t.Errorf("%s: infra/compose/Dockerfile has no %s", target, e.image)
		}
	}
}

func TestSearchIsThatOfItsSeed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds (make check)")
	}
	var answered []string
	for _, seed := range []string{"7", "7", "8"} {
		var stderr bytes.Buffer
		n, _ := strconv.ParseUint(seed, 10, 64)
		source, err := iam.Embedded(iam.Hardened)
		if err != nil {
			t.Fatal(err)
		}
		names, _, err := attack{Policies: "hardened"}.names()
		if err != nil {
			t.Fatal(err)
		}
		roles, err := names.Load(source)
		if err != nil {
			t.Fatal(err)
		}
		found, err := attack{Requests: 2000, Seed: n}.search(t.Context(), names, roles, &stderr)
		if err != nil || len(found.Leaks) > 0 || found.Seed != n || found.Requests != 2000 || !strings.Contains(stderr.String(), "2000 random requests, --seed "+seed) {
			t.Fatalf("seed %s: %+v, %v, %s", seed, found, err, &stderr)
		}
		answered = append(answered, strconv.Itoa(found.Answered))
	}
	if answered[0] != answered[1] || answered[0] == answered[2] {
		t.Errorf("answered %v, want the same of the same seed, and another of another", answered)
	}
}
