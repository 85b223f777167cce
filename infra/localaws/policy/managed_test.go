package policy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAWSManagedPoliciesParse takes testdata/managed.json, and each file of the folder that MANAGED_POLICIES names: documents of AWS's
// managed policies, one a file.
func TestAWSManagedPoliciesParse(t *testing.T) {
	content, err := os.ReadFile("testdata/managed.json")
	if err != nil {
		t.Fatal(err)
	}
	var odd struct{ Policies map[string]json.RawMessage }
	if err := json.Unmarshal(content, &odd); err != nil || len(odd.Policies) < 5 {
		t.Fatalf("%d policies, %v", len(odd.Policies), err)
	}
	for name, document := range odd.Policies {
		if _, err := Parse(document, AWSManaged); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(os.Getenv("MANAGED_POLICIES"), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(document, AWSManaged); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestVariableBeforeTheResourcePartMatchesNothing(t *testing.T) {
	const key = "arn:aws:kms:us-east-1:000000000000:key/k"
	statement := func(effect, element, resource string) string {
		return `"Effect":"` + effect + `","Action":"kms:Decrypt","` + element + `":"` + resource + `"`
	}
	const variable = "arn:aws:kms:*:${aws:PrincipalAccount}:key/*"
	for resource, want := range map[string]Effect{variable: ImplicitDeny, "arn:aws:kms:${aws:RequestedRegion}:000000000000:key/*": ImplicitDeny, "arn:aws:kms:*:000000000000:key/*": Allow} {
		p := Policies{Identity: []Named{{Name: "p", Policy: mustParse(t, documentOf(current, statement("Allow", "Resource", resource)), AWSManaged)}}}
		checkEffect(t, p, &Request{Action: "kms:Decrypt", Resource: key, Context: values{"aws:PrincipalAccount": account, "aws:RequestedRegion": "us-east-1"}.context()}, want)
	}
	for reason, document := range map[string]string{
		"account":       statement("Deny", "Resource", variable),
		"the account":   statement("Allow", "NotResource", variable),
		"account \"x${": statement("Allow", "Resource", "arn:aws:kms:*:x${aws:PrincipalAccount}:key/*"),
		"partition":     statement("Allow", "Resource", "arn:${a:b}:kms:*:000000000000:key/*"),
		"service":       statement("Allow", "Resource", "arn:aws:${a:b}:*:000000000000:key/*"),
	} {
		checkMalformed(t, documentOf(current, document), AWSManaged, reason)
	}
	for _, kind := range []Kind{Identity, Simulated} {
		checkMalformed(t, documentOf(current, statement("Allow", "Resource", variable)), kind, "account")
	}
}

func TestOnlyOrganizationsHasAnEmptyResourcePart(t *testing.T) {
	p := identityOf(t, documentOf(current, `"Effect":"Allow","Action":"organizations:*","Resource":"arn:aws:organizations::*:"`))
	checkEffect(t, p, &Request{Action: "organizations:ListRoots", Resource: "arn:aws:organizations::000000000000:"}, Allow)
	checkEffect(t, p, &Request{Action: "organizations:ListRoots", Resource: "arn:aws:organizations::000000000000:root/o-1/r-1"}, ImplicitDeny)
	checkMalformed(t, documentOf(current, `"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::"`), Identity, "resource part")
}

func TestBooleansAreReadInAnyCase(t *testing.T) {
	const key = "aws:SecureTransport"
	var cases []conditionCase
	for _, text := range []string{`"true"`, `"True"`, `"TRUE"`, `true`} {
		for _, value := range []string{"true", "True", "TRUE"} {
			cases = append(cases,
				conditionCase{"Bool", on("Bool", key, text), values{key: value}, yes},
				conditionCase{"BoolIfExists", on("BoolIfExists", key, text), values{key: value}, yes},
				conditionCase{"ForAnyValue", on("ForAnyValue:Bool", key, text), values{key: []string{value}}, yes},
				conditionCase{"not false", on("Bool", key, strings.NewReplacer("true", "false", "True", "False", "TRUE", "FALSE").Replace(text)), values{key: value}, no})
		}
		cases = append(cases,
			conditionCase{"false", on("Bool", key, text), values{key: "False"}, no},
			conditionCase{"no boolean", on("Bool", key, text), values{key: "yes"}, undecidable},
			conditionCase{"Null, absent", on("Null", key, text), nil, yes},
			conditionCase{"Null, present", on("Null", key, text), values{key: "x"}, no})
	}
	checkConditions(t, cases)
	checkMalformed(t, documentOf(current, `"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"truths"}}`), Identity, "neither true nor false")
}

func TestEachKindOfDocumentHasItsOwnSizeAndSids(t *testing.T) {
	document := func(sid string, size int, blanks string, kind Kind) string {
		target := `"Resource":"*"`
		if kinds[kind].resource {
			target += `,"Principal":"*"`
		}
		text := func(value string) string {
			return documentOf(current, `"Sid":"`+sid+`","Effect":"Deny",`+target+`,"Action":"s3:*","Condition":{"StringEquals":{"a:b":"`+value+`"}}`)
		}
		return text(strings.Repeat("é", size-len([]rune(text(""))))) + blanks
	}
	const blanks = 1000
	for kind, test := range map[Kind]struct {
		limit  int
		blanks bool // white space counts
		sids   bool // may have other characters than letters and digits
	}{
		Identity: {10240, false, false}, Resource: {20480, false, true}, Key: {32768, false, true},
		Simulated: {131072, true, false}, SimulatedResource: {131072, true, true},
	} {
		mustParse(t, document("A", test.limit, "", kind), kind)
		checkMalformed(t, document("A", test.limit+1, "", kind), kind, fmt.Sprintf("more than %d", test.limit))
		if spaced := document("A", test.limit, strings.Repeat(" ", blanks), kind); test.blanks {
			checkMalformed(t, spaced, kind, "more than")
		} else {
			mustParse(t, spaced, kind)
		}
		for _, sid := range []string{"__default_statement_ID", "Enable IAM User Permissions", "grant-1"} {
			if text := document(sid, 1000, "", kind); test.sids {
				mustParse(t, text, kind)
			} else {
				checkMalformed(t, text, kind, "Sid")
			}
		}
	}
	mustParse(t, document("A", 160000, "", AWSManaged), AWSManaged)
}

// The documents that the services give what has no policy of its own, from their developer guides.
func TestDefaultResourcePoliciesParse(t *testing.T) {
	for name, document := range map[string]string{
		"KMS": `{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",
			"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}`,
		"SNS": `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},
			"Action":["SNS:GetTopicAttributes","SNS:Publish"],"Resource":"arn:aws:sns:us-east-1:111122223333:topic","Condition":{"StringEquals":{"AWS:SourceOwner":"111122223333"}}}]}`,
		"SQS": `{"Version":"2012-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__owner_statement","Effect":"Allow",
			"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":["SQS:*"],"Resource":"arn:aws:sqs:us-east-1:111122223333:queue"}]}`,
		"S3": `{"Version":"2012-10-17","Id":"S3-Console-Auto-Gen-Policy-1","Statement":[{"Sid":"S3PolicyStmt-DO-NOT-MODIFY-1","Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},
			"Action":["s3:PutObject"],"Resource":"arn:aws:s3:::bucket/*"}]}`,
	} {
		for _, kind := range []Kind{Resource, Key, SimulatedResource} {
			if _, err := Parse([]byte(document), kind); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
