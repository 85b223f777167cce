package theorem

import (
	"cmp"
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

// small is how many states an automaton may have before states that are alike are looked for in it.
const small = 100

// maxRounds bounds how often reduced looks at each state.
const maxRounds = 40

// merged is edges with those made one that lead to one state with one mark.
func merged(edges []edge) []edge {
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.mark, b.mark)) })
	out := edges[:0]
	for _, e := range edges {
		if n := len(out); n > 0 && out[n-1].to == e.to && out[n-1].mark == e.mark {
			out[n-1].on = out[n-1].on.or(e.on)
			continue
		}
		out = append(out, e)
	}
	return out
}

// reduced is a with states made one from which the same marked words lead to an end in the same steps: intersections have many of them.
func (a *automaton) reduced() *automaton {
	class := make([]int, len(a.edges)) // of each state; that of state 0 is 0
	for i := range class {
		if a.accepts[i] != a.accepts[0] {
			class[i] = 1
		}
	}
	classes := 0
	for round := 0; ; round++ {
		if round == maxRounds {
			return a // a long text, in which no two states are alike
		}
		at := map[string]int{}
		next := make([]int, len(class))
		for i := range class {
			key := signature(class[i], a.edges[i], class)
			if _, known := at[key]; !known {
				at[key] = len(at)
			}
			next[i] = at[key]
		}
		if class = next; len(at) == classes {
			break
		}
		classes = len(at)
	}
	out := &automaton{edges: make([][]edge, classes), accepts: make([]bool, classes)}
	done := make([]bool, classes)
	for i, c := range class {
		if done[c] {
			continue
		}
		done[c], out.accepts[c] = true, a.accepts[i]
		edges := slices.Clone(a.edges[i])
		for j := range edges {
			edges[j].to = class[edges[j].to]
		}
		out.edges[c] = merged(edges)
	}
	return out
}

// signature is equal for states of one class whose edges are the same but for the classes that they lead to.
func signature(class int, edges []edge, classes []int) string {
	same := slices.Clone(edges)
	for i := range same {
		same[i].to = classes[same[i].to]
	}
	key := binary.LittleEndian.AppendUint32(nil, uint32(class))
	for _, e := range merged(same) {
		key = append(binary.LittleEndian.AppendUint32(key, uint32(e.to)), byte(e.mark))
		for _, word := range e.on {
			key = binary.LittleEndian.AppendUint64(key, word)
		}
	}
	return string(key)
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
const maxStates = 3000

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
	number := func(states []int) int {
		slices.Sort(states)
		states = slices.Compact(states)
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

// without is a with no marks but those of keep.
func (a *automaton) without(m mark) *automaton {
	out := &automaton{accepts: a.accepts, edges: make([][]edge, len(a.edges))}
	for i, edges := range a.edges {
		for _, e := range edges {
			e.mark &^= m
			out.edges[i] = append(out.edges[i], e)
		}
	}
	return out
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

// marking is a word with its marks.
type marking struct {
	word  []int
	marks []mark
}

// of is what m marks.
func (w marking) of(m mark) []int {
	var all []int
	for i, symbol := range w.word {
		if w.marks[i]&m != 0 {
			all = append(all, symbol)
		}
	}
	return all
}

// maxSteps bounds the search of words, for automata that have thousands.
const maxSteps = 20000

// words returns up to n of the shortest words of a, of different ways through it.
func (a *automaton) words(n int) []marking {
	if a.isEmpty() {
		return nil
	}
	type step struct {
		state, from int
		symbol      int
		mark        mark
	}
	steps := []step{{from: -1}}
	visits := map[int]int{}
	var found []marking
	for i := 0; i < len(steps) && i < maxSteps && len(found) < n; i++ {
		s := steps[i]
		if visits[s.state]++; visits[s.state] > n {
			continue
		}
		if a.accepts[s.state] {
			var w marking
			for j := i; steps[j].from >= 0; j = steps[j].from {
				w.word, w.marks = append(w.word, steps[j].symbol), append(w.marks, steps[j].mark)
			}
			slices.Reverse(w.word)
			slices.Reverse(w.marks)
			found = append(found, w)
		}
		for _, e := range a.edges[s.state] {
			steps = append(steps, step{e.to, i, e.on.first(), e.mark})
			if rest := e.on.minus(single(e.on.first())); n > 1 && !rest.isEmpty() {
				steps = append(steps, step{e.to, i, rest.first(), e.mark}) // another one, so that two words can differ
			}
		}
	}
	return found
}

func single(symbol int) (s set) {
	s.add(symbol)
	return s
}
