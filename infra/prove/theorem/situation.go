package theorem

import (
	"reflect"
	"slices"

	"example.com/shiptrack/infra/localaws/policy"
)

// The words of a request that are no condition keys: a key has a colon.
const (
	action   = "action"
	resource = "resource"
)

// presence says whether a request has a key.
type presence uint8

const (
	either presence = iota
	absent
	blank   // its one value is the empty string, which Null and the operators for sets hold to be none
	present // anything else
)

// word is what is known of the values of a condition key, or of the action or the resource.
type word struct {
	presence presence
	one      bool         // it has one value at most
	multi    bool         // an operator for sets looks at it
	all      []constraint // that each value meets
	some     []constraint // each of which a value meets
}

// situation is a conjunction of what must be true of a request.
type situation struct {
	*alphabet
	words map[string]*word
	// base is what the value of a key may be by the rules of its service.
	base map[string]*automaton
	// always are keys that each request has.
	always map[string]bool
	// langs is what languages returned, until something is added.
	langs map[string]*automaton
	known bool
}

func (s *situation) clone() *situation {
	c := &situation{alphabet: s.alphabet, base: s.base, always: s.always, words: make(map[string]*word, len(s.words))}
	for key, w := range s.words {
		copied := *w
		copied.all, copied.some = slices.Clip(w.all), slices.Clip(w.some)
		c.words[key] = &copied
	}
	return c
}

func (s *situation) word(key string) *word {
	w := s.words[key]
	if w == nil {
		w = &word{}
		s.words[key] = w
	}
	return w
}

// asks says that the request is for one of actions, on one of arns.
func (s *situation) asks(actions, arns *automaton) {
	s.base[action], s.base[resource] = actions, arns
	s.add(fact{key: action, presence: present, one: true})
	s.add(fact{key: resource, presence: present, one: true})
}

// fact is one thing that must be true of a word.
type fact struct {
	key      string
	presence presence
	one      bool
	multi    bool
	all      *constraint
	some     *constraint
}

// add reports whether f may be true beside what is known.
func (s *situation) add(f fact) bool {
	s.langs, s.known = nil, false
	if s.valued && f.presence == blank && isTagKey(f.key) {
		return false
	}
	if s.always[f.key] && (f.presence == absent || f.presence == blank) {
		return false
	}
	w := s.word(f.key)
	if f.presence != either {
		if w.presence != either && w.presence != f.presence {
			return false
		}
		w.presence = f.presence
	}
	w.one, w.multi = w.one || f.one, w.multi || f.multi
	for _, c := range []*constraint{f.all, f.some} {
		if c == nil || c.negated {
			continue
		}
		if !s.resolve(c) {
			return false
		}
	}
	if f.all != nil {
		w.all = append(w.all, s.pruned(f.key, *f.all))
	}
	if f.some != nil {
		w.some = append(w.some, *f.some)
	}
	return !w.contradicts()
}

// pruned is c without the texts that the rules of the key's service exclude, such as * in a tag.
func (s *situation) pruned(key string, c constraint) constraint {
	base := s.base[key]
	if base == nil || c.negated || len(c.texts) < 2 {
		return c
	}
	c.texts = slices.DeleteFunc(slices.Clone(c.texts), func(t policy.Text) bool {
		one := constraint{texts: []policy.Text{t}, folding: c.folding}
		return len(one.variables()) == 0 && s.automaton(&one).and(base).isEmpty()
	})
	return c
}

// contradicts reports whether a value would have to be one of some texts, and none of them. Automata tell it where the texts have no
// variables; this tells it where they are written alike.
func (w *word) contradicts() bool {
	for i := range w.all {
		is := &w.all[i]
		if is.negated || is.measure != nil {
			continue
		}
		isNone := func(not constraint) bool { return not.negated && not.measure == nil && not.includes(is) }
		if slices.ContainsFunc(w.all, isNone) || slices.ContainsFunc(w.some, isNone) {
			return true
		}
	}
	return false
}

// includes reports whether each text of o is one of c's, written alike.
func (c *constraint) includes(o *constraint) bool {
	if c.folding != o.folding {
		return false
	}
	for _, t := range o.texts {
		if !slices.ContainsFunc(c.texts, func(u policy.Text) bool { return slices.Equal(t.Parts, u.Parts) }) {
			return false
		}
	}
	for _, a := range o.arns {
		if !slices.ContainsFunc(c.arns, func(b policy.ARN) bool { return reflect.DeepEqual(a, b) }) {
			return false
		}
	}
	return true
}

// resolve says that the variables of c have values, where c matches only then.
func (s *situation) resolve(c *constraint) bool {
	if len(c.texts)+len(c.arns) != 1 {
		return true // another text may be the one that matches
	}
	for _, v := range c.variables() {
		if !v.fallback && !s.add(fact{key: v.key, presence: present, one: true}) {
			return false
		}
	}
	return true
}

// with returns the situations in which s and one of the alternatives are true. An alternative is a conjunction.
func with(situations []*situation, alternatives [][]fact) []*situation {
	var all []*situation
	for _, s := range situations {
		for _, facts := range alternatives {
			next := s.clone()
			if !slices.ContainsFunc(facts, func(f fact) bool { return !next.add(f) }) {
				all = append(all, next)
			}
		}
	}
	return all
}

// evading returns the situations in which c does not apply, which is so in each of ways. Where c is about other actions or resources, it
// does not apply anyway: there the situation is not divided.
func evading(situations []*situation, c *policy.Clause, ways [][]fact) []*situation {
	var all []*situation
	for _, s := range situations {
		if s.concerns(c) {
			all = append(all, with([]*situation{s}, ways)...)
		} else {
			all = append(all, s)
		}
	}
	return possible(all)
}

// concerns reports whether c may be about the action and the resource of s.
func (s *situation) concerns(c *policy.Clause) bool {
	next := s.clone()
	if !next.add(fact{key: action, presence: present, one: true, all: actionsOf(c)}) {
		return false
	}
	if c.Resources != nil && !next.add(fact{key: resource, presence: present, one: true, all: resourcesOf(c)}) {
		return false
	}
	_, ok := next.languages()
	return ok
}
