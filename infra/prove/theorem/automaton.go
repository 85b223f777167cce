package theorem

import (
	"slices"
)

// automaton is a nondeterministic finite automaton without empty moves: a language, some of whose characters are marked. State 0 is
// where a word begins. One without states is the empty language.
type automaton struct {
	edges   [][]edge
	accepts []bool
}

type edge struct {
	to   int
	on   set
	mark mark
}

// mark says what a character belongs to.
type mark uint8

const (
	tenant mark = 1 << iota // the value of the session's tag
	owner                   // the name of the owner
)

// trimmed is a without the states that lead nowhere.
func (a *automaton) trimmed() *automaton {
	n := len(a.edges)
	back := make([][]int, n)
	for i, edges := range a.edges {
		for _, e := range edges {
			back[e.to] = append(back[e.to], i)
		}
	}
	alive := make([]bool, n)
	var queue []int
	for i := range n {
		if a.accepts[i] {
			alive[i] = true
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, from := range back[i] {
			if !alive[from] {
				alive[from] = true
				queue = append(queue, from)
			}
		}
	}
	out := &automaton{}
	if n == 0 || !alive[0] {
		return out
	}
	number := make([]int, n)
	count := 0
	for i := range n {
		if alive[i] {
			number[i] = count
			count++
		}
	}
	for i, edges := range a.edges {
		if !alive[i] {
			continue
		}
		var kept []edge
		for _, e := range edges {
			if alive[e.to] {
				kept = append(kept, edge{number[e.to], e.on, e.mark})
			}
		}
		out.edges, out.accepts = append(out.edges, merged(kept)), append(out.accepts, a.accepts[i])
	}
	return out
}

// nonempty is a without the empty word.
func (a *automaton) nonempty() *automaton {
	if a.isEmpty() || !a.accepts[0] {
		return a
	}
	var b builder
	start, end := b.state(), b.state()
	for range a.edges {
		b.state()
	}
	for i, edges := range a.edges {
		for _, e := range edges {
			b.on(i+2, e.to+2, e.on, e.mark)
			if i == 0 {
				b.on(start, e.to+2, e.on, e.mark)
			}
		}
		if a.accepts[i] {
			b.skip(i+2, end)
		}
	}
	return b.build(start, end)
}

func (a *automaton) isEmpty() bool { return len(a.edges) == 0 }

// maxStates bounds the automata: a text such as *a?????????????????????? has more of them than there is room for.
const maxStates = 12_000

// tooLarge is what bound panics with: the question is undecided (prover.within).
type tooLarge struct{}

func bound(states int) {
	if states > maxStates {
		panic(tooLarge{})
	}
}

// has reports whether text, as symbols, is a word of a.
func (a *automaton) has(text []int) bool {
	if a.isEmpty() {
		return false
	}
	at := []int{0}
	for _, symbol := range text {
		var next []int
		for _, state := range at {
			for _, e := range a.edges[state] {
				if e.on.has(symbol) && !slices.Contains(next, e.to) {
					next = append(next, e.to)
				}
			}
		}
		at = next
	}
	return slices.ContainsFunc(at, func(state int) bool { return a.accepts[state] })
}

// and is the words of both. A character keeps the marks of both.
func (a *automaton) and(o *automaton) *automaton {
	if a.isEmpty() || o.isEmpty() {
		return &automaton{}
	}
	type pair struct{ a, o int }
	at := map[pair]int{{}: 0}
	order := []pair{{}}
	out := &automaton{}
	for i := 0; i < len(order); i++ {
		bound(i)
		p := order[i]
		var edges []edge
		for _, e := range a.edges[p.a] {
			for _, f := range o.edges[p.o] {
				on := e.on.and(f.on)
				if on.isEmpty() {
					continue
				}
				next := pair{e.to, f.to}
				if _, known := at[next]; !known {
					at[next] = len(order)
					order = append(order, next)
				}
				edges = append(edges, edge{at[next], on, e.mark | f.mark})
			}
		}
		out.edges = append(out.edges, edges)
		out.accepts = append(out.accepts, a.accepts[p.a] && o.accepts[p.o])
	}
	if out = out.trimmed(); len(out.edges) > small {
		return out.reduced()
	}
	return out
}

// or is the words of any.
func or(all ...*automaton) *automaton {
	var b builder
	start, end := b.state(), b.state()
	for _, a := range all {
		b.embed(start, end, a, 0)
	}
	return b.build(start, end)
}
