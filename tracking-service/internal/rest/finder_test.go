package rest_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/search"
)

// finder is a search.Index over the shipments of a memory: it finds those that have each word in a text, in the order of their
// ids.
type finder struct {
	shipments *memory
	mu        sync.Mutex
	err       error // answered instead, where set
	asked     []search.Question
}

func (f *finder) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *finder) questions() []search.Question {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

func (f *finder) Search(ctx context.Context, question search.Question, limit int, after *search.Position) (search.Page, error) {
	id, err := tenant.FromContext(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, question)
	if err = cmp.Or(err, f.err); err != nil {
		return search.Page{}, err
	}
	page := search.Page{}
	for _, s := range f.shipments.shipments[id.String()] {
		entry, err := search.NewEntry(s)
		if err != nil {
			return search.Page{}, err
		}
		hit := search.Hit{Summary: entry.Summary, Highlights: map[search.Field][]string{}}
		if question.Status != "" && question.Status != entry.Status || !matches(entry, question.Words, hit.Highlights) {
			continue
		}
		page.Total++
		if after != nil && entry.ID.String() <= after.ID.String() {
			continue
		}
		if len(page.Hits) == limit {
			page.Next = &search.Position{Key: 0.5, ID: page.Hits[limit-1].ID}
			continue
		}
		page.Hits = append(page.Hits, hit)
	}
	return page, nil
}

func matches(entry search.Entry, words string, highlights map[search.Field][]string) bool {
	for word := range strings.FieldsSeq(words) {
		found := false
		for _, field := range search.Fields() {
			for _, text := range entry.Texts[field] {
				if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
					found = true
					highlights[field] = append(highlights[field], "<em>"+text+"</em>")
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}
