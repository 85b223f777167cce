package policyset

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

const ownObjects = `{"Sid": "Own", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/${aws:PrincipalTag/org}/*"}`

// TestDiffShowsTheRequestThatBecameAllowed has a change beside its reverse: where one allows more, the other does not.
func TestDiffShowsTheRequestThatBecameAllowed(t *testing.T) {
	wide := strings.Replace(ownObjects, "}/*", "}*", 1)
	keys := func(value string) string {
		return `{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*", "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "` + value + `"}}}`
	}
	denied := ownObjects + `, {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::files/*/private/*"}`
	for name, test := range map[string]struct {
		old, changed string
		reverse      int    // exit code of the change back
		request      string // of the change
	}{
		"an action more":              {ownObjects, strings.Replace(ownObjects, `"s3:GetObject"`, `["s3:GetObject", "s3:DeleteObject"]`, 1), 0, "s3:DeleteObject"},
		"a pattern that ends no more": {ownObjects, wide, 0, "s3:GetObject arn:aws:s3:::files/"},
		"a key that ends no more":     {keys("T#${aws:PrincipalTag/org}#*"), keys("T#${aws:PrincipalTag/org}*"), 0, "dynamodb:leadingkeys=T#"},
		"a Deny less":                 {denied, ownObjects, 0, "/private/"},
		"another bucket":              {ownObjects, strings.Replace(ownObjects, ":::files", ":::others", 1), 1, "arn:aws:s3:::others/"},
		"a condition less":            {strings.Replace(ownObjects, `/*"}`, `/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}`, 1), ownObjects, 0, "s3:GetObject"},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(statements string) *Set {
				s, err := Read(set(t, map[string]string{"Vendor/trust": vendorTrust, "Vendor/Own": vendorOwn, "Access/trust": accessTrust, "Access/Own": statements}))
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			compare := func(a, b *Set) (*Diff, string) {
				d, err := Compare(t.Context(), a, b)
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if err := d.Write(&out, "text"); err != nil {
					t.Fatal(err)
				}
				return d, out.String()
			}
			old, changed := read(test.old), read(test.changed)
			d, said := compare(old, changed)
			if d.ExitCode() != 1 || !strings.Contains(said, test.request) {
				t.Errorf("%d\n%s", d.ExitCode(), said)
			}
			if d, said := compare(changed, old); d.ExitCode() != test.reverse {
				t.Errorf("back: %d, want %d\n%s", d.ExitCode(), test.reverse, said)
			}
			if d, said := compare(changed, changed); d.ExitCode() != 0 || len(d.Changed) != 0 {
				t.Errorf("itself: %s", said)
			}
		})
	}
}

// TestDiffOfRolesThatComeAndGo holds that a role that is new allows more, and one that is gone does not.
func TestDiffOfRolesThatComeAndGo(t *testing.T) {
	files := map[string]string{"Vendor/trust": vendorTrust, "Vendor/Own": vendorOwn}
	few, err := Read(set(t, files))
	if err != nil {
		t.Fatal(err)
	}
	files["Access/trust"], files["Access/Own"] = accessTrust, ownObjects
	many, err := Read(set(t, files))
	if err != nil {
		t.Fatal(err)
	}
	more, err := Compare(t.Context(), few, many)
	if err != nil || more.ExitCode() != 1 || more.Allowed[0].Role != "Access" {
		t.Errorf("%+v, %v", more, err)
	}
	less, err := Compare(t.Context(), many, few)
	if err != nil || less.ExitCode() != 0 || len(less.Denied) != 1 {
		t.Errorf("%+v, %v", less, err)
	}
	for format, want := range map[string]string{"json": `"becameAllowed"`, "junit": "<failure", "markdown": "- allowed now", "github": "::error file=", "text": "ALLOWED NOW"} {
		var out bytes.Buffer
		if err := more.Write(&out, format); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%s: %v\n%s", format, err, &out)
		}
	}
}

// TestChangeOfWhatIsNotComparedIsUndecided has changes that no statement shows: nobody is told that nothing became allowed.
func TestChangeOfWhatIsNotComparedIsUndecided(t *testing.T) {
	account := source(t, "account.json")
	reader := func(more string) string {
		return strings.Replace(string(account), `"RoleName": "Reader",`, `"RoleName": "Reader", `+more, 1)
	}
	tagged := strings.ReplaceAll(string(account), `"Tags": []`, `"Tags": [{"Key": "Org", "Value": "acme"}]`)
	for name, test := range map[string]struct{ old, changed, want string }{
		"a boundary that was not printed is gone": {reader(`"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/Edge"},`), string(account), "policy/Edge is not in the file"},
		"the role itself gets the tag":            {string(account), tagged, `tag org was "" and is "acme"`},
		"nothing":                                 {tagged, tagged, ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			var sets []*Set
			for file, text := range map[string]string{"a.json": test.old, "b.json": test.changed} {
				write(t, filepath.Join(folder, file), text)
			}
			for _, file := range []string{"a.json", "b.json"} {
				s, err := Read(filepath.Join(folder, file))
				if err != nil {
					t.Fatal(err)
				}
				sets = append(sets, s)
			}
			d, err := Compare(t.Context(), sets[0], sets[1])
			if err != nil {
				t.Fatal(err)
			}
			if open := fmt.Sprint(d.Undecided); (len(d.Undecided) == 0) != (test.want == "") || !strings.Contains(open, test.want) {
				t.Errorf("%s, want %q", open, test.want)
			}
		})
	}
}

// TestDiffSeesWhatIsNoRole has changes of a user's policy and of a bucket's, which let others in or denied them something.
func TestDiffSeesWhatIsNoRole(t *testing.T) {
	resource := func(kind, values string) string {
		return `{"address": "` + kind + `.x", "mode": "managed", "type": "` + kind + `", "name": "x", "values": {` + values + `}}`
	}
	user := func(statement string) string {
		return resource("aws_iam_user_policy", `"name": "P", "user": "ana", "policy": `+quote(t, document(statement)))
	}
	bucket := func(effect, principal string) string {
		statement := strings.Replace(objectsOf("*"), `"Action"`, `"Principal": `+principal+`, "Action"`, 1)
		return resource("aws_s3_bucket_policy", `"policy": `+quote(t, document(strings.Replace(statement, "Allow", effect, 1))))
	}
	for name, test := range map[string]struct {
		old, changed string
		want         int
	}{
		"a user may do more":       {user(objectsOf("a/*")), user(objectsOf("*")), 1},
		"a user may do less":       {user(objectsOf("*")), user(objectsOf("a/*")), 0},
		"a bucket lets more in":    {bucket("Allow", `{"Service": "cloudtrail.amazonaws.com"}`), bucket("Allow", `"*"`), 3},
		"a bucket lets in at all":  {"", bucket("Allow", `"*"`), 1},
		"a bucket denies no more":  {bucket("Deny", `"*"`), "", 3},
		"a bucket denies for once": {"", bucket("Deny", `"*"`), 0},
		"nothing":                  {bucket("Deny", `"*"`), bucket("Deny", `"*"`), 0},
	} {
		t.Run(name, func(t *testing.T) {
			var sets []*Set
			for _, resources := range []string{test.old, test.changed} {
				s, err := Read(planWith(t, resources, ""))
				if err != nil {
					t.Fatal(err)
				}
				sets = append(sets, s)
			}
			d, err := Compare(t.Context(), sets[0], sets[1])
			if err != nil || d.ExitCode() != test.want {
				t.Errorf("%v, %d, want %d: %+v", err, d.ExitCode(), test.want, d)
			}
		})
	}
}
