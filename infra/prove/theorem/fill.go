package theorem

import (
	"maps"
	"slices"
	"strings"
)

// fill gives each word of s a value. The session's tenant is not victim.
func (o *obligation) fill(s *situation, fixed map[string]string, victim string) (map[string][]string, string) {
	langs, ok := s.languages()
	if !ok {
		return nil, "the statement's conditions contradict each other"
	}
	known := maps.Clone(fixed)
	values := map[string][]string{}
	for key, value := range known {
		values[key] = []string{value}
	}
	keys := slices.SortedFunc(maps.Keys(s.words), func(a, b string) int { return strings.Compare(o.rank(a), o.rank(b)) })
	for _, key := range keys {
		w := s.words[key]
		if w.presence == blank {
			values[key] = []string{""}
		}
		if w.presence != present {
			continue
		}
		narrowed := o.narrowed(s, key, langs, known)
		if key == o.tagKey && victim != "" {
			narrowed = narrowed.and(o.exactly(victim).not(o.all))
		}
		if _, done := known[key]; !done && (len(w.some) == 0 || w.one) {
			value, ok := o.pick(narrowed, w, key)
			if !ok {
				return nil, "no value of " + key + " was found that shows it"
			}
			known[key], values[key] = value, []string{value}
		}
		if w.one {
			continue
		}
		for i := range w.some {
			a := o.literal(known, langs, s).automaton(&w.some[i])
			if a == nil {
				a = o.anything()
			}
			value, ok := o.pick(narrowed.and(a.without(tenant|owner)), &word{all: []constraint{w.some[i]}}, key)
			if !ok {
				return nil, "no value of " + key + " was found that shows it"
			}
			values[key] = append(values[key], value)
		}
	}
	return values, ""
}

// rank orders the words: the tenant first, then what policies speak of, then the conditions.
func (o *obligation) rank(key string) string {
	switch key {
	case o.tagKey, o.requestTag():
		return "0"
	case resource:
		return "1"
	case action:
		return "2"
	}
	return "3" + key
}

// literal reads constraints with the values that are known.
func (o *obligation) literal(known map[string]string, langs map[string]*automaton, s *situation) reading {
	values := s.values(langs)
	for key, value := range known {
		values[key] = o.exactly(value)
	}
	return reading{alphabet: o.alphabet, values: values}
}

// narrowed is what the word may be beside the values that are known.
func (o *obligation) narrowed(s *situation, key string, langs map[string]*automaton, known map[string]string) *automaton {
	r := o.literal(known, langs, s)
	lang := langs[key]
	for _, c := range s.words[key].constraints() {
		if len(c.variables()) == 0 {
			continue
		}
		if a := r.automaton(&c); a != nil {
			lang = lang.and(a.without(tenant | owner))
		}
	}
	for other, value := range known {
		w := s.words[other]
		if w == nil || other == key {
			continue
		}
		for _, c := range w.constraints() {
			if usesOf(&c, key) == 0 {
				continue
			}
			marked := r
			marked.key, marked.mark = key, tenant
			marked.values = maps.Clone(r.values)
			marked.values[key] = lang
			if a := marked.automaton(&c); a != nil {
				if n := a.and(o.exactly(value)).narrowing(tenant); n != nil {
					lang = lang.and(n.without(tenant))
				}
			}
		}
	}
	return lang
}

// pick is a word of lang, one that people can read where there is one.
func (o *obligation) pick(lang *automaton, w *word, key string) (string, bool) {
	lang = lang.nonempty() // an empty value may count as none
	candidates := o.readable(key)
	for i := range w.all {
		candidates = append(candidates, w.all[i].samples()...)
	}
	for _, found := range lang.words(maxTries) {
		candidates = append(candidates, o.spell(found.word))
	}
	for _, text := range candidates {
		if lang.has(o.symbols(text)) && !slices.ContainsFunc(w.all, func(c constraint) bool { return c.excludes(text) }) {
			return text, true
		}
	}
	return "", false
}

// readable are values to prefer.
func (o *obligation) readable(key string) []string {
	switch key {
	case o.tagKey, o.requestTag():
		return []string{"yellow", "blue"}
	case sessionName:
		return []string{"session"}
	case userID:
		return []string{"AROAEXAMPLE:session"}
	case tagKeys, transitive:
		return []string{o.owned.Tag}
	case action:
		var all []string
		if o.access != nil {
			all = append(all, o.access.Actions...)
		}
		for _, c := range o.allows {
			for _, t := range c.Actions {
				all = append(all, t.Source)
			}
		}
		return slices.DeleteFunc(all, func(s string) bool { return strings.ContainsAny(s, "*?") })
	}
	return nil
}

// samples are values at which a number, a date or an address decides.
func (c *constraint) samples() []string {
	if c.measure == nil {
		return nil
	}
	all := []string{"0", "1000000000", "-1000000000", "2026-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "192.0.2.1"}
	for _, value := range c.measure.Values {
		address, _, _ := strings.Cut(value, "/")
		all = append(all, value, address, value+"1", "-"+value)
	}
	return all
}

// excludes reports whether c, about numbers, dates or addresses, is not true of text.
func (c *constraint) excludes(text string) bool {
	if c.measure == nil {
		return false
	}
	matched, ok := c.measure.Matches(text)
	return !ok || matched == c.negated
}
