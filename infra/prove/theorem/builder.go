package theorem

import (
	"slices"
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
