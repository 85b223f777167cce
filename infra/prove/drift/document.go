package drift

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// statement is a statement of a policy, in the one form that all spellings of it have.
type statement struct {
	sid  string
	text string // canonical, without the Sid: two statements of one text say the same
	told string // for people
	json string // canonical
}

// variables is the version of the policy language in which ${...} is a variable. In the one before, which a document without a version
// is in, it is text.
const variables = "2012-10-17"

// statements reads a document. Texts and lists of one text are the same, and so are lists in another order. The version counts where a
// statement means something else in another.
func statements(document string) ([]statement, error) {
	var policy struct {
		Version   string
		Statement any
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return nil, err
	}
	list, several := policy.Statement.([]any)
	if !several {
		list = []any{policy.Statement}
	}
	var all []statement
	for _, one := range list {
		members, ok := one.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("a statement is %T, no object", one)
		}
		sid, _ := members["Sid"].(string)
		delete(members, "Sid")
		text, err := json.Marshal(canonical(members))
		if err != nil {
			return nil, err
		}
		s := statement{sid: sid, text: string(text), told: tell(members), json: string(text)}
		if policy.Version != variables && strings.Contains(s.text, "${") {
			s.text += policy.Version
			s.told += ", without variables, since the document's version is not " + variables
		}
		all = append(all, s)
	}
	return all, nil
}

// canonical is a part of a policy whose lists are sorted, and whose single texts are lists. The names of condition keys keep their case:
// another case is another spelling, which is worth a look.
func canonical(part any) any {
	switch v := part.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range v {
			if out[name] = canonical(value); name == "Effect" {
				out[name] = value
			}
		}
		return out
	case []any:
		var texts []string
		for _, one := range v {
			texts = append(texts, fmt.Sprint(one))
		}
		slices.Sort(texts)
		return texts
	}
	return []string{fmt.Sprint(part)}
}

// tell says a statement in words.
func tell(members map[string]any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", members["Effect"])
	for _, part := range []struct{ name, word string }{
		{"Principal", ""}, {"NotPrincipal", "all but"}, {"Action", ""}, {"NotAction", "all actions but"}, {"Resource", "on"}, {"NotResource", "on all but"},
	} {
		if value, has := members[part.name]; has {
			b.WriteString(strings.TrimRight(" "+part.word, " ") + " " + words(value))
		}
	}
	if conditions, ok := members["Condition"].(map[string]any); ok {
		for _, operator := range slices.Sorted(maps.Keys(conditions)) {
			fmt.Fprintf(&b, ", if %s %s", operator, words(conditions[operator]))
		}
	}
	return b.String()
}

func words(value any) string {
	switch v := value.(type) {
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, words(one))
		}
		return strings.Join(all, ", ")
	case map[string]any:
		var all []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if text := words(v[name]); name == "AWS" {
				all = append(all, text)
			} else {
				all = append(all, name+" "+text)
			}
		}
		return strings.Join(all, " and ")
	}
	return fmt.Sprint(value)
}

// differences says in which statements a document differs from the one that is wanted; none: both say the same.
func differences(wanted, there string) ([]string, error) {
	want, err := statements(wanted)
	if err != nil {
		return nil, fmt.Errorf("the file: %w", err)
	}
	got, err := statements(there)
	if err != nil {
		return nil, fmt.Errorf("the account's document: %w", err)
	}
	has := func(all []statement, s statement) bool {
		return slices.ContainsFunc(all, func(o statement) bool { return o.text == s.text })
	}
	var all []string
	for _, s := range got {
		if !has(want, s) {
			all = append(all, "has "+named(s)+": "+s.told)
		}
	}
	for _, s := range want {
		if !has(got, s) {
			all = append(all, "lacks "+named(s)+": "+s.told)
		}
	}
	return all, nil
}

func named(s statement) string {
	if s.sid == "" {
		return "the statement"
	}
	return "the statement " + s.sid
}
