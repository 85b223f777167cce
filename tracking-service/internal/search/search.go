// Package search is the domain of searches over the tenant's own shipments: which words find a shipment, and which questions may
// be asked. It knows no transport and no index, and takes no tenant as a parameter. It refuses a question that is too long,
// or has a character in it that no shipment has.
package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Limits of one request.
const (
	MaxWords     = 256 // characters (Unicode code points) of Question.Words
	MaxPage      = 100 // hits in a page
	DefaultLimit = 20  // for callers that got no limit from their own caller
)

// Question says which shipments are wanted. The zero Question wants all.
type Question struct {
	Words  string          // each of them must stand somewhere in the shipment; empty: no word is asked for
	Status tracking.Status // empty: any
}

// ParseQuestion returns the question that has these words and this status, or a problem of kind Invalid that names the field q
// or status. The error does not repeat what was asked.
func ParseQuestion(words, status string) (Question, error) {
	switch {
	case !utf8.ValidString(words), utf8.RuneCountInString(words) > MaxWords, strings.ContainsFunc(words, unicode.IsControl), words != "" && strings.TrimSpace(words) == "":
		return Question{}, problem.InvalidField("q", fmt.Sprintf("must be 1 to %d characters, none of them a control character, and not blanks alone", MaxWords))
	}
	switch s := tracking.Status(status); s {
	case "", tracking.Planned, tracking.InTransit, tracking.AtPort, tracking.Delivered:
		return Question{Words: strings.TrimSpace(words), Status: s}, nil
	}
	return Question{}, problem.InvalidField("status", "is not the status of a shipment")
}

// IsRanked reports whether the answer is in the order of how well the words fit. Without words it is in that of the ETAs.
func (q Question) IsRanked() bool { return q.Words != "" }

// Position is the place of a hit in the order of an answer: by Key, and among equal ones by ID.
type Position struct {
	Key float64 // the rank, the best first; without words the ETA in milliseconds since 1970, the earliest first
	ID  tracking.ShipmentID
}

// IsValid reports whether p is the place of a hit.
func (p Position) IsValid() bool {
	return !p.ID.IsZero() && !math.IsNaN(p.Key) && !math.IsInf(p.Key, 0)
}

// Hit is a shipment that was found.
type Hit struct {
	Summary
	// Highlights are parts of the texts in which words of the question stand, as HTML: the text is escaped, and each such word
	// stands between <em> and </em>.
	Highlights map[Field][]string
}

// Page is a part of an answer.
type Page struct {
	Hits  []Hit
	Total int       // hits of the whole answer
	Next  *Position // that of the last hit, to go on after; nil where no more follow
}

// Index finds shipments. Each call reaches only those of the tenant in its context. Its errors are problems. It is safe for
// concurrent use.
type Index interface {
	// Search returns up to limit hits after a position; nil: from the first.
	Search(ctx context.Context, question Question, limit int, after *Position) (Page, error)
}

// Service answers the questions about the shipments of the tenant in the context. It is safe for concurrent use.
type Service struct{ index Index }

// New returns a Service over index.
func New(index Index) (*Service, error) {
	if index == nil {
		return nil, errors.New("search: New needs an Index")
	}
	return &Service{index: index}, nil
}

// Search returns up to limit hits of an answer, after a position that an earlier page of the same answer named; nil: from the
// first. Where shipments change between two pages, a hit may be missed or come twice. A limit outside 1 to MaxPage is Invalid.
// All other errors are those of the index: problems of kind Denied, Unavailable, Timeout, Internal.
func (s *Service) Search(ctx context.Context, question Question, limit int, after *Position) (Page, error) {
	if limit < 1 || limit > MaxPage {
		return Page{}, problem.InvalidField("limit", fmt.Sprintf("must be 1 to %d", MaxPage))
	}
	return s.index.Search(ctx, question, limit, after)
}
