package theorem

import (
	"cmp"
	"encoding/binary"
	"slices"
)

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
