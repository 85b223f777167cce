package policy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	account = "000000000000"
	table   = "arn:aws:dynamodb:us-east-1:000000000000:table/Notes"
	roleARN = "arn:aws:iam::000000000000:role/NotesReader"
	tagKey  = "aws:PrincipalTag/TenantID"
	leading = "dynamodb:LeadingKeys"
)

// The policies of a notes service, by which the tests decide.
const (
	notesFile    = "NotesReader/ReadNotes.json"
	picturesFile = "NotesReader/ReadPictures.json"
	becomeFile   = "NotesService/BecomeReader.json"
	trustFile    = "NotesReader/trust.json"
)

// values are a request's keys: a string is Set, a []string SetAll, nil SetUnknown.
type values map[string]any

func (v values) context() *Context {
	c := new(Context)
	for key, value := range v {
		switch value := value.(type) {
		case string:
			c.Set(key, value)
		case []string:
			c.SetAll(key, value)
		case nil:
			c.SetUnknown(key)
		}
	}
	return c
}

func mustParse(t testing.TB, document string, kind Kind) *Policy {
	t.Helper()
	p, err := Parse([]byte(document), kind)
	if err != nil {
		t.Fatalf("Parse(%s): %v", document, err)
	}
	return p
}

// statementOf wraps one statement's members, effect included, as a document of version.
func documentOf(version, members string) string {
	return `{"Version":"` + version + `","Statement":[{` + members + `}]}`
}

// identityOf is the one-policy set of an identity document.
func identityOf(t testing.TB, document string) Policies {
	t.Helper()
	return Policies{Identity: []Named{{Name: "Role/Policy", Policy: mustParse(t, document, Identity)}}}
}

// read returns a policy file of the notes service with its placeholders replaced.
func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "localawstest", "testdata", "notes", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("<region>", "us-east-1", "<account-id>", "000000000000", "<bucket>", "pictures").Replace(string(text))
}

// fileOf is the policy set of one file of the notes service.
func fileOf(t testing.TB, file string) Policies {
	t.Helper()
	name := strings.TrimSuffix(file, ".json")
	return Policies{Identity: []Named{{Name: name, Policy: mustParse(t, read(t, file), Identity)}}}
}

func checkEffect(t *testing.T, p Policies, r *Request, want Effect) {
	t.Helper()
	if got := p.Decide(r); got.Effect != want {
		t.Errorf("Decide(%s %s) = %+v, want %s; misses: %v", r.Action, r.Resource, got, want, p.Explain(r))
	}
}

func checkMalformed(t *testing.T, document string, kind Kind, reason string) {
	t.Helper()
	_, err := Parse([]byte(document), kind)
	var malformed *MalformedError
	if !errors.As(err, &malformed) {
		t.Errorf("Parse(%.300s) = %v, want a MalformedError", document, err)
	} else if !strings.Contains(malformed.Reason, reason) {
		t.Errorf("Parse(%.300s) refused with %q, want %q in it", document, malformed.Reason, reason)
	}
}
