package theorem

import (
	"encoding/binary"
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

// builder makes an automaton with empty moves, which build removes.
type builder struct {
	edges [][]edge
	empty [][]int
}

func (b *builder) state() int {
	b.edges, b.empty = append(b.edges, nil), append(b.empty, nil)
	return len(b.edges) - 1
}

func (b *builder) on(from, to int, s set, m mark) {
	b.edges[from] = append(b.edges[from], edge{to, s, m})
}

func (b *builder) skip(from, to int) { b.empty[from] = append(b.empty[from], to) }

// embed puts a between two states; all its characters get m as well.
func (b *builder) embed(from, to int, a *automaton, m mark) {
	if len(a.edges) == 0 {
		return
	}
	first := len(b.edges)
	for range a.edges {
		b.state()
	}
	for i, edges := range a.edges {
		for _, e := range edges {
			b.on(first+i, first+e.to, e.on, e.mark|m)
		}
		if a.accepts[i] {
			b.skip(first+i, to)
		}
	}
	b.skip(from, first)
}

func (b *builder) build(start, end int) *automaton {
	closures := make([][]int, len(b.edges))
	for i := range closures {
		seen := map[int]bool{}
		var visit func(int)
		visit = func(state int) {
			if seen[state] {
				return
			}
			seen[state] = true
			closures[i] = append(closures[i], state)
			for _, next := range b.empty[state] {
				visit(next)
			}
		}
		visit(i)
	}
	a := &automaton{}
	at := map[int]int{}
	var order []int
	number := func(state int) int {
		if _, known := at[state]; !known {
			at[state] = len(order)
			order = append(order, state)
		}
		return at[state]
	}
	number(start)
	for i := 0; i < len(order); i++ { //nolint:intrange // order grows meanwhile
		var edges []edge
		for _, state := range closures[order[i]] {
			for _, e := range b.edges[state] {
				edges = append(edges, edge{number(e.to), e.on, e.mark})
			}
		}
		a.edges = append(a.edges, edges)
		a.accepts = append(a.accepts, slices.Contains(closures[order[i]], end))
	}
	return a.trimmed()
}

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

// not is the words over all that a does not have, without marks.
func (a *automaton) not(all set) *automaton {
	d := a.determined(all)
	for i := range d.accepts {
		d.accepts[i] = !d.accepts[i]
	}
	return d.trimmed()
}

// determined is the words of a, without marks, with exactly one way for every word over all.
func (a *automaton) determined(all set) *automaton {
	out := &automaton{}
	at := map[string]int{}
	var order [][]int
	whole := a.whole(all)
	number := func(states []int) int {
		slices.Sort(states)
		states = slices.Compact(states)
		if slices.ContainsFunc(states, func(s int) bool { return slices.Contains(whole, s) }) {
			states = whole[:1] // what else may be does not matter: *a* or *b* or *c* has few states
		}
		key := keyOf(states)
		if _, known := at[key]; !known {
			at[key] = len(order)
			order = append(order, states)
		}
		return at[key]
	}
	if a.isEmpty() {
		number(nil)
	} else {
		number([]int{0})
	}
	for i := 0; i < len(order); i++ { //nolint:intrange // order grows meanwhile
		bound(i)
		var edges []edge
		for _, part := range a.divide(order[i], all) {
			edges = append(edges, edge{to: number(part.to), on: part.on})
		}
		out.edges = append(out.edges, edges)
		out.accepts = append(out.accepts, slices.ContainsFunc(order[i], func(s int) bool { return a.accepts[s] }))
	}
	return out
}

// whole are states from which every word over all leads to an end, since they have it with themselves.
func (a *automaton) whole(all set) (states []int) {
	for i, edges := range a.edges {
		var on set
		for _, e := range edges {
			if e.to == i {
				on = on.or(e.on)
			}
		}
		if a.accepts[i] && all.minus(on).isEmpty() {
			states = append(states, i)
		}
	}
	return states
}

func keyOf(states []int) string {
	key := make([]byte, 0, 4*len(states))
	for _, s := range states {
		key = binary.LittleEndian.AppendUint32(key, uint32(s))
	}
	return string(key)
}

// part is a set of symbols on which some states lead to the same states.
type part struct {
	on set
	to []int
}

// divide splits all into the sets that the edges from states do not tell apart.
func (a *automaton) divide(states []int, all set) []part {
	parts := []part{{on: all}}
	for _, s := range states {
		for _, e := range a.edges[s] {
			for i := range parts {
				in, rest := parts[i].on.and(e.on), parts[i].on.minus(e.on)
				if in.isEmpty() {
					continue
				}
				if !rest.isEmpty() {
					parts = append(parts, part{rest, slices.Clone(parts[i].to)})
				}
				parts[i] = part{in, append(parts[i].to, e.to)}
			}
		}
	}
	return parts
}
