package iam_test

import (
	"io/fs"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/policy"
)

// values are a request's keys: a string is Set, a []string SetAll, nil SetUnknown.
type values map[string]any

func (v values) context() *policy.Context {
	c := new(policy.Context)
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

func mustParse(t testing.TB, document string, kind policy.Kind) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte(document), kind)
	if err != nil {
		t.Fatalf("Parse(%s): %v", document, err)
	}
	return p
}

// read returns a policy file of a set with its placeholders replaced.
func read(t testing.TB, set iam.Set, file string) string {
	t.Helper()
	files, err := iam.Files(set)
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(files, file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("<region>", "us-east-1", "<account-id>", account, "<bucket>", "tracking", "<domain>", "test").Replace(string(text))
}

// fileOf is one file of a set as the only policy.
func fileOf(t testing.TB, set iam.Set, file string) policy.Policies {
	t.Helper()
	name := strings.TrimSuffix(file, ".json")
	return policy.Policies{Identity: []policy.Named{{Name: name, Policy: mustParse(t, read(t, set, file), policy.Identity)}}}
}

func checkEffect(t *testing.T, p policy.Policies, r *policy.Request, want policy.Effect) {
	t.Helper()
	if got := p.Decide(r); got.Effect != want {
		t.Errorf("Decide(%s %s) = %+v, want %s; misses: %v", r.Action, r.Resource, got, want, p.Explain(r))
	}
}
