package theorem

import (
	"cmp"
	"reflect"
	"slices"

	"example.com/shiptrack/infra/localaws/policy"
)

// statements are those that allow, and those that deny.
type statements struct{ allows, denies []placed }

func side(clauses []placed) (s statements) {
	for _, c := range clauses {
		if c.Effect == policy.Allow {
			s.allows = append(s.allows, c)
		} else {
			s.denies = append(s.denies, c)
		}
	}
	return s
}

// consistent reports whether the tags that a request asks for and their keys are the same.
func (p *prover) consistent(s *situation) bool {
	langs, ok := s.languages()
	if !ok {
		return false
	}
	keys, tag := s.words[tagKeys], s.words[p.requestTag()]
	if keys == nil || keys.presence != present || tag == nil || tag.presence != absent {
		return true
	}
	others := p.ownKey()
	others.negated = true
	return !langs[tagKeys].and(p.automaton(others)).isEmpty()
}

// beyond looks for a request that a allows and b does not; show asks the policies, and says by whom.
func (p *prover) beyond(out *Comparison, a, b statements, r *Role, found **Difference, start func(*placed) []*situation, show asking) {
	for _, allow := range a.allows {
		if len(a.denies) == len(b.denies) && slices.EqualFunc(a.denies, b.denies, alike) && slices.ContainsFunc(b.allows, func(c placed) bool { return alike(allow, c) }) {
			continue
		}
		situations := start(&allow)
		for _, element := range clauseFacts(&allow.Clause) {
			situations = with(situations, element)
		}
		o := &obligation{prover: p, role: r, allows: []placed{allow}, denies: a.denies}
		situations, whole := p.refused(possible(situations), &allow, b, a.denies)
		if whole {
			situations, whole = o.past(situations)
		}
		situations = slices.DeleteFunc(situations, func(s *situation) bool { return !p.consistent(s) })
		if whole && len(situations) == 0 {
			continue
		}
		if d := o.difference(situations, show); d != nil {
			*found = d
		} else {
			out.Undecided = append(out.Undecided, allow.at)
		}
	}
}

// asking asks the policies whether a request tells two sets apart, and for whom; empty: any session of the role.
type asking func(*Request, *situation) (by string, differs bool)

// alike reports whether two statements say the same.
func alike(a, b placed) bool {
	one, other := a.Clause, b.Clause
	for _, c := range []*policy.Clause{&one, &other} {
		c.At, c.Sid, c.Index = policy.Position{}, "", 0
		c.Conditions = slices.Clone(c.Conditions)
		for i := range c.Conditions {
			c.Conditions[i].Matches = nil
		}
	}
	return reflect.DeepEqual(one, other)
}

// refused are those of situations, in which allow applies and none of passed, that b does not allow.
func (p *prover) refused(situations []*situation, allow *placed, b statements, passed []placed) (all []*situation, whole bool) {
	for _, d := range b.denies {
		if slices.ContainsFunc(passed, func(c placed) bool { return alike(c, d) }) {
			continue
		}
		applies := situations
		for _, element := range clauseFacts(&d.Clause) {
			applies = with(applies, element)
		}
		all = append(all, possible(applies)...)
		if p.undecidable(&d, allow) {
			all = append(all, situations...)
		}
	}
	// What was allow before it was changed excludes most: it comes first.
	allows := slices.Clone(b.allows)
	slices.SortStableFunc(allows, func(c, d placed) int { return cmp.Compare(c.distance(allow), d.distance(allow)) })
	none := situations
	for _, c := range allows {
		ways := evadingFacts(&c.Clause)
		if p.undecidable(&c, allow) || !c.trustsAll(allow) {
			ways = append(ways, nil)
		}
		if none = evading(none, &c.Clause, ways); len(none) > maxCases {
			return nil, false
		}
		if len(none) == 0 {
			break
		}
	}
	return append(all, none...), true
}

// trustsAll reports whether c names each principal that o names, written alike and of the same kind.
func (c *placed) trustsAll(o *placed) bool {
	a, b := &c.Principals, &o.Principals
	if a.Not || b.Not || b.Everyone && !a.Everyone {
		return reflect.DeepEqual(a, b)
	}
	return !slices.ContainsFunc(b.Source, func(name string) bool {
		return !slices.Contains(a.Source, name) || slices.Contains(a.Services, name) != slices.Contains(b.Services, name) || named(a, name) != named(b, name)
	})
}

// distance is 0 for a statement of the same name in the same file, and else 1.
func (c *placed) distance(o *placed) int {
	if c.at.File == o.at.File && c.Sid == o.Sid {
		return 0
	}
	return 1
}

// undecidable reports whether a key that c looks at may be one of which nothing can be concluded, although allow applies: allow looks at it
// in no way, or c wants one value where allow takes several.
func (p *prover) undecidable(c, allow *placed) bool {
	known, single := keysOf(allow)
	all, wantsOne := keysOf(c)
	for key := range all {
		if key == sessionName {
			continue
		}
		if !known[key] || wantsOne[key] && !single[key] {
			return true
		}
	}
	return false
}

// keysOf are the keys that c looks at, and those of which it takes one value alone.
func keysOf(c *placed) (all, single map[string]bool) {
	all, single = map[string]bool{}, map[string]bool{}
	use := func(list []variable) {
		for _, v := range list {
			all[v.key], single[v.key] = true, true
		}
	}
	use((&constraint{arns: c.Resources}).variables())
	for i := range c.Conditions {
		condition := &c.Conditions[i]
		key := fold(condition.Key)
		all[key] = true
		if !condition.ForAll && !condition.ForAny && !condition.Null {
			single[key] = true
		}
		use(testOf(condition).variables())
	}
	return all, single
}
