package index

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/es/analysis"
	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/query"
)

// search is one search of an index.
type search struct {
	*Index
	mapped  func(name string) *mapping.Property // nil: there is no such field
	clauses int                                 // of the query, as far as it is evaluated
}

// What a query may ask for at most: maxClauses of what lists documents (indices.query.bool.max_clause_count), so that its lists fit
// into memory, and maxTerms values of a terms query (index.max_terms_count).
const (
	maxClauses = 1024
	maxTerms   = 65_536
)

// clause counts one more list of documents.
func (s *search) clause() error {
	if s.clauses++; s.clauses > maxClauses {
		return fault.New("query_shard_exception", "failed to create query: maxClauseCount is set to %d", maxClauses)
	}
	return nil
}

// evaluate returns the documents that match, by number. Its error is a *fault.Fault.
func (s *search) evaluate(q query.Query) ([]match, error) {
	switch q := q.(type) {
	case query.MatchAll:
		return constant(s.all(), 1), s.clause()
	case query.Term:
		return s.term(q.Field, q.Value, 1)
	case query.Terms:
		return s.terms(q)
	case query.Range:
		return s.ranged(q)
	case query.Match:
		return s.match(query.BoostedField{Name: q.Field, Boost: 1}, q.Text, q.All)
	case query.MultiMatch:
		return s.multiMatch(q)
	default:
		return s.boolean(q.(query.Bool))
	}
}

func (s *search) all() []uint32 {
	docs := make([]uint32, 0, s.Len())
	for doc, id := range s.ids {
		if id != "" {
			docs = append(docs, uint32(doc)) //nolint:gosec // it is a document's number
		}
	}
	return docs
}

// term matches the value as it is: it is not cut into words. Only words of texts are ranked.
func (s *search) term(name, value string, boost float32) ([]match, error) {
	if err := s.clause(); err != nil {
		return nil, err
	}
	switch p := s.mapped(name); {
	case p == nil:
		return nil, nil
	case p.Type == mapping.Long || p.Type == mapping.Date:
		lowest, highest, err := p.Span(value)
		return constant(s.between(name, lowest, highest), boost), err
	case p.Type == mapping.Keyword:
		return constant(s.having(name, value), boost), nil
	}
	f := s.field(name)
	return f.scored(value, len(f.terms[value]), boost), nil
}

// scored are the documents that have a term, ranked as if docFreq documents had it.
func (f *field) scored(term string, docFreq int, boost float32) []match {
	list := f.terms[term]
	if len(list) == 0 {
		return nil
	}
	scorer := f.newScorer(docFreq, boost)
	out := make([]match, len(list))
	for i, p := range list {
		out[i] = match{p.doc, scorer.score(p.count, f.lengths[p.doc])}
	}
	return out
}

func (s *search) terms(q query.Terms) ([]match, error) {
	if len(q.Values) > maxTerms {
		return nil, fault.New("query_shard_exception", "failed to create query: The number of terms [%d] used in the Terms Query request has exceeded the allowed maximum of [%d]. This maximum can be set by changing the [index.max_terms_count] index level setting.", len(q.Values), maxTerms)
	}
	p := s.mapped(q.Field)
	if p == nil {
		return nil, s.clause()
	}
	var docs []uint32
	for _, value := range slices.Compact(slices.Sorted(slices.Values(q.Values))) {
		if p.Type == mapping.Text || p.Type == mapping.Keyword {
			docs = append(docs, s.having(q.Field, value)...)
			continue
		}
		list, err := s.term(q.Field, value, 1)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			docs = append(docs, m.doc)
		}
	}
	slices.Sort(docs)
	return constant(slices.Compact(docs), 1), s.clause()
}

// having are the documents that have a term.
func (s *search) having(name, term string) []uint32 {
	var docs []uint32
	for _, p := range s.field(name).terms[term] {
		docs = append(docs, p.doc)
	}
	return docs
}

// words are the terms of a text in a field: its words in a text field, the text itself in every other.
func words(p *mapping.Property, text string) []string {
	if p.Type != mapping.Text {
		return []string{text}
	}
	var terms []string
	for token := range analysis.Tokens(text) {
		terms = append(terms, token.Term)
	}
	return terms
}

// combine joins what was found for each word.
func combine(lists [][]match, all bool) []match {
	if all {
		return conjunction(lists)
	}
	return disjunction(lists, sum)
}

func (s *search) match(f query.BoostedField, text string, all bool) ([]match, error) {
	p := s.mapped(f.Name)
	if p == nil {
		return nil, nil
	}
	var lists [][]match
	for _, word := range words(p, text) {
		list, err := s.term(f.Name, word, f.Boost)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return combine(lists, all), nil
}

func (s *search) each(clauses []query.Query) ([][]match, error) {
	lists := make([][]match, len(clauses))
	for i, clause := range clauses {
		list, err := s.evaluate(clause)
		if err != nil {
			return nil, err
		}
		lists[i] = list
	}
	return lists, nil
}

func (s *search) boolean(q query.Bool) ([]match, error) {
	if len(q.Must)+len(q.Filter)+len(q.Should) == 0 { // it lists all documents
		if err := s.clause(); err != nil {
			return nil, err
		}
	}
	var lists [4][][]match
	for i, clauses := range [][]query.Query{q.Must, q.Filter, q.Should, q.MustNot} {
		var err error
		if lists[i], err = s.each(clauses); err != nil {
			return nil, err
		}
	}
	must, filter, should, mustNot := lists[0], lists[1], lists[2], lists[3]
	var out []match
	switch {
	case len(must) > 0:
		out = added(restricted(conjunction(must), filter), should)
	case len(filter) > 0:
		out = added(restricted(unscored(filter[0]), filter[1:]), should)
	case len(should) > 0:
		out = disjunction(should, sum)
	case len(mustNot) > 0:
		out = constant(s.all(), 0)
	default:
		out = constant(s.all(), 1)
	}
	for _, list := range mustNot {
		out = filtered(out, list, false)
	}
	return out, nil
}
