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
	after []any // of the last hit of the page before; nil: the first page
}

// key is one thing to sort by. Its values are string, int64, float32 (scores), or nil where a document has no string.
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
	for i, value := range r.After {
		parsed, err := o.keys[i].parse(value)
		if err != nil {
			return nil, err
		}
		o.after = append(o.after, parsed)
	}
	return o, nil
}

func (k key) parse(v query.Value) (any, error) {
	wrong := fault.Illegal("Failed to parse search_after value for field [%s].", k.Field)
	switch {
	case k.property == nil:
		wrong.Reason = "Failed to parse search_after value for field [null]."
		score, err := strconv.ParseFloat(v.Text, 32)
		if err != nil {
			return nil, wrong
		}
		return float32(score), nil
	case k.property.Type == mapping.Keyword:
		if v.Null {
			return nil, nil
		}
		return v.Text, nil
	case k.property.Type == mapping.Date && !v.Null:
		first, _, err := k.property.Span(v.Text)
		return first, err
	case v.Number:
		return whole(v.Text), nil
	}
	first, _, err := k.property.Span(v.Text)
	if err != nil {
		return nil, wrong
	}
	return first, nil
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
func (k key) value(m match) any {
	switch {
	case k.property == nil:
		return m.score
	case k.property.Type == mapping.Keyword:
		values := k.field.strings[m.doc]
		if len(values) == 0 {
			return nil
		}
		return values[k.pick(len(values))]
	}
	values := k.field.numbers[m.doc]
	switch {
	case len(values) > 0:
		return values[k.pick(len(values))]
	case k.MissingFirst == k.Descending:
		return int64(math.MaxInt64)
	default:
		return int64(math.MinInt64)
	}
}

func (k key) pick(n int) int {
	if k.Descending {
		return n - 1
	}
	return 0
}

func (k key) compare(x, y any) int {
	result := 0
	switch {
	case x == nil || y == nil: // a document without the field
		if result = cmp.Compare(b2i(x == nil), b2i(y == nil)); k.MissingFirst {
			return -result
		}
		return result
	case k.property == nil:
		result = compareScores(x.(float32), y.(float32))
	case k.property.Type == mapping.Keyword:
		result = cmp.Compare(x.(string), y.(string))
	default:
		result = cmp.Compare(x.(int64), y.(int64))
	}
	if k.Descending {
		return -result
	}
	return result
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareScores(x, y float32) int { return cmp.Compare(x, y) }

// compare orders two documents; those of equal rank stand in the order of their numbers.
func (o *order) compare(x, y match) int {
	if len(o.keys) == 0 {
		return cmp.Or(compareScores(y.score, x.score), cmp.Compare(x.doc, y.doc))
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

// best are the first documents of what was found, in order. It keeps no more than twice what is wanted, so that few documents are
// sorted.
func (o *order) best(found []match, wanted int) []match {
	best := make([]match, 0, min(2*wanted, len(found)))
	for _, m := range found {
		if o.after != nil && !o.isAfter(m) {
			continue
		}
		if len(best) == 2*wanted {
			slices.SortFunc(best, o.compare)
			best = best[:wanted]
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
		h.Sort = append(h.Sort, k.value(m))
	}
	return h
}
