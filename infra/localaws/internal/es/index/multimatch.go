package index

import (
	"math"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/query"
)

// multiMatch searches the texts among the fields as one (MultiMatchQuery, cross_fields) or takes the best field (best_fields).
func (s *search) multiMatch(q query.MultiMatch) ([]match, error) {
	var texts []query.BoostedField
	var lists [][]match
	for _, f := range q.Fields {
		p := s.mapped(f.Name)
		if p != nil && p.Type == mapping.Text && q.Across {
			texts = append(texts, f)
			continue
		}
		list, err := s.match(f, q.Text, q.All)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	if len(texts) > 0 {
		list, err := s.across(texts, q.Text, q.All)
		if err != nil {
			return nil, err
		}
		lists = append(lists, list)
	}
	return best(lists), nil
}

// across wants each word, or any, in one of the fields.
func (s *search) across(texts []query.BoostedField, text string, all bool) ([]match, error) {
	var lists [][]match
	for _, word := range words(s.mapped(texts[0].Name), text) {
		frequencies := s.blend(texts, word)
		var byField [][]match
		for i, f := range texts {
			if err := s.clause(); err != nil {
				return nil, err
			}
			byField = append(byField, s.field(f.Name).scored(word, frequencies[i], f.Boost))
		}
		lists = append(lists, best(byField))
	}
	return combine(lists, all), nil
}

// blend returns for each field in how many documents the word counts as being. It is the highest number of all fields, so that a
// word is as common in one as in the other (BlendedTermQuery.blend in OpenSearch).
func (s *search) blend(texts []query.BoostedField, word string) []int {
	frequencies, order := make([]int, len(texts)), make([]int, len(texts))
	fewest := math.MaxInt // words in a field that has this one
	for i, f := range texts {
		field := s.field(f.Name)
		order[i], frequencies[i] = i, len(field.terms[word])
		if frequencies[i] > 0 {
			fewest = min(fewest, field.sumTotal)
		}
	}
	if len(texts) == 1 {
		return frequencies
	}
	slices.SortStableFunc(order, func(i, j int) int { return frequencies[j] - frequencies[i] })
	docs := min(s.Len(), fewest)
	previous := frequencies[order[0]]
	blended := min(docs, previous)
	for _, i := range order {
		current := frequencies[i]
		if current == 0 {
			break
		}
		if previous > current { // rarer fields count a little more
			blended++
		}
		frequencies[i] = min(docs, s.field(texts[i].Name).docCount, blended)
		previous = current
	}
	return frequencies
}
