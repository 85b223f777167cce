package theorem

import (
	"slices"
)

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
