package answer

import (
	"bytes"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

// behind removes from in all keys up to and including the start key.
func (q page) behind(in store.Span) (store.Span, error) {
	if q.Start == nil {
		return in, nil
	}
	start, err := q.position()
	if err == nil {
		err = q.inside(in, start)
	}
	switch {
	case err != nil:
		return store.Span{}, err
	case !q.owns(start):
		return store.Span{}, exception.Validation("The provided Exclusive start key does not map to the provided Segment and TotalSegments values.")
	case q.Backward:
		return store.Span{From: in.From, To: start}, nil
	}
	return store.Span{From: after(start), To: in.To}, nil
}

const errOneRow = "The query can return at most one row and cannot be restarted"

// inside refuses a start key that no page of this Query can have ended with. The words are those that dynalite's tests have
// from AWS.
func (q page) inside(in store.Span, start []byte) error {
	sort := q.sortTerm()
	if sort == nil {
		switch {
		case !in.Contains(start):
			return exception.Validation("The provided starting key is outside query boundaries based on provided conditions")
		case q.oneRow():
			return exception.Validation(errOneRow)
		}
		return nil
	}
	prefix := q.Start[q.Keys.Partition.Name].AppendKey(nil)
	matching, err := sortSpan(q.Keys.Sort, prefix, sort)
	switch {
	case err != nil:
		return err
	case !matching.Contains(start):
		return exception.Validation("The provided starting key does not match the range key predicate")
	case !in.Contains(start) || q.oneRow():
		return exception.Validation(errOneRow)
	}
	return nil
}

// sortTerm is the condition on the sort key, nil: none.
func (q page) sortTerm() *expr.KeyTerm {
	for i := range q.Terms {
		if q.Keys.HasSort() && q.Terms[i].Attribute == q.Keys.Sort.Name {
			return &q.Terms[i]
		}
	}
	return nil
}

// oneRow reports whether a Query names the whole primary key of the table: it has no page but the first, and so no
// LastEvaluatedKey, whatever its Limit is.
func (q page) oneRow() bool {
	if q.Scan || q.From != nil {
		return false
	}
	sort := q.sortTerm()
	return !q.Keys.HasSort() || sort != nil && sort.Op == expr.Equal
}

// after is the smallest key that is greater than key.
func after(key []byte) []byte { return append(bytes.Clone(key), 0) }

// successor is the smallest key that is greater than all that begin with prefix, which holds at least a
// partition key. The end of its encoding is never all 0xff; if it were, the span would be empty, not open.
func successor(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			next := bytes.Clone(prefix[:i+1])
			next[i]++
			return next
		}
	}
	return prefix
}
