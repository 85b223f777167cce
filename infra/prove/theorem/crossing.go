package theorem

import (
	"slices"
	"strings"
)

// crossing is a set of requests that touch what is not the session's own.
type crossing struct {
	*situation
	key   string     // of the word that names the owner; none: nothing does
	named *automaton // what that word may be; nil: it is absent
	owned bool       // it names another owner; else it names none
}

// crossings are the requests of s that may cross. None: it is proven that there is none.
func (o *obligation) crossings(s *situation, f *Finding) []crossing {
	langs, ok := s.languages()
	if !ok {
		return nil
	}
	if o.access.Owner == everybody {
		return []crossing{{situation: s}}
	}
	key := resource
	var last []crossing
	if o.access.Key != "" {
		key = fold(o.access.Key)
		for _, none := range []presence{absent, blank} {
			gone := s.clone()
			if !gone.add(fact{key: key, presence: none}) {
				continue
			}
			if _, ok := gone.languages(); ok && !o.access.Always {
				last = append(last, crossing{situation: gone, key: key})
			} else if ok {
				f.Rests = append(f.Rests, "every request for "+strings.Join(o.granted(langs[action]), ", ")+" has "+o.access.Key)
			}
		}
		s = s.clone()
		if !s.add(fact{key: key, presence: present}) {
			return last
		}
		if langs, ok = s.languages(); !ok {
			return last
		}
	}
	template := o.template(o.access, "")
	values := s.values(langs)
	constraints := s.words[key].constraints()
	word := reading{alphabet: o.alphabet, values: values}.meeting(langs[key], constraints)
	var all []crossing
	if inside := o.others(s, key, word.and(template), constraints, values, langs); inside != nil {
		all = append(all, crossing{situation: s, key: key, named: inside, owned: true})
	}
	if outside := word.and(template.without(owner).not(o.all)); !outside.isEmpty() {
		all = append(all, crossing{situation: s, key: key, named: outside})
	}
	return append(all, last...)
}

// others is what the word may be where its owner is another than the session's tenant; nil where that is impossible. It is enough that one
// constraint makes the two the same piece of one word.
func (o *obligation) others(s *situation, key string, inside *automaton, constraints []constraint, values, langs map[string]*automaton) *automaton {
	if inside.isEmpty() {
		return nil
	}
	best := inside
	if tag := s.words[o.tagKey]; tag == nil || tag.presence != present {
		return best
	}
	try := func(c *constraint, use int, each bool) (shut bool) {
		a := reading{alphabet: o.alphabet, values: values, key: o.tagKey, use: use, mark: tenant, each: each}.automaton(c)
		if a == nil {
			return false
		}
		differing := a.and(inside).differing()
		best = differing
		return differing.isEmpty()
	}
	for i := range constraints {
		uses := usesOf(&constraints[i], o.tagKey)
		if constraints[i].folding != exact {
			continue
		}
		for use := range uses {
			if try(&constraints[i], use, false) {
				return nil
			}
		}
		if uses > 1 && try(&constraints[i], 0, true) { // a list, each of whose texts has the tag
			return nil
		}
	}
	// What the tag itself must be, by a text with the key that names the owner as its variable.
	owned := withBase(values, key, inside)
	for _, c := range s.words[o.tagKey].constraints() {
		if c.folding != exact || usesOf(&c, key) != 1 {
			continue
		}
		a := reading{alphabet: o.alphabet, values: owned}.automaton(&c)
		if a != nil && a.and(langs[o.tagKey].all(tenant)).differing().isEmpty() {
			return nil
		}
	}
	return best
}

// granted are the actions of the access that a statement grants.
func (o *obligation) granted(actions *automaton) []string {
	return slices.DeleteFunc(slices.Clone(o.access.Actions), func(name string) bool {
		return o.names([]string{name}).and(actions).isEmpty()
	})
}

func usesOf(c *constraint, key string) int {
	n := 0
	for _, v := range c.variables() {
		if v.key == key {
			n++
		}
	}
	return n
}
