package index

import (
	"math"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/query"
)

// ranged compares numbers as numbers, and everything else by its terms.
func (s *search) ranged(q query.Range) ([]match, error) {
	if err := s.clause(); err != nil {
		return nil, err
	}
	p := s.mapped(q.Field)
	switch {
	case p == nil:
		return nil, nil
	case p.Type == mapping.Text || p.Type == mapping.Keyword:
		return constant(s.termsBetween(q), 1), nil
	}
	lowest, highest := int64(math.MinInt64), int64(math.MaxInt64)
	if q.Lower != nil {
		first, last, err := p.Span(q.Lower.Value)
		if err != nil {
			return nil, err
		}
		if lowest = first; !q.Lower.Inclusive {
			if last == math.MaxInt64 {
				return nil, nil
			}
			lowest = last + 1
		}
	}
	if q.Upper != nil {
		first, last, err := p.Span(q.Upper.Value)
		if err != nil {
			return nil, err
		}
		if highest = last; !q.Upper.Inclusive {
			if first == math.MinInt64 {
				return nil, nil
			}
			highest = first - 1
		}
	}
	return constant(s.between(q.Field, lowest, highest), 1), nil
}

// between has the documents with a value from lowest to highest.
func (s *search) between(name string, lowest, highest int64) []uint32 {
	var docs []uint32
	for doc, values := range s.field(name).numbers {
		if slices.ContainsFunc(values, func(v int64) bool { return lowest <= v && v <= highest }) {
			docs = append(docs, uint32(doc)) //nolint:gosec // it is a document's number
		}
	}
	return docs
}

func (s *search) termsBetween(q query.Range) []uint32 {
	var docs []uint32
	for term, list := range s.field(q.Field).terms {
		if q.Lower != nil && (term < q.Lower.Value || term == q.Lower.Value && !q.Lower.Inclusive) ||
			q.Upper != nil && (term > q.Upper.Value || term == q.Upper.Value && !q.Upper.Inclusive) {
			continue
		}
		for _, p := range list {
			docs = append(docs, p.doc)
		}
	}
	slices.Sort(docs)
	return slices.Compact(docs)
}
