package policy

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

// FuzzParse holds that no document makes Parse panic, that whatever it refuses is malformed by name, and
// that whatever it takes can be decided and explained.
func FuzzParse(f *testing.F) {
	for _, file := range []string{notesFile, picturesFile, becomeFile} {
		f.Add([]byte(read(f, file)), "yellow", "blue")
	}
	f.Add([]byte(read(f, trustFile)), "yellow", "*")
	f.Add([]byte(goodTrust), "", "")
	f.Fuzz(func(t *testing.T, document []byte, first, second string) {
		requests := []*Request{
			{Action: "dynamodb:GetItem", Resource: table, Context: values{tagKey: first, leading: []string{first, second}, "a:b": second}.context()},
			{Action: first, Resource: second, Context: values{tagKey: []string{first}, leading: nil, "a:b": second}.context()},
			assume(values{"aws:RequestTag/TenantID": first, "aws:TagKeys": []string{second}}),
			{Action: "sts:AssumeRole", Resource: roleARN, Caller: Caller{Service: first}, Context: new(Context)},
		}
		for _, kind := range []Kind{Identity, Trust} {
			var p *Policy
			var err error
			alloctest.Bound(t, len(document), func() { p, err = Parse(document, kind) })
			if err != nil {
				var malformed *MalformedError
				if !errors.As(err, &malformed) || malformed.Reason == "" || p != nil {
					t.Fatalf("Parse = %v, %v, want a MalformedError alone", p, err)
				}
				continue
			}
			named := Named{Name: "fuzzed", Policy: p}
			all := Policies{Identity: []Named{named}, Boundary: &named, Session: []Named{named}}
			for _, r := range requests {
				if got := all.Decide(r); got.Effect == Allow && (kind == Trust || r.Action == "" || r.Resource == "") {
					t.Fatalf("Decide(%s) by a document of kind %d = %+v", show(r), kind, got)
				}
				DecideTrust(named, all, r)
				for _, miss := range append(all.Explain(r), ExplainTrust(named, all, r)...) {
					if miss.Element == "" || miss.String() == "" {
						t.Fatalf("Explain(%s) = %+v", show(r), miss)
					}
				}
			}
		}
	})
}

// FuzzConditionValue holds every operator to its relations: a negated operator is the opposite of its
// positive, the set operators agree on one value that is not empty, and what is decided does not depend on the case of key
// names.
func FuzzConditionValue(f *testing.F) {
	names := slices.Sorted(maps.Keys(operators))
	for i, value := range []string{"yell*", "${aws:PrincipalTag/TenantID}", "10.0", "2026-01-01T00:00:00Z", "2001:db8::/32", roleARN, "true", "aGk=", "${a:b, 'x'}?"} {
		f.Add(uint(i*3), value, "yellow", "yellow")
	}
	negations := map[string]string{"StringEquals": "StringNotEquals", "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
		"StringLike": "StringNotLike", "NumericEquals": "NumericNotEquals", "DateEquals": "DateNotEquals",
		"IpAddress": "NotIpAddress", "ArnEquals": "ArnNotEquals", "ArnLike": "ArnNotLike"}
	f.Fuzz(func(t *testing.T, which uint, want, got, tag string) {
		name := names[which%uint(len(names))]
		verdictOn := func(operator, key string) (verdict, bool) {
			v, ok := no, false
			alloctest.Bound(t, len(want)+len(got)+len(tag), func() {
				c, err := compileCondition(operator, key, []string{want}, true)
				if ok = err == nil; ok {
					ctx := values{tagKey: tag, "k:k": got}.context()
					v = c.evaluate(ctx.lookup(c.key), ctx)
				}
			})
			return v, ok
		}
		v, ok := verdictOn(name, "k:k")
		if !ok || name == "Null" {
			return
		}
		if folded, _ := verdictOn(name, "K:K"); folded != v {
			t.Errorf("%s %q on %q: %d, with the key in another case %d", name, want, got, v, folded)
		}
		for _, prefix := range []string{"ForAllValues:", "ForAnyValue:"} {
			if got == "" { // counts as absent for the set operators
				break
			}
			if set, _ := verdictOn(prefix+name+"IfExists", "k:k"); set != v {
				t.Errorf("%s %q on %q: %d, with %s %d", name, want, got, v, prefix, set)
			}
		}
		if negation, ok := negations[name]; ok {
			if n, _ := verdictOn(negation, "k:k"); (v == undecidable) != (n == undecidable) || v != undecidable && v == n {
				t.Errorf("%s %q on %q: %d, %s %d", name, want, got, v, negation, n)
			}
		}
	})
}
