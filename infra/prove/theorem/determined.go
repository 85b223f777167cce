package theorem

import (
	"encoding/binary"
	"slices"
)

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
