package policyset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/infra/prove/theorem"
)

// TestEachMissingGuardIsNamed has one policy for each guard, which lacks that one alone: the refutation names it, says what to write, and where the
// page about guards explains it. With the guard, the same policy is proven.
func TestEachMissingGuardIsNamed(t *testing.T) {
	page, err := os.ReadFile("../../docs/ARTICLE-AND-HARDENED.md")
	if err != nil {
		t.Fatal(err)
	}
	const (
		own     = "${aws:PrincipalTag/org}"
		rows    = "arn:aws:dynamodb:us-east-1:123456789012:table/Rows"
		byKey   = `{"actions": ["dynamodb:GetItem"], "key": "dynamodb:LeadingKeys", "owner": "{owner}"}`
		objects = `{"actions": ["s3:GetObject"], "owner": "arn:aws:s3:::files/{owner}/*"}`
	)
	keys := func(action, more string) string {
		return `{"Effect": "Allow", "Action": ` + action + `, "Resource": "` + rows + `", "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "` + own + `"}` + more + `}}`
	}
	const nullGuard = `, "Null": {"dynamodb:LeadingKeys": "false"}`
	anyTag := strings.Replace(accessTrust, `"StringLike": {"aws:RequestTag/org": "?*"}, `, "", 1)
	every := func(condition string) string {
		return `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*", "Condition": {` + condition + `}}`
	}
	for name, test := range map[string]struct {
		trust, statement        string
		mendedTrust, mended     string
		arn, access, says, link string
	}{
		"the action names no owner": {
			accessTrust, keys(`["dynamodb:GetItem", "dynamodb:Scan"]`, ""), accessTrust, keys(`"dynamodb:GetItem"`, nullGuard),
			rows, byKey, "take dynamodb:Scan out of the statement, or deny it", "Null guards and Deny",
		},
		"a tag on every session": {
			anyTag, every(`"Null": {"aws:PrincipalTag/org": "true"}`), accessTrust, every(`"Null": {"aws:PrincipalTag/org": "true"}`),
			"arn:aws:s3:::files/*", objects, `in the trust policy put StringLike aws:RequestTag/org "?*" on sts:AssumeRole too`, "sts/no-tag",
		},
		"a Null guard": {
			accessTrust, keys(`"dynamodb:GetItem"`, ""), accessTrust, keys(`"dynamodb:GetItem"`, nullGuard),
			rows, byKey, `add "Null": {"dynamodb:LeadingKeys": "false"} to the condition`, "Null guards and Deny",
		},
		"a tag without delimiters": {
			strings.Replace(accessTrust, `"*/*", `, "", 1), objectsOf(own + "/*"), accessTrust, objectsOf(own + "/*"),
			"arn:aws:s3:::files/*", objects, `StringNotLike aws:RequestTag/org ["*/*"]`, "sts/twin-with-slash",
		},
		"a pattern that ends the tenant's name": {
			accessTrust, objectsOf(own + "*"), accessTrust, objectsOf(own + "/*"),
			"arn:aws:s3:::files/*", objects, "no * right behind it", "opensearch/longer-name",
		},
		"the owner is held to the tenant": {
			accessTrust, every(`"StringLike": {"aws:PrincipalTag/org": "?*"}`), accessTrust, objectsOf(own + "/*"),
			"arn:aws:s3:::files/*", objects, "let the statement name the owner by " + own, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			of := func(trust, statement string) *Report {
				folder := access(t, statement, test.arn, test.access)
				write(t, filepath.Join(folder, "Access", "trust.json"), document(trust))
				return check(t, folder)
			}
			r := of(test.trust, test.statement)
			if r.Verdict != theorem.Refuted {
				t.Fatalf("without it: %s %+v", r.Verdict, r.Findings)
			}
			named := ""
			for _, x := range r.Findings[0].Refutations {
				if named += x.Guard.Name + "; "; x.Guard.Name == name && (!strings.Contains(x.Guard.Do, test.says) || x.Guard.See != test.link || !strings.Contains(string(page), x.Guard.See)) {
					t.Errorf("%+v", x.Guard)
				}
			}
			if !strings.Contains(named, name+"; ") {
				t.Errorf("named: %s", named)
			}
			if r := of(test.mendedTrust, test.mended); r.Verdict != theorem.Proven || len(r.Findings) != 1 && name != "a tag on every session" {
				t.Errorf("with it: %s %+v", r.Verdict, r.Findings)
			}
		})
	}
}
