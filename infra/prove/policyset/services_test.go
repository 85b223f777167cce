package policyset

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/infra/prove/theorem"
)

const (
	vendorTrust = `{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}`
	vendorOwn   = `{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "arn:aws:iam::123456789012:role/Access"}`
	// accessTrust vends tags without a slash, an underscore and a colon.
	accessTrust = `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/Vendor"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
		"Condition": {"StringLike": {"aws:RequestTag/org": "?*"}, "StringNotLike": {"aws:RequestTag/org": ["*/*", "*_*", "*:*"]}}}`
)

// access is a set with a role Access that is granted what statements say, and an ownership file with one access.
func access(t *testing.T, statements, resource, access string) string {
	t.Helper()
	folder := set(t, map[string]string{"Vendor/trust": vendorTrust, "Vendor/Own": vendorOwn, "Access/trust": accessTrust, "Access/Own": statements})
	write(t, filepath.Join(filepath.Dir(folder), "ownership.json"), `{"tag": "org", "mayTag": ["Vendor"], "stores": [{"name": "the store", "resources": [{"arn": "`+resource+`", "access": [`+access+`]}]}]}`)
	return folder
}

// TestEachServiceIsDecidedAndReplayed has, for each service, a statement that holds and the same with its mistake. What localaws stores is sent
// as a signed request; of the others its policy simulator is asked.
func TestEachServiceIsDecidedAndReplayed(t *testing.T) {
	const own = "${aws:PrincipalTag/org}"
	for name, test := range map[string]struct {
		action, resource, mistake, arn, owner, replay string
	}{
		"SQS":             {"sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:" + own + "_jobs", own + "*_jobs", "arn:aws:sqs:*:*:*_jobs", "arn:aws:sqs:*:*:{owner}_jobs", "asked of"},
		"SNS":             {"sns:Publish", "arn:aws:sns:eu-west-1:123456789012:" + own + "_news", own + "*_news", "arn:aws:sns:*:*:*_news", "arn:aws:sns:*:*:{owner}_news", "asked of"},
		"Secrets Manager": {"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:" + own + "/*", own + "*", "arn:aws:secretsmanager:*:*:secret:*", "arn:aws:secretsmanager:*:*:secret:{owner}/*", "asked of"},
		"Logs":            {"logs:GetLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:" + own + "/*", own + "*", "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:*:*:log-group:{owner}/*", "asked of"},
		"Lambda":          {"lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:" + own + "_run", own + "*_run", "arn:aws:lambda:*:*:function:*_run", "arn:aws:lambda:*:*:function:{owner}_run", "asked of"},
		"execute-api":     {"execute-api:Invoke", "arn:aws:execute-api:eu-west-1:123456789012:api/prod/GET/" + own + "/*", own + "*", "arn:aws:execute-api:*:*:api/prod/GET/*", "arn:aws:execute-api:*:*:api/prod/GET/{owner}/*", "asked of"},
		"SSM":             {"ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/" + own + "/*", own + "*", "arn:aws:ssm:*:*:parameter/*", "arn:aws:ssm:*:*:parameter/{owner}/*", "asked of"},
		"S3":              {"s3:GetObject", "arn:aws:s3:::files/" + own + "/*", own + "*", "arn:aws:s3:::files/*", "arn:aws:s3:::files/{owner}/*", "sent as"},
		"OpenSearch":      {"es:ESHttpGet", "arn:aws:es:eu-west-1:123456789012:domain/find/" + own + "_docs/*", own + "*_docs/*", "arn:aws:es:*:*:domain/find/*", "arn:aws:es:*:*:domain/find/{owner}_docs/*", "sent as"},
		"DynamoDB":        {"dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/" + own + "_rows", own + "*_rows", "arn:aws:dynamodb:*:*:table/*_rows", "arn:aws:dynamodb:*:*:table/{owner}_rows", "sent as"},
	} {
		t.Run(name, func(t *testing.T) {
			statement := `{"Effect": "Allow", "Action": "` + test.action + `", "Resource": "` + test.resource + `"}`
			owned := `{"actions": ["` + test.action + `"], "owner": "` + test.owner + `", "delimiters": "/_"}`
			if r := check(t, access(t, statement, test.arn, owned)); r.Verdict != theorem.Proven || len(r.Findings) != 1 {
				t.Errorf("without the mistake: %+v", r.Findings)
			}
			before, _, _ := strings.Cut(statement, own)
			r := check(t, access(t, before+test.mistake+`"}`, test.arn, owned))
			if r.Verdict != theorem.Refuted || len(r.Findings) != 1 {
				t.Fatalf("with the mistake: %+v", r.Findings)
			}
			x := r.Findings[0].Refutations[0]
			if !x.Allowed || !strings.HasPrefix(x.Replay, test.replay) || !strings.Contains(x.Guard.Name, "a pattern that ends the tenant's name") || x.Tenant == x.Victim {
				t.Errorf("%s\n%s\n%+v", x.Story, x.Replay, x.Guard)
			}
		})
	}
}

// TestSessionOfARefutationHasEachTagThatItsTrustPolicyAsksFor holds that a refutation can be replayed where sessions need a second tag, which no
// statement looks at.
func TestSessionOfARefutationHasEachTagThatItsTrustPolicyAsksFor(t *testing.T) {
	folder := access(t, objectsOf("${aws:PrincipalTag/org}*"), "arn:aws:s3:::files/*", `{"actions": ["s3:GetObject"], "owner": "arn:aws:s3:::files/{owner}/*"}`)
	trust := strings.Replace(accessTrust, `"StringLike": {`, `"StringLike": {"aws:RequestTag/Stage": "?*", `, 1)
	write(t, filepath.Join(folder, "Access", "trust.json"), `{"Version": "2012-10-17", "Statement": [`+trust+`]}`)
	r := check(t, folder)
	if r.Verdict != theorem.Refuted {
		t.Fatalf("%+v", r)
	}
	if x := r.Findings[0].Refutations[0]; !x.Allowed || x.Session.Tags["Stage"] == "" {
		t.Errorf("%s, session %+v", x.Replay, x.Session)
	}
}

// TestUsualShapesAreDecided has shapes of patterns that were once too large to be decided: a wildcard on both sides of what stands before the
// tenant, and many characters that a tag may not have.
func TestUsualShapesAreDecided(t *testing.T) {
	const own = "${aws:PrincipalTag/org}"
	strict := strings.Replace(accessTrust, `["*/*", "*_*", "*:*"]`, `["*/*", "*_*", "*:*", "*-*", "*@*", "*.*", "*=*", "*+*", "* *"]`, 1)
	for name, test := range map[string]struct {
		trust, action, resource, arn, owner string
		want                                theorem.Verdict
	}{
		"any stage of an API":  {accessTrust, "execute-api:Invoke", "arn:aws:execute-api:eu-west-1:123456789012:api/*/tenants/" + own + "/*", "arn:aws:execute-api:*:*:api/*/tenants/*/*", "arn:aws:execute-api:*:*:api/*/tenants/{owner}/*", theorem.Refuted}, // of tenants/a/tenants/b
		"one stage of an API":  {accessTrust, "execute-api:Invoke", "arn:aws:execute-api:eu-west-1:123456789012:api/prod/GET/tenants/" + own + "/*", "arn:aws:execute-api:*:*:api/*", "arn:aws:execute-api:*:*:api/prod/GET/tenants/{owner}/*", theorem.Proven},
		"many delimiters":      {strict, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q-" + own + "-*", "arn:aws:sqs:*:*:q-*", "arn:aws:sqs:*:*:q-{owner}-*", theorem.Proven},
		"many, and one is not": {strings.Replace(strict, `"*-*", `, "", 1), "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q-" + own + "-*", "arn:aws:sqs:*:*:q-*", "arn:aws:sqs:*:*:q-{owner}-*", theorem.Refuted},
	} {
		t.Run(name, func(t *testing.T) {
			folder := access(t, `{"Effect": "Allow", "Action": "`+test.action+`", "Resource": "`+test.resource+`"}`, test.arn, `{"actions": ["`+test.action+`"], "owner": "`+test.owner+`"}`)
			write(t, filepath.Join(folder, "Access", "trust.json"), `{"Version": "2012-10-17", "Statement": [`+test.trust+`]}`)
			if r := check(t, folder); r.Verdict != test.want {
				t.Errorf("%s, want %s: %+v", r.Verdict, test.want, r.Findings)
			}
		})
	}
}

// TestConditionKeysAreDecidedAndReplayed has stores in which a condition key names the owner.
func TestConditionKeysAreDecidedAndReplayed(t *testing.T) {
	for name, test := range map[string]struct{ action, resource, holds, mistake, key, replay, guard string }{
		"rows":             {"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/Rows", `"ForAllValues:StringEquals": {"KEY": "TAG"}`, `"ForAllValues:StringLike": {"KEY": "TAG*"}`, "dynamodb:LeadingKeys", "sent as", "a pattern that ends"},
		"a key":            {"kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/*", `"StringEquals": {"KEY": "TAG"}`, `"StringEqualsIfExists": {"KEY": "TAG"}`, "aws:ResourceTag/org", "sent as", "a Null guard"},
		"names of objects": {"s3:ListBucket", "arn:aws:s3:::files", `"StringEquals": {"KEY": "TAG"}`, `"StringLike": {"KEY": "TAG*"}`, "s3:prefix", "sent as", "a pattern that ends"},
	} {
		t.Run(name, func(t *testing.T) {
			fill := strings.NewReplacer("KEY", test.key, "TAG", "${aws:PrincipalTag/org}")
			statement := func(condition string) string {
				return `{"Effect": "Allow", "Action": "` + test.action + `", "Resource": "` + test.resource + `", "Condition": {` + fill.Replace(condition) + `}}`
			}
			owned := `{"actions": ["` + test.action + `"], "key": "` + test.key + `", "owner": "{owner}", "always": ` + map[bool]string{true: "true", false: "false"}[name == "rows"] + `}`
			if r := check(t, access(t, statement(test.holds), test.resource, owned)); r.Verdict != theorem.Proven || len(r.Findings) != 1 {
				t.Errorf("without the mistake: %+v", r.Findings)
			}
			r := check(t, access(t, statement(test.mistake), test.resource, owned))
			if r.Verdict != theorem.Refuted {
				t.Fatalf("with the mistake: %+v", r.Findings)
			}
			if x := r.Findings[0].Refutations[0]; !x.Allowed || !strings.HasPrefix(x.Replay, test.replay) || !strings.Contains(x.Guard.Name, test.guard) {
				t.Errorf("%s\n%s\n%+v", x.Story, x.Replay, x.Guard)
			}
		})
	}
}

// TestLargeSetsAreDecidedAsTheWhole holds that proving groups of roles alone says what proving all at once says.
func TestLargeSetsAreDecidedAsTheWhole(t *testing.T) {
	files := map[string]string{"Vendor/trust": vendorTrust, "Vendor/Own": vendorOwn, "Roams/trust": vendorTrust, "Roams/Own": `{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}`}
	for _, role := range []string{"A", "B", "C", "D"} {
		trust := accessTrust
		switch role {
		case "B": // whoever is allowed to: Roams
			trust = strings.Replace(trust, "role/Vendor", "root", 1)
		case "C": // a slash in the tag
			trust = strings.Replace(trust, `"*/*", `, "", 1)
		case "D": // a chain
			trust = strings.Replace(trust, "role/Vendor", "role/A", 1)
		}
		files[role+"/trust"] = trust
		files[role+"/Own"] = `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/${aws:PrincipalTag/org}/*"}`
	}
	s, err := Read(set(t, files))
	if err != nil {
		t.Fatal(err)
	}
	owned, err := theorem.ReadOwnership([]byte(`{"tag": "org", "mayTag": ["Vendor"], "stores": [{"name": "S3", "resources": [{"arn": "arn:aws:s3:::files/*", "access": [{"actions": ["s3:*"], "owner": "arn:aws:s3:::files/{owner}/*"}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	roles, err := s.parsed()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := theorem.Prove(s.Account, roles, owned)
	if err != nil {
		t.Fatal(err)
	}
	groups := components(roles, s.Account)
	if len(groups) < 2 {
		t.Errorf("%d groups", len(groups))
	}
	found, err := proveAll(t.Context(), s, groups, owned, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[theorem.Verdict]bool{}
	for _, want := range whole {
		seen[want.Verdict] = true
		got := theorem.Nothing
		for _, f := range found[want.Role] {
			if f.Store == want.Store {
				got = f.Verdict
			}
		}
		if got != want.Verdict {
			t.Errorf("%s %s: %s, and %s of the whole", want.Role, want.Store, got, want.Verdict)
		}
	}
	if !seen[theorem.Proven] || !seen[theorem.Refuted] || !seen[theorem.Undecided] {
		t.Errorf("verdicts %v", seen)
	}
}

// TestAdministrativeRolesAreListedAndNeverProven holds that a role of operators changes no verdict, and that what it reaches is told by its place.
func TestAdministrativeRolesAreListedAndNeverProven(t *testing.T) {
	folder := access(t, ownObjects, "arn:aws:s3:::files/*", `{"actions": ["s3:*"], "owner": "arn:aws:s3:::files/{owner}/*"}`)
	operators := filepath.Join(folder, "Operators")
	write(t, filepath.Join(operators, "trust.json"), `{"Version": "2012-10-17", "Statement": [`+vendorTrust+`]}`)
	write(t, filepath.Join(operators, "All.json"), `{"Version": "2012-10-17", "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::files/*"}]}`)
	if r := check(t, folder); r.Verdict != theorem.Refuted {
		t.Errorf("undeclared: %s", r.Verdict)
	}
	file := filepath.Join(filepath.Dir(folder), "ownership.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.Replace(string(text), `"stores"`, `"administrative": {"Operators": "they are on call"}, "stores"`, 1))
	r := check(t, folder)
	if r.Verdict != theorem.Proven {
		t.Errorf("declared: %s", r.Verdict)
	}
	var out bytes.Buffer
	if err := r.Text(&out); err != nil {
		t.Fatal(err)
	}
	contains(t, out.String(), "administrative: Operators reaches tenants' data in the store by "+filepath.Join(operators, "All.json")+":1:41 All")
}

// TestRefutationsThatCannotBeReplayedSaySo holds that what localaws cannot have is told, and keeps no other group of roles from being replayed.
func TestRefutationsThatCannotBeReplayedSaySo(t *testing.T) {
	wide := strings.NewReplacer("}/*", "}*", `"Sid": "Own", `, "").Replace(ownObjects)
	long := strings.TrimSuffix(strings.Repeat(wide+",", 40), ",")
	folder := access(t, wide, "arn:aws:s3:::files/*", `{"actions": ["s3:*"], "owner": "arn:aws:s3:::files/{owner}/*"}`)
	write(t, filepath.Join(folder, "Second", "trust.json"), `{"Version": "2012-10-17", "Statement": [`+vendorTrust+`]}`)
	write(t, filepath.Join(folder, "Large", "trust.json"), `{"Version": "2012-10-17", "Statement": [`+strings.Replace(accessTrust, "role/Vendor", "role/Second", 1)+`]}`)
	for i := range 4 { // each is small enough, and all are more than a role's inline policies may have
		write(t, filepath.Join(folder, "Large", "P"+string(rune('A'+i))+".json"), `{"Version": "2012-10-17", "Statement": [`+long+`]}`)
	}
	r := check(t, folder)
	replayed := map[string]string{}
	for _, f := range r.Findings {
		for _, x := range f.Refutations {
			replayed[f.Role] = x.Replay
		}
	}
	if !strings.HasPrefix(replayed["Access"], "sent as") || !strings.HasPrefix(replayed["Large"], "not replayed: ") {
		t.Errorf("%v", replayed)
	}
}
