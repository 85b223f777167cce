package index

import "slices"

// match is a document that a query matches. The score has 32 bits, as Lucene's; sums are made in 64.
type match struct {
	doc   uint32
	score float32
}

// constant gives all documents of a list one score.
func constant(docs []uint32, score float32) []match {
	list := make([]match, len(docs))
	for i, doc := range docs {
		list[i] = match{doc, score}
	}
	return list
}

func sum(x, y float64) float64 { return x + y }

// partial is a match whose score is not yet complete.
type partial struct {
	doc   uint32
	score float64
}

func partials(list []match) []partial {
	out := make([]partial, len(list))
	for i, m := range list {
		out[i] = partial{m.doc, float64(m.score)}
	}
	return out
}

func complete(list []partial) []match {
	out := make([]match, len(list))
	for i, p := range list {
		out[i] = match{p.doc, float32(p.score)}
	}
	return out
}

// both has the documents that are in x and y, with the sum of their scores.
func both(x []partial, y []match) []partial {
	out := x[:0]
	for _, p := range x {
		for len(y) > 0 && y[0].doc < p.doc {
			y = y[1:]
		}
		if len(y) > 0 && y[0].doc == p.doc {
			out = append(out, partial{p.doc, p.score + float64(y[0].score)})
		}
	}
	return out
}

// either has the documents that are in x or y.
func either(x []partial, y []match, score func(x, y float64) float64) []partial {
	out := make([]partial, 0, len(x)+len(y))
	for len(x) > 0 && len(y) > 0 {
		switch p, m := x[0], y[0]; {
		case p.doc < m.doc:
			out, x = append(out, p), x[1:]
		case m.doc < p.doc:
			out, y = append(out, partial{m.doc, float64(m.score)}), y[1:]
		default:
			out, x, y = append(out, partial{p.doc, score(p.score, float64(m.score))}), x[1:], y[1:]
		}
	}
	return append(append(out, x...), partials(y)...)
}

// restricted has the documents of x that are in all lists.
func restricted(x []match, lists [][]match) []match {
	for _, list := range lists {
		x = filtered(x, list, true)
	}
	return x
}

// filtered has the documents of x that are in y, or those that are not. It overwrites x.
func filtered(x, y []match, in bool) []match {
	out := x[:0]
	for _, m := range x {
		for len(y) > 0 && y[0].doc < m.doc {
			y = y[1:]
		}
		if (len(y) > 0 && y[0].doc == m.doc) == in {
			out = append(out, m)
		}
	}
	return out
}

func unscored(list []match) []match {
	out := make([]match, len(list))
	for i, m := range list {
		out[i].doc = m.doc
	}
	return out
}

// added adds to the documents of x the scores that the lists give them. It overwrites x.
func added(x []match, lists [][]match) []match {
	if len(lists) == 0 {
		return x
	}
	more := disjunction(lists, sum)
	for i := range x {
		for len(more) > 0 && more[0].doc < x[i].doc {
			more = more[1:]
		}
		if len(more) > 0 && more[0].doc == x[i].doc {
			x[i].score += more[0].score
		}
	}
	return x
}

// best has the documents of all lists, each with its highest score, as DisjunctionMaxQuery without a tie breaker.
func best(lists [][]match) []match {
	return disjunction(lists, func(x, y float64) float64 { return max(x, y) })
}

func disjunction(lists [][]match, score func(x, y float64) float64) []match {
	lists = slices.DeleteFunc(lists, func(list []match) bool { return len(list) == 0 })
	switch len(lists) {
	case 0:
		return nil
	case 1:
		return lists[0]
	}
	out := partials(lists[0])
	for _, list := range lists[1:] {
		out = either(out, list, score)
	}
	return complete(out)
}

func conjunction(lists [][]match) []match {
	switch len(lists) {
	case 0:
		return nil
	case 1:
		return lists[0]
	}
	out := partials(lists[0])
	for _, list := range lists[1:] {
		out = both(out, list)
	}
	return complete(out)
}
