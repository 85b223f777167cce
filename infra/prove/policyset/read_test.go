package policyset

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/prove/theorem"
)

// TestSourcesOfOneSetSayTheSame holds that a folder, an account, a plan and a state of the same roles have the same documents and verdict.
func TestSourcesOfOneSetSayTheSame(t *testing.T) {
	for _, source := range []string{"roles", "account.json", "plan.json", "state.json"} {
		t.Run(source, func(t *testing.T) {
			s, err := Read("testdata/sources/" + source)
			if err != nil {
				t.Fatal(err)
			}
			if s.Account != "123456789012" || len(s.Roles) != 2 || s.Roles[0].Name != "Reader" || s.Roles[1].Name != "Vendor" {
				t.Fatalf("account %s, roles %+v", s.Account, s.Roles)
			}
			for name, d := range map[string]*Document{"Reader/Objects": s.document("Reader/Objects.json"), "Reader/trust": s.document("Reader/trust.json"), "Vendor/Assume": s.document("Vendor/Assume.json")} {
				want, err := os.ReadFile("testdata/sources/roles/" + name + ".json")
				if err != nil {
					t.Fatal(err)
				}
				if d == nil || !bytes.Equal(compact(t, d.Text), compact(t, want)) {
					t.Errorf("%s: %+v", name, d)
				}
			}
			r := check(t, "testdata/sources/"+source)
			if r.Verdict != theorem.Refuted || len(r.Findings) != 1 || len(r.Findings[0].Refutations) != 1 {
				t.Fatalf("%+v", r)
			}
			x := r.Findings[0].Refutations[0]
			if !x.Allowed || x.At.Sid != "Own" || x.Story != "a session of acme/eu can read acme's objects: s3:GetObject arn:aws:s3:::files/acme/eu/" || !strings.HasPrefix(x.Replay, "sent as a signed request") {
				t.Errorf("%+v", x)
			}
			if source == "roles" || source == "account.json" {
				line := lineOf(t, x.At)
				if !strings.Contains(line, "{") {
					t.Errorf("%s is %q, want the statement", x.At, line)
				}
			}
		})
	}
}

// lineOf is the text of a place, to the end of its line and the next.
func lineOf(t *testing.T, at Place) string {
	t.Helper()
	text, err := os.ReadFile(at.File)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if !strings.Contains(lines[at.Line], `"Own"`) {
		t.Errorf("%s: the line behind is %q, want the Sid", at, lines[at.Line])
	}
	return lines[at.Line-1][at.Column-1:]
}

func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	v := jsontext.Value(bytes.Clone(text))
	if err := v.Compact(); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestWhatASourceDoesNotSayIsUndecided has sources that leave out what a verdict needs, beside the control above.
func TestWhatASourceDoesNotSayIsUndecided(t *testing.T) {
	account := source(t, "account.json")
	ownership := source(t, "ownership.json")
	plan := source(t, "plan.json")
	for name, test := range map[string]struct{ text, from, to, want string }{
		"a policy that is attached and not printed":   {string(account), `"Policies": [`, `"Policies": [], "Others": [`, "the attached policy arn:aws:iam::123456789012:policy/Objects is not in the file: print it without --filter"},
		"a boundary that is not printed":              {string(account), `"RoleName": "Reader",`, `"RoleName": "Reader", "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/Edge"},`, "the permissions boundary arn:aws:iam::123456789012:policy/Edge is not in the file"},
		"a policy that is known after apply":          {string(plan), `"name": "Objects", "policy"`, `"name": "Objects", "none"`, "module.reader.aws_iam_policy.objects.policy is known only after the plan is applied: write names and ARNs out"},
		"a trust policy that is known after apply":    {string(plan), `"name": "Reader", "path": "/", "assume_role_policy"`, `"name": "Reader", "path": "/", "none"`, "module.reader.aws_iam_role.this.assume_role_policy is known only"},
		"an attachment to an unknown role":            {string(plan), `"aws_iam_role.vendor.id", "aws_iam_role.vendor"`, `"var.role"`, "aws_iam_role_policy.assume.role is known only"},
		"managed policies that are known after apply": {string(plan), `"resources": [{"address": "aws_iam_role_policy.assume"`, `"resources": [{"address": "aws_iam_role.vendor", "type": "aws_iam_role", "name": "vendor", "expressions": {"managed_policy_arns": {"references": ["var.x"]}}}, {"address": "aws_iam_role_policy.assume"`, "aws_iam_role.vendor.managed_policy_arns is known only"},
		"a policy of AWS":                             {string(plan), `{"role": "Reader"}`, `{"role": "Reader", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}`, "attaches arn:aws:iam::aws:policy/ReadOnlyAccess, whose text is not in the file"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if !strings.Contains(test.text, test.from) {
				t.Fatalf("no %q", test.from)
			}
			write(t, filepath.Join(folder, "ownership.json"), string(ownership))
			write(t, filepath.Join(folder, "set.json"), strings.Replace(test.text, test.from, test.to, 1))
			var out bytes.Buffer
			r := check(t, filepath.Join(folder, "set.json"))
			if err := r.Text(&out); err != nil {
				t.Fatal(err)
			}
			contains(t, out.String(), test.want, "UNDECIDED")
			if r.ExitCode() == 0 {
				t.Error("exit 0")
			}
		})
	}
}

// TestReferenceThatMayBeAnotherIsUndecided has plans in which an attachment refers to one of two policies: the plan does not say to which, or it
// says so by a key that is written out. A is harmless, and B is open. Of keys[var.n - 1 - count.index] a plan says no more than of count.index.
func TestReferenceThatMayBeAnotherIsUndecided(t *testing.T) {
	const head = `{"format_version": "1.2", "planned_values": {"root_module": {"resources": [
		{"address": "aws_iam_role.vendor", "mode": "managed", "type": "aws_iam_role", "name": "vendor", "values": {"name": "Vendor", "path": "/", "assume_role_policy": %[1]q}},
		{"address": "aws_iam_role.reader", "mode": "managed", "type": "aws_iam_role", "name": "reader", "values": {"name": "Reader", "path": "/", "assume_role_policy": %[2]q}},
		{"address": "aws_iam_policy.p[\"a\"]", "mode": "managed", "type": "aws_iam_policy", "name": "p", "index": "a", "values": {"name": "A", "policy": %[3]q}},
		{"address": "aws_iam_policy.p[\"b\"]", "mode": "managed", "type": "aws_iam_policy", "name": "p", "index": "b", "values": {"name": "B", "policy": %[4]q}},
		{"address": "aws_iam_policy.same[0]", "mode": "managed", "type": "aws_iam_policy", "name": "same", "index": 0, "values": {"name": "S0", "policy": %[3]q}},
		{"address": "aws_iam_policy.same[1]", "mode": "managed", "type": "aws_iam_policy", "name": "same", "index": 1, "values": {"name": "S1", "policy": %[3]q}},
		{"address": "aws_iam_policy.q", "mode": "managed", "type": "aws_iam_policy", "name": "q", "values": {"name": "Q", "policy": %[5]q}},
		%[6]s]}}, "configuration": {"root_module": {"resources": [{"type": "aws_iam_role_policy_attachment", "name": "t", "expressions": {"policy_arn": {"references": %[7]s}}}]}}}`
	document := func(statement string) string { return `{"Version": "2012-10-17", "Statement": ` + statement + `}` }
	const one = `{"address": "aws_iam_role_policy_attachment.t", "mode": "managed", "type": "aws_iam_role_policy_attachment", "name": "t", "values": {"role": "Reader"}}`
	keyed := func(key string) string { return strings.Replace(one, `"values"`, `"index": "`+key+`", "values"`, 1) }
	both := keyed("a") + "," + strings.ReplaceAll(strings.Replace(keyed("b"), `ment.t"`, `ment.t2"`, 1), `"Reader"`, `"Vendor"`)
	for name, test := range map[string]struct {
		attachments, references string
		want                    theorem.Verdict
	}{
		"one of two":                {one, `["var.which", "aws_iam_policy.q.arn", "aws_iam_policy.q", "aws_iam_policy.p[\"b\"].arn", "aws_iam_policy.p[\"b\"]", "aws_iam_policy.p"]`, theorem.Undecided},
		"one, or what is given":     {one, `["var.given", "aws_iam_policy.q.arn", "aws_iam_policy.q"]`, theorem.Undecided},
		"the key that is written":   {keyed("a"), `["aws_iam_policy.p[\"b\"].arn", "aws_iam_policy.p[\"b\"]", "aws_iam_policy.p"]`, theorem.Refuted},
		"two keys":                  {one, `["aws_iam_policy.p[\"a\"].arn", "aws_iam_policy.p[\"a\"]", "aws_iam_policy.p[\"b\"].arn", "aws_iam_policy.p[\"b\"]", "aws_iam_policy.p"]`, theorem.Undecided},
		"other keys":                {keyed("a"), `["aws_iam_policy.p", "each.key"]`, theorem.Undecided},
		"the own key, or another":   {strings.Replace(both, `"Vendor"`, `"Elsewhere"`, 1), `["aws_iam_policy.p", "each.key"]`, theorem.Undecided},
		"counted backwards":         {both, `["aws_iam_policy.p", "count.index"]`, theorem.Undecided},
		"counted, and all alike":    {strings.ReplaceAll(both, `"Vendor"`, `"Elsewhere"`), `["aws_iam_policy.same", "count.index"]`, theorem.Proven},
		"a key, or what is counted": {keyed("a"), `["aws_iam_policy.p[\"a\"].arn", "aws_iam_policy.p[\"a\"]", "aws_iam_policy.p", "count.index"]`, theorem.Undecided},
		"the only one":              {one, `["aws_iam_policy.q.arn", "aws_iam_policy.q"]`, theorem.Proven},
	} {
		t.Run(name, func(t *testing.T) {
			own, open := document(objectsOf(`${aws:PrincipalTag/org}/*`)), document(objectsOf("*"))
			folder := t.TempDir()
			write(t, filepath.Join(folder, "plan.json"), fmt.Sprintf(head, document(vendorTrust), document(accessTrust), own, open, own, test.attachments, test.references))
			ownership := source(t, "ownership.json")
			write(t, filepath.Join(folder, "ownership.json"), string(ownership))
			r := check(t, filepath.Join(folder, "plan.json"))
			of := slices.DeleteFunc(r.Findings, func(f Finding) bool { return f.Role != "Reader" && f.Role != "Vendor" })
			if got := worst(of); got != test.want {
				t.Errorf("%s, want %s: %+v", got, test.want, of)
			}
		})
	}
}

func objectsOf(name string) string {
	return `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/` + name + `"}`
}

func TestTagOfTheRoleItselfIsUndecided(t *testing.T) {
	text := source(t, "account.json")
	folder := t.TempDir()
	ownership := source(t, "ownership.json")
	write(t, filepath.Join(folder, "ownership.json"), string(ownership))
	write(t, filepath.Join(folder, "account.json"), strings.Replace(string(text), `"Tags": []`, `"Tags": [{"Key": "Org", "Value": "acme"}]`, 1))
	var out bytes.Buffer
	if err := check(t, filepath.Join(folder, "account.json")).Text(&out); err != nil {
		t.Fatal(err)
	}
	contains(t, out.String(), "the role itself has the tag Org=acme", "take the tag off the role")
}

// TestInputThatCannotBeUsedIsRefused holds that an error says what is wrong, where, and what to do.
func TestInputThatCannotBeUsedIsRefused(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		write(t, filepath.Join(folder, name), text)
		return filepath.Join(folder, name)
	}
	empty := filepath.Join(folder, "empty")
	if err := os.Mkdir(empty, 0o750); err != nil {
		t.Fatal(err)
	}
	linked := set(t, map[string]string{"A/trust": `{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}`})
	if err := os.Symlink(filepath.Join(linked, "A", "trust.json"), filepath.Join(linked, "A", "linked.json")); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		path string
		want []string
	}{
		"nothing there":            {filepath.Join(folder, "none"), []string{"none", "no such folder or file", "get-account-authorization-details"}},
		"an empty folder":          {empty, []string{"empty", "folder"}},
		"a symbolic link":          {linked, []string{"linked.json", "symbolic link"}},
		"an ownership file inside": {filepath.Dir(file("roles/ownership.json", `{}`)), []string{"roles: ownership.json stands in the folder", "move it beside"}},
		"no JSON":                  {file("plan.out", "PK\x03\x04"), []string{"plan.out", "no JSON", "terraform show -json"}},
		"another JSON":             {file("package.json", `{"name": "x"}`), []string{"package.json", "no RoleDetailList", "no format_version"}},
		"one policy document":      {file("policy.json", `{"Version": "2012-10-17", "Statement": []}`), []string{"policy.json", "one policy document", "DIR/ROLE/NAME.json"}},
		"no role":                  {file("none.json", `{"RoleDetailList": []}`), []string{"none.json", "no role in it"}},
		"a plan without roles":     {file("bare.json", `{"format_version": "1.2"}`), []string{"bare.json", "no role in it"}},
		"a role without its ARN":   {file("query.json", `{"RoleDetailList": [{"RoleName": "A", "Path": "/", "AssumeRolePolicyDocument": {}}]}`), []string{"query.json", "the role A has no Arn"}},
		"a truncated account":      {file("cut.json", `{"RoleDetailList": [], "IsTruncated": true}`), []string{"cut.json", "IsTruncated", "--no-paginate"}},
		"two accounts": {file("two.json", `{"RoleDetailList": [{"RoleName": "A", "Arn": "arn:aws:iam::111111111111:role/A", "AssumeRolePolicyDocument": {}},
			{"RoleName": "B", "Arn": "arn:aws:iam::222222222222:role/B", "AssumeRolePolicyDocument": {}}]}`), []string{"two.json", "several accounts"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(test.path)
			if err == nil {
				t.Fatal("read")
			}
			contains(t, err.Error(), test.want...)
		})
	}
}

// TestPolicyThatDoesNotParseIsNamedByItsPlace holds that a fault is found in a folder, and within a file of many documents.
func TestPolicyThatDoesNotParseIsNamedByItsPlace(t *testing.T) {
	account := source(t, "account.json")
	file := filepath.Join(t.TempDir(), "account.json")
	before, after, ok := strings.Cut(string(account), `"Action": "s3:GetObject"`)
	if at := strings.LastIndex(before, `"Allow"`); ok {
		before = before[:at] + `"Permit"` + before[at+len(`"Allow"`):]
	}
	write(t, file, before+`"Action": "s3:GetObject"`+after)
	s, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Count(before, "\n") // the line before the action's
	_, err = s.parsed()
	if err == nil {
		t.Fatal("parsed")
	}
	contains(t, err.Error(), file+":", "managed policy Objects", "Permit")
	if got, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), file+":"), ":"); got != strconv.Itoa(line) {
		t.Errorf("%v, want line %d", err, line)
	}
}

// TestColumnOfAStatementInAFileOfOneLine holds that a place is right where a document begins in the middle of a line.
func TestColumnOfAStatementInAFileOfOneLine(t *testing.T) {
	account := source(t, "account.json")
	ownership := source(t, "ownership.json")
	text := string(compact(t, account))
	folder := t.TempDir()
	write(t, filepath.Join(folder, "ownership.json"), string(ownership))
	write(t, filepath.Join(folder, "account.json"), text)
	at := check(t, filepath.Join(folder, "account.json")).Findings[0].Refutations[0].At
	if rest := text[at.Column-1:]; at.Line != 1 || !strings.HasPrefix(rest, `{"Sid":"Own"`) {
		t.Errorf("%s: %.40s", at, rest)
	}
}

// TestDocumentsThatAreTextsAreRead holds that a document may be a text, plain or URL-encoded, as the API has it.
func TestDocumentsThatAreTextsAreRead(t *testing.T) {
	account := source(t, "account.json")
	s, err := Read("testdata/sources/account.json")
	if err != nil {
		t.Fatal(err)
	}
	document := s.document("Vendor/Assume.json").Text
	for name, text := range map[string]string{"plain": string(document), "encoded": url.PathEscape(string(compact(t, document)))} {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "account.json")
		write(t, file, strings.Replace(string(account), string(document), string(quoted), 1))
		s, err := Read(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := s.document("Vendor/Assume.json"); !bytes.Equal(compact(t, d.Text), compact(t, document)) || d.At.Line != 0 {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
