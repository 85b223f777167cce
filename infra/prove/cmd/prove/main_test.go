package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

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
	for _, tc := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"--only sts/ --out " + out + " --markdown " + report, 0, "attacks were denied", "each beside its control"},
		{"--only sts/no-tag --json", 0, `"attacks": 1`, ""},
		{"--policies article --only sts/no-tag", 1, "LEAK", "ISOLATION IS NOT PROVEN for the article policies (embedded): sts/no-tag (LEAK)"},
		{"--only dynamodb/get-item --quick --json", 0, `"mutants": 0`, "(embedded)"},
		{"--only token/none --bin " + t.TempDir(), 1, "", "make build makes the binaries"},
		{"--target aws", 2, "", "--target aws needs --account"},
		{"--target embedded --account 123456789012", 2, "", "no other target does"},
		{"--target gcp", 2, "", "localstack"},
		{"--only nothing/", 2, "", "no attack begins so"},
		{"--policies other", 2, "", "hardened"},
		{"--help", 0, "prove explain --principal", ""},
		{explained + "--tag TenantID=yellow --context dynamodb:LeadingKeys=yellow", 0, "allow: TrackingAccessRole/TrackingAccessPolicyDynamoDB ReadOwnPartition", ""},
		{explained + "--tag TenantID=yellow --context dynamodb:LeadingKeys=yellow --context dynamodb:LeadingKeys=blue", 1, "dynamodb:LeadingKeys wants [yellow], the request has [yellow, blue]", "denied"},
		{explained + "--context dynamodb:LeadingKeys=yellow", 1, "deny: no statement of the identity policies allows it", "denied"},
		{strings.Replace(explained, "GetItem", "Scan", 1) + "--tag TenantID=yellow", 1, "deny: TrackingAccessRole/TrackingAccessPolicyDynamoDB DenyWhatNamesNoKey denies it", "denied"},
		{assumed + "--context aws:RequestTag/TenantID=yellow --context aws:TagKeys=TenantID --context sts:TransitiveTagKeys=TenantID", 0, "allow: TrackingAccessRole/trust AssumeWithTenantTagOnly", ""},
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
	var figures map[string]int
	if err := json.Unmarshal(content, &figures); err != nil || figures["attacks"] < 20 || figures["denied"] != figures["attacks"] || figures["allowed"] != figures["controls"] || figures["leaks"] != 0 {
		t.Errorf("prove.json holds %s, %v", content, err)
	}
	for _, name := range []string{report, filepath.Join(out, "prove.xml")} {
		if content, err := os.ReadFile(name); err != nil || !strings.Contains(string(content), "no-tag") {
			t.Errorf("%s: %v, %.100s", name, err, content)
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
	var answered []string
	for _, seed := range []string{"7", "7", "8"} {
		var stderr bytes.Buffer
		n, _ := strconv.ParseUint(seed, 10, 64)
		roles, err := prove.Load(iam.Hardened)
		if err != nil {
			t.Fatal(err)
		}
		found, err := attack{Requests: 2000, Seed: n}.search(t.Context(), roles, &stderr)
		if err != nil || len(found.Leaks) > 0 || found.Seed != n || found.Requests != 2000 || !strings.Contains(stderr.String(), "2000 random requests, --seed "+seed) {
			t.Fatalf("seed %s: %+v, %v, %s", seed, found, err, &stderr)
		}
		answered = append(answered, strconv.Itoa(found.Answered))
	}
	if answered[0] != answered[1] || answered[0] == answered[2] {
		t.Errorf("answered %v, want the same of the same seed, and another of another", answered)
	}
}
