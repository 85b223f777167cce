package index

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/query"
)

// order is how the hits of one search are sorted.
type order struct {
	index *Index
	keys  []key
	after []value // of the last hit of the page before; nil: the first page
}

// value is what a document is sorted by: one of the three, or none where it has no text.
type value struct {
	text   string
	number int64
	score  float32
	none   bool
}

// key is one thing to sort by.
type key struct {
	query.SortKey
	property *mapping.Property // nil for the score
	field    *field
}

// byScore is the order where none is asked for.
var byScore = query.SortKey{Field: query.Score, Descending: true}

// order reads what to sort by. The score is the default.
func (s *search) order(r *query.Request) (*order, error) {
	o := &order{index: s.Index}
	if len(r.Sort) == 1 && r.Sort[0] == byScore {
		return o, nil
	}
	for _, k := range r.Sort {
		full := key{SortKey: k}
		if k.Field != query.Score {
			full.property, full.field = s.mapped(k.Field), s.field(k.Field)
			switch p := full.property; {
			case p == nil:
				return nil, fault.New("query_shard_exception", "No mapping found for [%s] in order to sort on", k.Field)
			case p.Type == mapping.Text:
				return nil, fault.Illegal("Text fields are not optimised for operations that require per-document field data like aggregations and sorting, so these operations are disabled by default. Please use a keyword field instead. Alternatively, set fielddata=true on [%s] in order to load field data by uninverting the inverted index. Note that this can use significant memory.", k.Field)
			}
		}
		o.keys = append(o.keys, full)
	}
	for i, given := range r.After {
		parsed, err := o.keys[i].parse(given)
		if err != nil {
			return nil, err
		}
		o.after = append(o.after, parsed)
	}
	return o, nil
}

func (k key) parse(v query.Value) (value, error) {
	wrong := fault.Illegal("Failed to parse search_after value for field [%s].", k.Field)
	switch {
	case k.property == nil:
		wrong.Reason = "Failed to parse search_after value for field [null]."
		score, err := strconv.ParseFloat(v.Text, 32)
		if err != nil {
			return value{}, wrong
		}
		return value{score: float32(score)}, nil
	case k.property.Type == mapping.Keyword:
		return value{text: v.Text, none: v.Null}, nil
	case k.property.Type == mapping.Date && !v.Null:
		first, _, err := k.property.Span(v.Text)
		return value{number: first}, err
	case v.Number:
		return value{number: whole(v.Text)}, nil
	}
	first, _, err := k.property.Span(v.Text)
	if err != nil {
		return value{}, wrong
	}
	return value{number: first}, nil
}

// whole reads a number as Java's longValue does, which many clients rely on: they have no integers of 64 bits.
func whole(text string) int64 {
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		return number
	}
	number, _ := strconv.ParseFloat(text, 64) // the JSON reader took it for a number
	switch {
	case number >= math.MaxInt64:
		return math.MaxInt64
	case number <= math.MinInt64:
		return math.MinInt64
	}
	return int64(number)
}

// value is what a document is sorted by: of several values the lowest, or the highest where the order is descending.
func (k key) value(m match) value {
	switch {
	case k.property == nil:
		return value{score: m.score}
	case k.property.Type == mapping.Keyword:
		values := of(k.field.strings, m.doc)
		if len(values) == 0 {
			return value{none: true}
		}
		return value{text: values[k.pick(len(values))]}
	}
	values := of(k.field.numbers, m.doc)
	switch {
	case len(values) > 0:
		return value{number: values[k.pick(len(values))]}
	case k.MissingFirst == k.Descending:
		return value{number: math.MaxInt64}
	default:
		return value{number: math.MinInt64}
	}
}

func (k key) pick(n int) int {
	if k.Descending {
		return n - 1
	}
	return 0
}

func (k key) compare(x, y value) int {
	if x.none || y.none { // a document without the field
		result := 0
		switch {
		case x.none && !y.none:
			result = 1
		case y.none && !x.none:
			result = -1
		}
		if k.MissingFirst {
			return -result
		}
		return result
	}
	result := cmp.Or(cmp.Compare(x.score, y.score), cmp.Compare(x.number, y.number), cmp.Compare(x.text, y.text))
	if k.Descending {
		return -result
	}
	return result
}

// answer is a value as it is answered.
func (k key) answer(v value) any {
	switch {
	case v.none:
		return nil
	case k.property == nil:
		return v.score
	case k.property.Type == mapping.Keyword:
		return v.text
	default:
		return v.number
	}
}

// compare orders two documents; those of equal rank stand in the order of their numbers.
func (o *order) compare(x, y match) int {
	if len(o.keys) == 0 {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.doc, y.doc))
	}
	for _, k := range o.keys {
		if c := k.compare(k.value(x), k.value(y)); c != 0 {
			return c
		}
	}
	return cmp.Compare(x.doc, y.doc)
}

// isAfter says whether a document comes after the last one of the page before. Equal ones do not.
func (o *order) isAfter(m match) bool {
	for i, k := range o.keys {
		if c := k.compare(k.value(m), o.after[i]); c != 0 {
			return c > 0
		}
	}
	return false
}

// best are the first documents of what was found, in order. It keeps no more than twice what is wanted, and nothing that is behind what
// is wanted already, so that few documents are sorted.
func (o *order) best(found []match, wanted int) []match {
	best := make([]match, 0, min(2*wanted, len(found)))
	var last *match // of those that are wanted, as far as is known
	for _, m := range found {
		if last != nil && o.compare(m, *last) > 0 || o.after != nil && !o.isAfter(m) {
			continue
		}
		if len(best) == 2*wanted {
			slices.SortFunc(best, o.compare)
			best, last = best[:wanted], &best[wanted-1]
		}
		best = append(best, m)
	}
	slices.SortFunc(best, o.compare)
	return best[:min(wanted, len(best))]
}

// ranked says whether the score is what is sorted by first.
func (o *order) ranked() bool { return len(o.keys) == 0 || o.keys[0].SortKey == byScore }

// scored says whether hits are told their scores.
func (o *order) scored() bool {
	return len(o.keys) == 0 || slices.ContainsFunc(o.keys, func(k key) bool { return k.property == nil })
}

func (o *order) hit(m match) Hit {
	h := Hit{ID: o.index.ids[m.doc]}
	if o.scored() {
		h.Score = &m.score
	}
	for _, k := range o.keys {
		h.Sort = append(h.Sort, k.answer(k.value(m)))
	}
	return h
}
