package mutate

import (
	"bytes"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
)

func load(t *testing.T, set iam.Set) []localaws.Role {
	t.Helper()
	roles, err := iam.Load(set, localaws.Values{Region: "us-east-1", Account: "000000000000", Bucket: "b"})
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

func documents(roles []localaws.Role) map[string][]byte {
	all := map[string][]byte{}
	for _, r := range roles {
		all[r.Name+"/"+Trust] = r.Trust
		if r.Boundary != nil {
			all[r.Name+"/"+Boundary] = r.Boundary
		}
		for _, p := range r.Policies {
			all[r.Name+"/"+p.Name] = p.Document
		}
	}
	return all
}

func TestEachMutantChangesOneDocumentAndParses(t *testing.T) {
	for set, atLeast := range map[iam.Set]int{iam.Hardened: 300, iam.Article: 100} {
		roles := load(t, set)
		before := documents(roles)
		mutants, refused, err := First(roles)
		if err != nil {
			t.Fatal(err)
		}
		names, texts := map[string]bool{}, map[string]bool{}
		for _, m := range mutants {
			after, err := m.Apply(roles)
			if err != nil {
				t.Errorf("%s: %v", m.Name, err)
				continue
			}
			for name, document := range documents(after) {
				if bytes.Equal(document, before[name]) {
					continue
				}
				if name != m.Role+"/"+m.Document {
					t.Errorf("%s: %s is changed", m.Name, name)
				}
				kind := policy.Identity
				if m.Document == Trust {
					kind = policy.Trust
				}
				if _, err := policy.Parse(document, kind); err != nil {
					t.Errorf("%s: %v", m.Name, err)
				}
				if key := name + string(document); texts[key] {
					t.Errorf("%s: the document is another mutant's", m.Name)
				} else {
					texts[key] = true
				}
			}
			if names[m.Name] {
				t.Errorf("two mutants are called %s", m.Name)
			}
			names[m.Name] = true
		}
		for name, document := range documents(roles) {
			if !bytes.Equal(document, before[name]) {
				t.Errorf("%s itself was changed", name)
			}
		}
		for _, m := range refused {
			if _, err := m.Apply(roles); err == nil {
				t.Errorf("%s is refused, and can be applied", m.Name)
			}
		}
		if len(mutants) < atLeast || len(texts) != len(mutants) {
			t.Errorf("%s: %d mutants, %d documents, want %d or more, as many as each other", set, len(mutants), len(texts), atLeast)
		}
	}
}

func TestMutantsOfASmallDocument(t *testing.T) {
	roles := []localaws.Role{{Name: "R", Trust: []byte(`{"Version":"2012-10-17","Statement":[]}`), Policies: []localaws.PolicyDocument{{Name: "P", Document: []byte(
		`{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Deny","Action":"s3:Get*","Resource":"*"}]}`)}}}}
	mutants, _, err := First(roles)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mutants {
		if m.Document == "P" {
			got = append(got, m.Name+" ("+string(m.Direction)+")")
		}
	}
	want := `R/P: Version 2008-10-17 (either)
R/P: Version removed (either)
R/P: statement added: Allow s3:* on * (widens)
R/P: S: Effect Allow (widens)
R/P: S: action s3:Get* made s3:* (narrows)
R/P: S: action s3:Get* made * (narrows)
R/P: S: Action made NotAction (either)
R/P: S: Resource made NotResource (either)`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestTwoMutantsGoTogether(t *testing.T) {
	roles := load(t, iam.Hardened)
	mutants, _, err := First(roles)
	if err != nil {
		t.Fatal(err)
	}
	pair := mutants[0].And(mutants[len(mutants)-1])
	after, err := pair.Apply(roles)
	if err != nil {
		t.Fatal(err)
	}
	changed, before := 0, documents(roles)
	for name, document := range documents(after) {
		if !bytes.Equal(document, before[name]) {
			changed++
		}
	}
	if changed != 2 || pair.Name != mutants[0].Name+" + "+mutants[len(mutants)-1].Name {
		t.Errorf("%s changed %d documents, want 2", pair.Name, changed)
	}
}
