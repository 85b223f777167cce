package theorem

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

// conditionFacts returns what must be true so that c is true, or, where want is false, so that it is false and not undecidable.
func conditionFacts(c *policy.ClauseCondition, want bool) [][]fact {
	key := fold(c.Key)
	gone := [][]fact{{{key: key, presence: absent}}}
	empty := []fact{{key: key, presence: blank, one: true}}
	tag := isTagKey(key)
	if !tag && (c.Null || c.ForAll || c.ForAny) {
		// "A null dataset, such as an empty string": IAM User Guide, "Single-valued vs. multivalued context keys".
		gone = append(gone, empty)
	}
	if c.Null {
		isAbsent, isPresent := c.True, c.False
		if !want {
			isAbsent, isPresent = !c.True, !c.False
		}
		var all [][]fact
		if isAbsent {
			all = append(all, gone...)
		}
		if isPresent {
			all = append(all, []fact{{key: key, presence: present}})
		}
		if tag { // nothing says whether an empty tag is one that is absent
			all = append(all, empty)
		}
		return all
	}
	test := testOf(c)
	test.negated = c.Negated == want
	whenAbsent := c.IfExists || c.Negated || c.ForAll
	if c.ForAny {
		whenAbsent = c.IfExists
	}
	f := fact{key: key, presence: present}
	switch {
	case c.ForAll && want, c.ForAny && !want:
		f.multi, f.all = true, test
	case c.ForAll || c.ForAny:
		f.multi, f.some = true, test
	default:
		f.one, f.all = true, test
	}
	if tag && f.multi { // the value of a tag is one: "Single-valued vs. multivalued context keys"
		f.one, f.multi = true, false
		if f.some != nil {
			f.all, f.some = f.some, nil
		}
	}
	all := [][]fact{{f}}
	if whenAbsent == want {
		all = append(all, gone...)
	}
	ofSet := c.ForAll || c.ForAny
	if (tag || !ofSet) && test.mayTakeEmpty() || tag && ofSet && whenAbsent == want {
		all = append(all, empty)
	}
	return all
}

// isTagKey reports whether key is the value of a tag. Nothing says whether an empty one is decided as an absent one or as any other value: see
// policy.Context.Set.
func isTagKey(key string) bool {
	kind, _, ok := strings.Cut(key, "/")
	return ok && strings.HasSuffix(kind, "tag")
}

// mayTakeEmpty reports whether the empty word may be one that c is true of.
func (c *constraint) mayTakeEmpty() bool {
	if c.measure != nil {
		matched, ok := c.measure.Matches("")
		return ok && matched != c.negated
	}
	never, always := true, false
	for _, t := range c.texts {
		fits := !slices.ContainsFunc(t.Parts, func(p policy.Part) bool {
			return p.Kind == policy.One || p.Kind == policy.Literal || p.Kind == policy.Variable && (!p.Fallback || p.Text != "")
		})
		never = never && !fits
		always = always || fits && len(c.variables()) == 0
	}
	for _, a := range c.arns {
		never, always = never && !a.Any, always || a.Any
	}
	if c.negated {
		return !always
	}
	return !never
}

// testOf is the constraint of c's values, not negated.
func testOf(c *policy.ClauseCondition) *constraint {
	switch c.Operand {
	case policy.Texts:
		return &constraint{texts: c.Texts}
	case policy.Folded:
		return &constraint{texts: c.Texts, folding: foldUnicode}
	case policy.ARNs:
		return &constraint{arns: c.ARNs}
	case policy.Truth:
		t := &constraint{folding: foldASCII}
		for text, is := range map[string]bool{"true": c.True, "false": c.False} {
			if is {
				t.texts = append(t.texts, policy.Text{Source: text, Parts: []policy.Part{{Text: text}}})
			}
		}
		return t
	}
	return &constraint{measure: c}
}

// clauseFacts returns, for each element of c, what must be true so that it matches; each of them has to.
func clauseFacts(c *policy.Clause) [][][]fact {
	all := [][][]fact{
		{{{key: action, presence: present, one: true, all: actionsOf(c)}}},
	}
	if c.Resources != nil {
		all = append(all, [][]fact{{{key: resource, presence: present, one: true, all: resourcesOf(c)}}})
	}
	for i := range c.Conditions {
		all = append(all, conditionFacts(&c.Conditions[i], true))
	}
	return all
}

// evadingFacts returns the ways in which c, a Deny, does not apply.
func evadingFacts(c *policy.Clause) [][]fact {
	actions, resources := actionsOf(c), resourcesOf(c)
	actions.negated, resources.negated = !actions.negated, !resources.negated
	all := [][]fact{{{key: action, presence: present, one: true, all: actions}}}
	if c.Resources != nil {
		all = append(all, []fact{{key: resource, presence: present, one: true, all: resources}})
	}
	for i := range c.Conditions {
		all = append(all, conditionFacts(&c.Conditions[i], false)...)
	}
	return all
}

func actionsOf(c *policy.Clause) *constraint {
	return &constraint{texts: c.Actions, folding: foldASCII, negated: c.NotAction}
}

func resourcesOf(c *policy.Clause) *constraint {
	return &constraint{arns: c.Resources, negated: c.NotResource}
}
