package theorem

import (
	"slices"
)

// marked is the language of what m marks in the words of a: of the characters between the first and the last one, where they stand together.
func (a *automaton) marked(m mark) *automaton {
	before, after := a.unmarked(m)
	var b builder
	start, end := b.state(), b.state()
	for range a.edges {
		b.state()
	}
	for i, edges := range a.edges {
		for _, e := range edges {
			if e.mark&m != 0 {
				b.on(i+2, e.to+2, e.on, e.mark)
			}
		}
		if before[i] {
			b.skip(start, i+2)
		}
		if after[i] {
			b.skip(i+2, end)
		}
	}
	return b.build(start, end)
}

// unmarked are the states that are reached from the beginning by characters without m, and those from which such lead to an end.
func (a *automaton) unmarked(m mark) (before, after []bool) {
	before, after = make([]bool, len(a.edges)), slices.Clone(a.accepts)
	if a.isEmpty() {
		return before, after
	}
	before[0] = true
	for changed := true; changed; {
		changed = false
		for i, edges := range a.edges {
			for _, e := range edges {
				if e.mark&m != 0 {
					continue
				}
				if before[i] && !before[e.to] {
					before[e.to], changed = true, true
				}
				if after[e.to] && !after[i] {
					after[i], changed = true, true
				}
			}
		}
	}
	return before, after
}

// mapped is a with each of its edges as f has it.
func (a *automaton) mapped(f func(edge) edge) *automaton {
	out := &automaton{accepts: a.accepts, edges: make([][]edge, len(a.edges))}
	for i, edges := range a.edges {
		for _, e := range edges {
			out.edges[i] = append(out.edges[i], f(e))
		}
	}
	return out
}

// without is a without the marks of m.
func (a *automaton) without(m mark) *automaton {
	return a.mapped(func(e edge) edge { return edge{e.to, e.on, e.mark &^ m} })
}

// all is a with m on every character.
func (a *automaton) all(m mark) *automaton {
	return a.mapped(func(e edge) edge { return edge{e.to, e.on, e.mark | m} })
}

// differing is the words of a in which some character is marked with one of tenant and owner alone.
func (a *automaton) differing() *automaton {
	n := len(a.edges)
	out := &automaton{edges: make([][]edge, 2*n), accepts: make([]bool, 2*n)}
	for i, edges := range a.edges {
		for _, e := range edges {
			second := edge{e.to + n, e.on, e.mark}
			if both := tenant | owner; e.mark&both == 0 || e.mark&both == both {
				out.edges[i] = append(out.edges[i], e)
			} else {
				out.edges[i] = append(out.edges[i], second)
			}
			out.edges[i+n] = append(out.edges[i+n], second)
		}
		out.accepts[i+n] = a.accepts[i]
	}
	return out.trimmed()
}
