package policyset

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/infra/prove/theorem"
)

// TestFirstOwnershipFileIsOneThatCanBeRead holds that a first file of each public set is one, marks its guesses, and refutes what the file
// that a person wrote refutes: a first file may see too much, and nothing less.
func TestFirstOwnershipFileIsOneThatCanBeRead(t *testing.T) {
	folders, err := filepath.Glob("testdata/public/*/policies")
	if err != nil || len(folders) == 0 {
		t.Fatal(err)
	}
	none := 0
	for _, folder := range folders {
		t.Run(filepath.Base(filepath.Dir(folder)), func(t *testing.T) {
			s, err := Read(folder)
			if err != nil {
				t.Fatal(err)
			}
			text, notes, err := Guess(s)
			if err != nil {
				none++
				contains(t, err.Error(), folder, "no policy looks at a session tag")
				return
			}
			o, err := theorem.ReadOwnership(text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			written := ownedBy(t, filepath.Join(filepath.Dir(folder), "ownership.json"))
			if o.Tag != written.Tag || len(o.Guessed) != len(notes) || len(o.Stores) == 0 {
				t.Errorf("tag %s, want %s\n%s", o.Tag, written.Tag, text)
			}
			r, err := Check(t.Context(), s, "guessed", o, func(int, int) {})
			if err != nil {
				t.Fatal(err)
			}
			if person := check(t, folder); person.Verdict == theorem.Refuted && r.Verdict == theorem.Proven {
				t.Errorf("proven by the first file, and refuted by %s/ownership.json\n%s", filepath.Dir(folder), text)
			}
			if said := strings.Join(r.Notes, "\n"); strings.Count(said, "a guess that nobody has checked") != len(notes) {
				t.Errorf("%d guesses, and the notes are\n%s", len(notes), said)
			}
		})
	}
	if none != 3 {
		t.Errorf("%d sets without a tag, want 11, 12 and 31", none)
	}
}

// TestFirstOwnershipFile has the guesses that a reader meets.
func TestFirstOwnershipFile(t *testing.T) {
	const own = "${aws:PrincipalTag/org}"
	for name, test := range map[string]struct{ statement, file, guess string }{
		"an ARN":                       {`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/` + own + `/*"`, `"owner": "arn:aws:s3:::files/{owner}/*"`, ""},
		"an ARN that ends no more":     {`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/` + own + `*"`, `"owner": "arn:aws:s3:::files/{owner}/*"`, `is taken to end before "/*"`},
		"the name of an index":         {`"Action": "es:ESHttpGet", "Resource": "arn:aws:es:eu-west-1:123456789012:domain/find/` + own + `*/*"`, `"owner": "arn:aws:es:*:*:domain/find/{owner}/*"`, `is taken to end before "/*"`},
		"leading keys":                 {`"Action": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:*:*:table/T", "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "T#` + own + `#*"}}`, `"owner": "T#{owner}#*"`, "indexes of tables"},
		"leading keys that end not":    {`"Action": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:*:*:table/T", "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "T#` + own + `*"}}`, `"owner": "T#{owner}#*"`, `is taken to end before "#*"`},
		"a tag of the resource":        {`"Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/org": "` + own + `"}}`, `"key": "aws:ResourceTag/org"`, ""},
		"no tenant, on a resource":     {`"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::files/` + own + `/*", "arn:aws:s3:::public/*"]`, `"owner": "everybody"`, "does not look at the tag"},
		"an index by the table's name": {`"Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": ["arn:aws:dynamodb:*:*:table/` + own + `_rows", "arn:aws:dynamodb:*:*:table/` + own + `_rows/index/*"]`, `"owner": "arn:aws:dynamodb:*:*:table/{owner}_rows/index/*"`, ""},
		"the tag held to a resource's": {`"Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:*:key/*", "Condition": {"StringEquals": {"aws:PrincipalTag/org": "${aws:ResourceTag/org}"}}`, `"key": "aws:ResourceTag/org"`, ""},
		"a secret by its whole name":   {`"Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secretsmanager:*:*:secret:` + own + `-??????"`, `"delimiters": ""`, ""},
		"a ? before the tenant":        {`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/?` + own + `/*"`, `"owner": "arn:aws:s3:::files/{owner}/*"`, "a ? stands right before the tenant"},
		"a ? behind the tenant":        {`"Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/` + own + `?/*"`, `"owner": "arn:aws:s3:::files/{owner}/*"`, `a ? stands right behind the tenant; its name is taken to end before "/*"`},
		"an action without a resource": {`"Action": ["s3:ListAllMyBuckets", "s3:GetObject"], "Resource": ["*", "arn:aws:s3:::files/` + own + `/*"]`, `"arn": "*"`, "s3:ListAllMyBuckets has no resource"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Read(set(t, map[string]string{"Vendor/trust": vendorTrust, "Vendor/Own": vendorOwn, "Access/trust": accessTrust, "Access/Own": `{"Effect": "Allow", ` + test.statement + `}`}))
			if err != nil {
				t.Fatal(err)
			}
			text, notes, err := Guess(s)
			if err != nil {
				t.Fatal(err)
			}
			contains(t, string(text), test.file, `"tag": "org"`, `"mayTag": [`, `"Vendor"`)
			contains(t, strings.Join(notes, "\n"), test.guess, `"mayTag"`)
		})
	}
}

// TestFirstFileProvesNothingByAKeyThatTellsNoOwner holds that a condition key which speaks of something else than what is touched, such as
// the tag that an upload will have, never makes a first file say whose the data is.
func TestFirstFileProvesNothingByAKeyThatTellsNoOwner(t *testing.T) {
	const own = "${aws:PrincipalTag/org}"
	for key, test := range map[string]struct {
		value, action, resource string
		tells                   bool
	}{
		"s3:RequestObjectTag/org":  {own, "s3:PutObject", "arn:aws:s3:::files/*", false},
		"s3:x-amz-copy-source":     {"files/" + own + "/*", "s3:PutObject", "arn:aws:s3:::files/*", false},
		"aws:UserAgent":            {own, "s3:GetObject", "arn:aws:s3:::files/*", false},
		"aws:Referer":              {"https://" + own + "/*", "s3:GetObject", "arn:aws:s3:::files/*", false},
		"aws:SourceIdentity":       {own, "s3:GetObject", "arn:aws:s3:::files/*", false},
		"aws:SourceArn":            {"arn:aws:sns:*:*:" + own, "sqs:SendMessage", "arn:aws:sqs:*:*:jobs", false},
		"dynamodb:Select":          {own, "dynamodb:Query", "arn:aws:dynamodb:*:*:table/T", false},
		"s3:ExistingObjectTag/org": {own, "s3:GetObject", "arn:aws:s3:::files/*", true},
	} {
		t.Run(key, func(t *testing.T) {
			statement := `{"Effect": "Allow", "Action": "` + test.action + `", "Resource": "` + test.resource + `", "Condition": {"StringLike": {"` + key + `": "` + test.value + `"}}}`
			s, err := Read(set(t, map[string]string{"Vendor/trust": vendorTrust, "Vendor/Own": vendorOwn, "Access/trust": accessTrust, "Access/Own": statement}))
			if err != nil {
				t.Fatal(err)
			}
			r, text, notes := checkFirst(t, s)
			said := strings.Join(notes, "\n")
			if proven, noted := r.Verdict == theorem.Proven, strings.Contains(said, "holds "+key+" to the tag"); proven != test.tells || noted == test.tells {
				t.Errorf("%s, and the key tells an owner: %v\n%s\n%s", r.Verdict, test.tells, said, text)
			}
		})
	}
}

// TestFirstFileTrustsServicesAndWhatTheyStart holds that of nobody else it is guessed that who asks has verified which tenant asks: a first file
// that proves too much is worse than one that leaves something to say.
func TestFirstFileTrustsServicesAndWhatTheyStart(t *testing.T) {
	const byService = `{"Service": "lambda.amazonaws.com"}`
	for name, test := range map[string]struct {
		access, vendor string // the principals of their trust policies
		want           theorem.Verdict
	}{
		"a role that a service starts":        {`{"AWS": "arn:aws:iam::123456789012:role/Vendor"}`, byService, theorem.Proven},
		"a role that another account assumes": {`{"AWS": "arn:aws:iam::123456789012:role/Vendor"}`, `{"AWS": "arn:aws:iam::999999999999:root"}`, theorem.Undecided},
		"a role that a provider starts":       {`{"AWS": "arn:aws:iam::123456789012:role/Vendor"}`, `{"Federated": "arn:aws:iam::123456789012:oidc-provider/ci"}`, theorem.Undecided},
		"everybody":                           {`{"AWS": "*"}`, byService, theorem.Undecided},
		"another account":                     {`{"AWS": "arn:aws:iam::999999999999:root"}`, byService, theorem.Undecided},
		"another account's role":              {`{"AWS": "arn:aws:iam::999999999999:role/Customer"}`, byService, theorem.Undecided},
		"the account":                         {`{"AWS": "arn:aws:iam::123456789012:root"}`, byService, theorem.Undecided},
		"a role that is not in the set":       {`{"AWS": "arn:aws:iam::123456789012:role/Elsewhere"}`, byService, theorem.Undecided},
		"a user":                              {`{"AWS": "arn:aws:iam::123456789012:user/ana"}`, byService, theorem.Undecided},
	} {
		t.Run(name, func(t *testing.T) {
			trust := func(text, principal string) string {
				before, after, _ := strings.Cut(text, `"Principal": {`)
				_, after, _ = strings.Cut(after, "}")
				return before + `"Principal": ` + principal + after
			}
			s, err := Read(set(t, map[string]string{"Vendor/trust": trust(vendorTrust, test.vendor), "Vendor/Own": vendorOwn, "Access/trust": trust(accessTrust, test.access), "Access/Own": ownObjects}))
			if err != nil {
				t.Fatal(err)
			}
			r, text, notes := checkFirst(t, s)
			if r.Verdict != test.want {
				t.Errorf("%s, want %s\n%s", r.Verdict, test.want, text)
			}
			if said := strings.Join(notes, "\n"); strings.Contains(said, "is not taken to have verified which tenant asks: name it where it has") == (test.want == theorem.Proven) {
				t.Errorf("%s: %q", test.want, said)
			}
		})
	}
}

// TestFirstFileTakesNoTagInARequestForAnOwner holds that the tag which a request brings tells whose a thing is only where the thing is new.
func TestFirstFileTakesNoTagInARequestForAnOwner(t *testing.T) {
	for action, test := range map[string]struct {
		resource string
		want     theorem.Verdict
	}{
		"sqs:CreateQueue":      {"arn:aws:sqs:*:*:*", theorem.Proven},
		"ec2:CreateTags":       {"arn:aws:ec2:*:*:instance/*", theorem.Refuted}, // of what is another's
		"rds:CreateDBSnapshot": {"arn:aws:rds:*:*:db:*", theorem.Refuted},       // a copy of what is another's
		"sqs:TagQueue":         {"arn:aws:sqs:*:*:*", theorem.Refuted},          // of what is another's
	} {
		t.Run(action, func(t *testing.T) {
			s, err := Read(set(t, map[string]string{"Vendor/trust": vendorTrust, "Vendor/Own": vendorOwn, "Access/trust": accessTrust,
				"Access/Own": `{"Effect": "Allow", "Action": "` + action + `", "Resource": "` + test.resource + `", "Condition": {"StringEquals": {"aws:RequestTag/org": "${aws:PrincipalTag/org}"}}}`}))
			if err != nil {
				t.Fatal(err)
			}
			if r, text, _ := checkFirst(t, s); r.Verdict != test.want {
				t.Errorf("%s, want %s\n%s", r.Verdict, test.want, text)
			}
		})
	}
}

// TestOwnershipFileThatFitsNoPolicyIsRefused holds that a tag that no policy looks at is an error, and a service that none names a note.
func TestOwnershipFileThatFitsNoPolicyIsRefused(t *testing.T) {
	s, err := Read("testdata/sources/roles")
	if err != nil {
		t.Fatal(err)
	}
	o := ownedBy(t, "testdata/sources/ownership.json")
	o.Tag = "tenant"
	if _, err := Check(t.Context(), s, "ownership.json", o, func(int, int) {}); err == nil {
		t.Error("a tag that no policy has is taken")
	} else {
		contains(t, err.Error(), "ownership.json", `"tag" is "tenant"`, "they look at org")
	}
	text := source(t, "ownership.json")
	o, err = theorem.ReadOwnership(bytes.Replace(text, []byte(`"stores": [`), []byte(`"administrative": {"Gone": "operators"}, "stores": [{"name": "Queues", "resources": [{"arn": "arn:aws:sqs:*:*:*", "access": [{"actions": ["sqs:*"], "owner": "everybody"}]}]},`), 1))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Check(t.Context(), s, "ownership.json", o, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	contains(t, strings.Join(r.Notes, "\n"), "store Queues has arn:aws:sqs:*:*:*, and no policy allows an action of sqs: delete it", "there is no such role")
}
