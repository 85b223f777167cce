package theorem

import (
	"example.com/shiptrack/infra/localaws/policy"
)

// reading is how an automaton is made of a constraint: what each variable may be, and which use of which variable is marked.
type reading struct {
	*alphabet
	values map[string]*automaton // of variables; others may be any text that is not empty
	key    string                // of the variable that is marked
	use    int                   // which of its uses, from 0
	mark   mark
	uses   int
	each   bool // uses are counted within each text, not over all of them
	// ends are the characters of which a wildcard takes none: those before the resource part of an ARN.
	ends string
}

// automaton is the language of c; nil where nothing can be said, since the texts that c excludes depend on a variable.
func (r reading) automaton(c *constraint) *automaton {
	literal := len(c.variables()) == 0
	if c.measure != nil || c.negated && !literal {
		return nil
	}
	if !literal {
		return r.read(c)
	}
	key := c.key()
	if known := r.literals[key]; known != nil {
		return known
	}
	a := r.read(c)
	r.literals[key] = a
	return a
}

// meeting is the words of a that all constraints are true of, as far as automata tell.
func (r reading) meeting(a *automaton, constraints []constraint) *automaton {
	for i := range constraints {
		if narrower := r.automaton(&constraints[i]); narrower != nil {
			a = a.and(narrower.without(tenant | owner))
		}
	}
	return a
}

// read makes the automaton.
func (r reading) read(c *constraint) *automaton {
	var all []*automaton
	for _, t := range c.texts {
		r.nextText()
		all = append(all, r.text(t.Parts, c.folding))
	}
	for _, a := range c.arns {
		r.nextText()
		all = append(all, r.arn(a))
	}
	a := &automaton{}
	if len(all) == 1 {
		a = all[0]
	} else if len(all) > 1 {
		a = or(all...)
	}
	if c.negated {
		return a.not(r.all)
	}
	return a
}

func (r *reading) nextText() {
	if r.each {
		r.uses = 0
	}
}

func (r *reading) text(parts []policy.Part, folding folding) *automaton {
	var b builder
	start := b.state()
	return b.build(start, r.parts(&b, start, parts, folding))
}

// parts adds parts behind a state, and returns the state behind them.
func (r *reading) parts(b *builder, at int, parts []policy.Part, folding folding) int {
	for _, p := range parts {
		switch p.Kind {
		case policy.Literal:
			at = r.literal(b, at, p.Text, folding)
		case policy.One:
			next := b.state()
			b.on(at, next, r.wild(), 0)
			at = next
		case policy.Many:
			next := b.state()
			b.skip(at, next)
			b.on(next, next, r.wild(), 0)
			at = next
		case policy.Variable:
			next := b.state()
			b.embed(at, next, r.value(fold(p.Key), folding), r.marking(fold(p.Key)))
			if p.Fallback {
				b.skip(r.literal(b, at, p.Text, folding), next)
			}
			at = next
		}
	}
	return at
}

func (r *reading) wild() set {
	s := r.all
	for _, end := range r.ends {
		s = s.minus(r.only(end))
	}
	return s
}

// value is what the variable may be in the text: in any case of letters where the text is folded.
func (r *reading) value(key string, folding folding) *automaton {
	a, known := r.values[key]
	if !known {
		return r.something()
	}
	if folding == exact {
		return a
	}
	return r.caseless(a)
}

// caseless is the words of a in any case of letters.
func (l *alphabet) caseless(a *automaton) *automaton {
	return a.mapped(func(e edge) edge {
		wide := e.on
		for symbol, char := range l.runes {
			if e.on.has(symbol) {
				wide = wide.or(l.folded(char))
			}
		}
		// A mark, such as U+0345, is the same as a letter: so may be some of those without a symbol of their own.
		if wide.has(l.letter) || wide.has(l.other) {
			wide.add(l.letter)
			wide.add(l.other)
		}
		return edge{e.to, wide, e.mark}
	})
}

func (r *reading) marking(key string) mark {
	if key != r.key {
		return 0
	}
	r.uses++
	if r.uses-1 != r.use {
		return 0
	}
	return r.mark
}

func (r *reading) literal(b *builder, at int, text string, folding folding) int {
	for _, char := range text {
		next := b.state()
		s := r.only(char)
		switch folding {
		case foldASCII:
			s = r.foldedASCII(char)
		case foldUnicode:
			s = r.folded(char)
		}
		b.on(at, next, s, 0)
		at = next
	}
	return at
}

func (r *reading) arn(a policy.ARN) *automaton {
	switch {
	case a.Never:
		return &automaton{}
	case a.Any:
		return r.anything()
	case a.Whole != nil:
		return r.text(a.Whole.Parts, exact)
	}
	var b builder
	start := b.state()
	at := start
	for i, segment := range a.Segments {
		if i > 0 {
			at = r.literal(&b, at, ":", exact)
		}
		if r.ends = ":"; i == len(a.Segments)-1 {
			r.ends = ""
		}
		at = r.parts(&b, at, segment.Parts, exact)
	}
	return b.build(start, at)
}

// anything is every word, something every word but the empty one.
func (a *alphabet) anything() *automaton { return a.some(a.all, true) }

func (a *alphabet) something() *automaton { return a.some(a.all, false) }

// some is the words of the symbols in s.
func (a *alphabet) some(s set, empty bool) *automaton {
	var b builder
	first, last := b.state(), b.state()
	if b.on(first, last, s, 0); empty {
		b.skip(first, last)
	}
	b.on(last, last, s, 0)
	return b.build(first, last)
}

// exactly is one word.
func (a *alphabet) exactly(text string) *automaton {
	r := reading{alphabet: a}
	return r.text([]policy.Part{{Text: text}}, exact)
}
