package policy

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const current = "2012-10-17"

func TestAddingADenyStatementNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		statements := drawStatements(t)
		before := parseStatements(t, current, statements...)
		after := parseStatements(t, current, append(statements, drawStatement(t, "Deny"))...)
		r := drawRequest(t)
		if b, a := before.Decide(r).Effect, after.Decide(r).Effect; a == Allow && b != Allow {
			t.Fatalf("%s: %s became %s", show(r), b, a)
		}
	})
}

func TestDecisionDoesNotDependOnStatementOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		statements := drawStatements(t)
		r := drawRequest(t)
		want := parseStatements(t, current, statements...).Decide(r).Effect
		if got := parseStatements(t, current, rapid.Permutation(statements).Draw(t, "order")...).Decide(r).Effect; got != want {
			t.Fatalf("%s: %s in another order, want %s", show(r), got, want)
		}
	})
}

func TestWithoutAnAllowStatementNothingIsAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRequest(t)
		if got := (Policies{}).Decide(r).Effect; got != ImplicitDeny {
			t.Fatalf("%s without policy: %s", show(r), got)
		}
		denies := parseStatements(t, current, drawStatement(t, "Deny"), drawStatement(t, "Deny"))
		if got := denies.Decide(r).Effect; got == Allow {
			t.Fatalf("%s with Deny statements only: %s", show(r), got)
		}
	})
}

func TestLimitingLayersNeverWiden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := parseStatements(t, current, drawStatements(t)...)
		r := drawRequest(t)
		before := p.Decide(r).Effect
		limit := parseStatements(t, current, drawStatements(t)...).Identity
		bounded, scoped := p, p
		bounded.Boundary, scoped.Session = &limit[0], limit
		for name, after := range map[string]Policies{"boundary": bounded, "session": scoped} {
			if got := after.Decide(r).Effect; got == Allow && before != Allow {
				t.Fatalf("%s: a %s made %s of %s", show(r), name, got, before)
			}
		}
	})
}

// An unknown key must be at least as strict as whatever it might have been.
func TestUnknownKeyNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := parseStatements(t, current, drawStatements(t)...)
		r := drawRequest(t)
		known := p.Decide(r).Effect
		r.Context.SetUnknown(rapid.SampledFrom(someKeys).Draw(t, "unknown"))
		if got := p.Decide(r).Effect; got == Allow && known != Allow {
			t.Fatalf("%s: %s, but %s where the key is known", show(r), got, known)
		}
	})
}

// A tag may hold any text: a variable matches that text alone, whatever characters it has.
func TestTagValueNeverActsAsPattern(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(`ab*?${}:/,"'\`)))
		tag, got := text.Draw(t, "tag"), text.Draw(t, "got")
		want := no
		if tag == got && tag != "" {
			want = yes
		}
		ctx := values{tagKey: tag, "a:b": got}.context()
		for _, operator := range []string{"StringEquals", "StringLike", "StringEqualsIgnoreCase"} {
			c, err := compileCondition(operator, "a:b", []string{"${" + tagKey + "}"}, true)
			if err != nil {
				t.Fatal(err)
			}
			if v := c.evaluate(ctx.lookup(c.key), ctx); v != want {
				t.Fatalf("%s of tag %q and %q: %d, want %d", operator, tag, got, v, want)
			}
		}
		resource, err := compileResource("arn:aws:s3:::b/${"+tagKey+"}/k", true, false)
		if err != nil {
			t.Fatal(err)
		}
		if m := resource.match("arn:aws:s3:::b/"+got+"/k", ctx); m != (want == yes) {
			t.Fatalf("resource of tag %q and %q: %v", tag, got, m)
		}
	})
}

func TestCompiledPolicyGivesTheSecondTenantItsOwnAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		statements := drawStatements(t)
		shared := parseStatements(t, current, statements...)
		first, second := drawRequest(t), drawRequest(t)
		shared.Decide(first)
		shared.Explain(first)
		want := parseStatements(t, current, statements...).Decide(second)
		if got := shared.Decide(second); got != want {
			t.Fatalf("after %s: %s gives %+v, want %+v", show(first), show(second), got, want)
		}
	})
}

func TestEveryStatementAppliesOrIsExplained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := parseStatements(t, current, drawStatements(t)...)
		r := drawRequest(t)
		missed := map[int]Miss{}
		for _, miss := range p.Explain(r) {
			missed[miss.Statement.Index] = miss
		}
		for i := range p.Identity[0].Policy.statements {
			s := &p.Identity[0].Policy.statements[i]
			miss, explained := missed[i]
			if want := s.names(r.Action) && s.examine(r).element != nothing; explained != want {
				t.Fatalf("%s: statement %d explained %v, want %v", show(r), i, explained, want)
			}
			if explained && miss.Element == "" {
				t.Fatalf("%s: %+v names no element", show(r), miss)
			}
		}
	})
}

// reference matches patterns by the definition, without variables.
func reference(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return reference(pattern[1:], s) || s != "" && reference(pattern, s[1:])
	case s == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == s[0]) && reference(pattern[1:], s[1:])
}

func TestPatternsMatchAsDefined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aAb*?")), 0, 8, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune("aAb")), 0, 10, -1).Draw(t, "s")
		p, err := compilePattern(text, syntax{wildcards: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.match(s, nil), reference(text, s); got != want {
			t.Fatalf("match(%q, %q) = %v, want %v", text, s, got, want)
		}
		if got, want := p.matchFold(s), reference(strings.ToLower(text), strings.ToLower(s)); got != want {
			t.Fatalf("matchFold(%q, %q) = %v, want %v", text, s, got, want)
		}
	})
}

func TestDocumentThatIsNotWhollyValidIsNeverParsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStatement(t, "Allow")
		s[rapid.SampledFrom([]string{"Principal", "NotPrincipal", "Resources", "condition", "EFFECT", "X"}).Draw(t, "name")] = "*"
		text, err := json.Marshal(map[string]any{"Version": current, "Statement": s})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(text, Identity); err == nil {
			t.Fatalf("Parse(%s) succeeded", text)
		}
	})
}
