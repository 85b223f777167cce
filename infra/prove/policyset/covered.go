package policyset

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// narrowed reports whether the permission policies of changed allow no more than those of old: each Allow is covered by one Allow that was there,
// and each Deny that was there is there still. It compares texts part by part, where the theorem's automata cannot tell two texts with a variable
// apart. True is certain; false says nothing.
func narrowed(old, changed *theorem.Role) bool {
	before, after := clausesOf(old), clausesOf(changed)
	for _, c := range after {
		if c.Effect == policy.Allow && !slices.ContainsFunc(before, func(b policy.Clause) bool { return b.Effect == policy.Allow && covers(&b, &c) }) {
			return false
		}
	}
	for _, b := range before {
		if b.Effect != policy.Allow && !slices.ContainsFunc(after, func(c policy.Clause) bool { return c.Effect != policy.Allow && covers(&c, &b) }) {
			return false
		}
	}
	return true
}

func clausesOf(r *theorem.Role) []policy.Clause {
	var all []policy.Clause
	for _, n := range r.Identity {
		all = append(all, n.Policy.Clauses()...)
	}
	return all
}

// covers reports whether whatever c applies to, b applies to.
func covers(b, c *policy.Clause) bool {
	if b.NotAction || c.NotAction || b.NotResource || c.NotResource {
		return false
	}
	fold := func(t policy.Text) []token { return tokens(t, strings.ToLower) }
	for _, t := range c.Actions {
		if !slices.ContainsFunc(b.Actions, func(o policy.Text) bool { return within(fold(o), fold(t)) }) {
			return false
		}
	}
	for i := range c.Resources {
		if !slices.ContainsFunc(b.Resources, func(o policy.ARN) bool { return coversARN(&o, &c.Resources[i]) }) {
			return false
		}
	}
	for i := range b.Conditions {
		if !slices.ContainsFunc(c.Conditions, func(o policy.ClauseCondition) bool { return implies(&o, &b.Conditions[i]) }) {
			return false
		}
	}
	return true
}

// coversARN reports whether b matches each ARN that c matches. Wildcards stay within a segment.
func coversARN(b, c *policy.ARN) bool {
	if b.Any || b.Source == c.Source {
		return true
	}
	if len(b.Segments) == 0 || len(b.Segments) != len(c.Segments) {
		return false
	}
	for i := range b.Segments {
		if !within(tokens(b.Segments[i], nil), tokens(c.Segments[i], nil)) {
			return false
		}
	}
	return true
}

// implies reports whether b is true wherever c is.
func implies(c, b *policy.ClauseCondition) bool {
	if !strings.EqualFold(c.Key, b.Key) || c.Negated != b.Negated || c.Null != b.Null || c.ForAll != b.ForAll || c.ForAny != b.ForAny || c.IfExists != b.IfExists || c.Operand != b.Operand {
		return false
	}
	same := slices.Equal(slices.Sorted(slices.Values(c.Values)), slices.Sorted(slices.Values(b.Values)))
	if same && strings.EqualFold(c.Operator, b.Operator) {
		return true
	}
	if c.Operand != policy.Texts || c.Null {
		return false
	}
	small, large := c.Texts, b.Texts
	if c.Negated { // what excludes more is true of less
		small, large = b.Texts, c.Texts
	}
	return !slices.ContainsFunc(small, func(t policy.Text) bool {
		return !slices.ContainsFunc(large, func(o policy.Text) bool { return within(tokens(o, nil), tokens(t, nil)) })
	})
}

// token is a character of a text, a wildcard, or a variable.
type token struct {
	kind policy.PartKind
	text string
}

func tokens(t policy.Text, change func(string) string) []token {
	var all []token
	for _, p := range t.Parts {
		switch p.Kind {
		case policy.Literal:
			text := p.Text
			if change != nil {
				text = change(text)
			}
			for _, r := range text {
				all = append(all, token{p.Kind, string(r)})
			}
		case policy.Variable:
			written := strings.ToLower(p.Key)
			if p.Fallback {
				written += ", " + p.Text
			}
			all = append(all, token{p.Kind, written})
		default:
			all = append(all, token{kind: p.Kind})
		}
	}
	return all
}

// within reports whether large matches each text that small matches, whatever the variables are.
func within(large, small []token) bool {
	for len(large) > 0 {
		switch {
		case large[0].kind == policy.Many:
			for i := range len(small) + 1 {
				if within(large[1:], small[i:]) {
					return true
				}
			}
			return false
		case len(small) == 0 || small[0].kind == policy.Many:
			return false
		case large[0].kind == policy.One && small[0].kind == policy.Variable:
			return false
		case large[0].kind != policy.One && large[0] != small[0]:
			return false
		}
		large, small = large[1:], small[1:]
	}
	return len(small) == 0
}
