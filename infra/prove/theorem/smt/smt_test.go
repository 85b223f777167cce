package smt

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

var account = localaws.Values{Region: "us-east-1", Account: "000000000000", Bucket: "shiptrack"}

func ownership(t *testing.T) *theorem.Ownership {
	t.Helper()
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	filled, err := account.Fill(file.Name, string(file.Text))
	if err != nil {
		t.Fatal(err)
	}
	owned, err := theorem.ReadOwnership([]byte(filled))
	if err != nil {
		t.Fatal(err)
	}
	return owned
}

// rolesOf are those of set, with old replaced by replacement in every document. There has to be one that has it.
func rolesOf(t *testing.T, set iam.Set, old, replacement string) []theorem.Role {
	t.Helper()
	loaded, err := iam.Load(set, account)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	change := func(document *[]byte) {
		n += bytes.Count(*document, []byte(old))
		*document = bytes.ReplaceAll(*document, []byte(old), []byte(replacement))
	}
	for i := range loaded {
		change(&loaded[i].Trust)
		for j := range loaded[i].Policies {
			change(&loaded[i].Policies[j].Document)
		}
	}
	if n == 0 {
		t.Fatalf("no document has %s", old)
	}
	roles, err := theorem.Roles(loaded)
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

func written(t *testing.T, roles []theorem.Role, owned *theorem.Ownership) map[string]string {
	t.Helper()
	dir := t.TempDir()
	n, err := Write(dir, account.Account, roles, owned)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != n {
		t.Fatalf("%d files, %d said, %v", len(entries), n, err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

const read = "TrackingAccessRole.TrackingAccessPolicyDynamoDB.ReadOwnPartition.DynamoDB.2.1.tagged.smt2"

func TestWhatACertificateSays(t *testing.T) {
	text := written(t, rolesOf(t, iam.Hardened, "", ""), ownership(t))[read]
	for _, want := range []string{
		"; It states: there is a session of TrackingAccessRole for a tenant t, and a request to arn:aws:dynamodb:*:*:table/TrackingData,\n",
		"(set-info :status unsat)\n",
		"(assert (not (or (str.contains t \"/\") (str.contains t \"_\")",                // the trust policy
		"(assert (= part \"table/TrackingData\"))\n",                                    // the statement
		"(assert (not (or (= action \"dynamodb:scan\") (str.prefixof",                   // a Deny
		"(and (not (= owner \"\")) (not (= owner t)) (= |dynamodb:LeadingKeys| owner))", // the ownership file
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
}

func TestFilesAreWellFormed(t *testing.T) {
	for _, roles := range [][]theorem.Role{
		rolesOf(t, iam.Hardened, "", ""), rolesOf(t, iam.Article, "", ""),
		rolesOf(t, iam.Hardened, `"Service": "ecs-tasks.amazonaws.com"`, `"AWS": "arn:aws:iam::000000000000:root"`), // roles that vend each other sessions
	} {
		files := written(t, roles, ownership(t))
		for name, text := range files {
			if strings.Count(text, "(check-sat)\n") != 1 || !strings.HasSuffix(text, "(check-sat)\n") || !strings.HasPrefix(text, "; ") {
				t.Errorf("%s: no head, or not one check-sat at the end", name)
			}
			declared := map[string]bool{}
			for line := range strings.Lines(text) {
				if !strings.HasPrefix(line, ";") && len(operands("line", "(line "+strings.TrimSuffix(line, "\n")+")")) != 1 {
					t.Errorf("%s: not one command: %s", name, line)
				}
				if symbol, ok := strings.CutPrefix(line, "(declare-const "); ok && declared[symbol] {
					t.Errorf("%s: declared twice: %s", name, line)
				} else if ok {
					declared[symbol] = true
				}
			}
			if strings.ContainsFunc(text, func(r rune) bool { return r > '~' }) {
				t.Errorf("%s is not ASCII", name)
			}
		}
		if again := written(t, roles, ownership(t)); !maps.Equal(files, again) {
			t.Error("other files the second time")
		}
	}
}

// TestStatusFollowsTheVerdict has the statuses of our sets, and those of a set with a hole.
func TestStatusFollowsTheVerdict(t *testing.T) {
	sat := func(files map[string]string) (names []string) {
		for name, text := range files {
			if strings.Contains(text, "(set-info :status sat)") {
				names = append(names, name)
			}
		}
		return names
	}
	if names := sat(written(t, rolesOf(t, iam.Hardened, "", ""), ownership(t))); len(names) > 0 {
		t.Errorf("hardened: sat expected of %v", names)
	}
	if names := sat(written(t, rolesOf(t, iam.Article, "", ""), ownership(t))); len(names) != 4 {
		t.Errorf("article: sat expected of %v, not of four", names)
	}
	hole := rolesOf(t, iam.Hardened, `"${aws:PrincipalTag/TenantID}"`, `"${aws:PrincipalTag/TenantID}", "shared"`)
	if text := written(t, hole, ownership(t))[read]; !strings.Contains(text, "(set-info :status sat)") {
		t.Errorf("a key of everybody is not expected to be sat:\n%s", text)
	}
}

func TestNoCertificatesOfAdministrativeRoles(t *testing.T) {
	owned := ownership(t)
	owned.Administrative = map[string]string{"TrackingAccessRole": "it is said to be"}
	for name := range written(t, rolesOf(t, iam.Hardened, "", ""), owned) {
		if strings.HasPrefix(name, "TrackingAccessRole.") {
			t.Errorf("%s: what an administrative role reaches is never proven", name)
		}
	}
}

func TestCharacterThatSMTLIBDoesNotHave(t *testing.T) {
	for char, want := range map[string]bool{"\U0002FFFF": true, "\U00030000": false, "\U0010FFFF": false} {
		owned := ownership(t)
		owned.Stores[0].Resources[0].ARN += char
		_, err := Write(t.TempDir(), account.Account, rolesOf(t, iam.Hardened, "", ""), owned)
		if (err == nil) != want {
			t.Errorf("%+q: %v", char, err)
		}
	}
}

func TestTerms(t *testing.T) {
	for got, want := range map[string]string{
		and("a", yes, "(and b c)", "a"):  "(and a b c)",
		and("a", "(not a)"):              no,
		or(no, "a", "(or a |b )|)"):      "(or a |b )|)",
		or("a", yes):                     yes,
		not(not("a")):                    "a",
		equal(`"a"`, `"b"`):              no,
		quote("a\"b\\u{41}é\n"):          `"a""b\u{5c}u{41}\u{e9}\u{a}"`,
		name("aws:ResourceTag/a|b\\c\n"): "|aws:ResourceTag/a?b?c?|",
		caseless("k"):                    `(re.union (str.to_re "k") (str.to_re "\u{212a}") (str.to_re "K"))`,
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
