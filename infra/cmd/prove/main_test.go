package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
