// Package callertest takes actions out of the policies of package caller, for tests that show that each is needed.
package callertest

import (
	"encoding/json"
	"slices"
	"testing"
)

type statement struct {
	Sid, Effect string
	Action      []string
	Resource    any
	Condition   any `json:",omitempty"`
}

type document struct {
	Version   string
	Statement []statement
}

func read(t testing.TB, policy string) document {
	t.Helper()
	var raw struct {
		Version   string
		Statement []struct {
			Sid, Effect         string
			Action              any
			Resource, Condition any
		}
	}
	if err := json.Unmarshal([]byte(policy), &raw); err != nil {
		t.Fatal(err)
	}
	d := document{Version: raw.Version}
	for _, s := range raw.Statement {
		actions, several := s.Action.([]any)
		if !several {
			actions = []any{s.Action}
		}
		one := statement{Sid: s.Sid, Effect: s.Effect, Resource: s.Resource, Condition: s.Condition}
		for _, action := range actions {
			name, ok := action.(string)
			if !ok {
				t.Fatalf("%s: the action %v is no text", s.Sid, action)
			}
			one.Action = append(one.Action, name)
		}
		d.Statement = append(d.Statement, one)
	}
	return d
}

// Actions are those that a policy allows, with the Sid of the statement of each: "ReadRoles iam:GetRole".
func Actions(t testing.TB, policy string) (all []string) {
	t.Helper()
	for _, s := range read(t, policy).Statement {
		for _, action := range s.Action {
			all = append(all, s.Sid+" "+action)
		}
	}
	return all
}

// Without is policy without one of its Actions.
func Without(t testing.TB, policy, action string) string {
	t.Helper()
	d := read(t, policy)
	d.Statement = slices.DeleteFunc(d.Statement, func(s statement) bool { return len(s.Action) == 1 && s.Sid+" "+s.Action[0] == action })
	for i := range d.Statement {
		s := &d.Statement[i]
		s.Action = slices.DeleteFunc(s.Action, func(name string) bool { return s.Sid+" "+name == action })
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
