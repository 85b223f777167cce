package theorem

import (
	"maps"
	"slices"
)

// languages returns what each word may be, and whether the situation is possible as far as they tell.
func (s *situation) languages() (langs map[string]*automaton, ok bool) {
	if !s.known {
		s.langs, s.known = s.solve(), true
	}
	return s.langs, s.langs != nil
}

// solve is languages; nil where the situation is impossible.
func (s *situation) solve() map[string]*automaton {
	if s.effort++; s.effort > maxEffort {
		panic(tooLarge{})
	}
	langs := map[string]*automaton{}
	for key, w := range s.words {
		if w.presence == absent || w.presence == blank {
			continue
		}
		lang := s.base[key]
		if lang == nil {
			lang = s.anything()
		}
		for i := range w.all {
			if len(w.all[i].variables()) > 0 {
				continue
			}
			if a := (reading{alphabet: s.alphabet}).automaton(&w.all[i]); a != nil {
				lang = lang.and(a)
			}
		}
		if w.presence == present && w.one {
			lang = lang.nonempty()
		}
		if langs[key] = lang; w.presence == present && (lang.isEmpty() || !s.someOf(w, lang)) {
			return nil
		}
	}
	for range 2 {
		if !s.propagate(langs) {
			return nil
		}
	}
	return langs
}

// someOf reports whether words of lang can be what some values of w must be.
func (s *situation) someOf(w *word, lang *automaton) bool {
	for i := range w.some {
		if len(w.some[i].variables()) > 0 {
			continue
		}
		if a := (reading{alphabet: s.alphabet}).automaton(&w.some[i]); a != nil && a.and(lang).isEmpty() {
			return false
		}
	}
	return true
}

// propagate narrows what variables may be by the texts that they stand in.
func (s *situation) propagate(langs map[string]*automaton) bool {
	values := s.values(langs)
	for _, key := range slices.Sorted(maps.Keys(s.words)) {
		w := s.words[key]
		if w.presence != present {
			continue
		}
		for _, c := range w.constraints() {
			uses := map[string]int{}
			for _, v := range c.variables() {
				a := reading{alphabet: s.alphabet, values: values, key: v.key, use: uses[v.key], mark: tenant}.automaton(&c)
				uses[v.key]++
				if a == nil {
					break
				}
				if a = a.and(langs[key].without(tenant | owner)); a.isEmpty() {
					return false
				}
				if narrower := a.narrowing(tenant); narrower != nil && langs[v.key] != nil {
					if narrower = narrower.without(tenant); c.folding != exact {
						narrower = s.caseless(narrower)
					}
					langs[v.key] = langs[v.key].and(narrower)
					if values = s.values(langs); langs[v.key].isEmpty() && s.word(v.key).presence == present {
						return false
					}
				}
			}
		}
	}
	return true
}

// constraints are those that one value of the word meets together.
func (w *word) constraints() []constraint {
	if w.one {
		return slices.Concat(w.all, w.some)
	}
	return w.all
}

// narrowing is what m marks in the words of a; nil where a word has no such mark.
func (a *automaton) narrowing(m mark) *automaton {
	before, _ := a.unmarked(m)
	for i := range before {
		if before[i] && a.accepts[i] {
			return nil
		}
	}
	return a.marked(m)
}

// values is what variables may be: a variable has a value only where it is not empty.
func (s *situation) values(langs map[string]*automaton) map[string]*automaton {
	values := map[string]*automaton{}
	for key, lang := range langs {
		values[key] = lang.nonempty()
	}
	for key, w := range s.words {
		if w.presence == absent || w.presence == blank {
			values[key] = &automaton{}
		}
	}
	return values
}
