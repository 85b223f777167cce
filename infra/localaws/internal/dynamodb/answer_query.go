package dynamodb

import (
	"bytes"
	"context"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
)

// span is a range of the store's keys: from is in it, to is not; a nil to has no end.
type span struct{ from, to []byte }

func (s *store) query(q *page) answer {
	return func(context.Context) (any, error) {
		if err := q.check(); err != nil {
			return nil, err
		}
		in, err := q.span()
		if err != nil {
			return nil, err
		}
		if err := q.filters(); err != nil {
			return nil, err
		}
		return s.read(q, in)
	}
}

func (s *store) scan(q *page) answer {
	return func(context.Context) (any, error) {
		if err := q.check(); err != nil {
			return nil, err
		}
		return s.read(q, span{})
	}
}

// check refuses what the store has not.
func (q *page) check() error {
	if err := q.target.found(); err != nil {
		return err
	}
	if q.index != "" {
		if err := q.checkIndex(); err != nil {
			return err
		}
	}
	if q.legacy != nil {
		return q.legacy
	}
	return q.target.table.scalars(q.filter.Documents(), q.projection.Documents())
}

// span is the part of the partition that the key condition describes.
func (q *page) span() (span, error) {
	keys := q.keys
	if !keys.hasSort() && len(q.terms) > 1 {
		return span{}, exception.Validation("Query key condition not supported")
	}
	var partition, sort *expr.KeyTerm
	for i := range q.terms {
		switch q.terms[i].Attribute {
		case keys.Partition.Name:
			partition = &q.terms[i]
		case keys.Sort.Name:
			sort = &q.terms[i]
		default:
			return span{}, exception.Validation("Query condition missed key schema element: %s", q.missed())
		}
	}
	switch {
	case partition == nil:
		return span{}, exception.Validation("Query condition missed key schema element: %s", keys.Partition.Name)
	case partition.Op != expr.Equal:
		return span{}, exception.Validation("Query key condition not supported")
	}
	prefix, err := keys.Partition.bound(nil, attr.PartitionKey, partition.Values[0])
	if err != nil {
		return span{}, err
	}
	if sort == nil {
		return span{prefix, successor(prefix)}, nil
	}
	return keys.Sort.span(prefix, sort)
}

// filters refuses a filter on the key, which the key condition is for, and on what the index has not.
func (q *page) filters() error {
	if q.filter == nil {
		return nil
	}
	for _, name := range q.filter.Attributes() {
		if q.keys.has(name) {
			return exception.Validation("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
	}
	if q.from == nil {
		return nil
	}
	if lacks := q.from.lacks(q.target.table, q.filter.Attributes()); lacks != nil {
		return exception.Validation("One or more parameter values were invalid: Secondary index %s does not project one or more filter attributes: %s",
			q.index, exception.List(lacks))
	}
	return nil
}

// missed is the key attribute that the terms lack.
func (q *page) missed() string {
	for _, name := range q.keys.attributes() {
		named := false
		for _, t := range q.terms {
			named = named || t.Attribute == name
		}
		if !named {
			return name
		}
	}
	return ""
}

// bound appends the encoding of a value that is compared with the key attribute.
func (k keyAttribute) bound(prefix []byte, role attr.KeyRole, v attr.Value) ([]byte, error) {
	if v.Kind() != k.kind() {
		return nil, exception.Validation("One or more parameter values were invalid: Condition parameter type does not match schema type")
	}
	if err := attr.CheckKey(role, k.Name, v); err != nil {
		return nil, err
	}
	return v.AppendKey(bytes.Clone(prefix)), nil
}

// span is the part of the partition prefix in which the sort key satisfies t. In an index the table's key
// follows the sort key.
func (k keyAttribute) span(prefix []byte, t *expr.KeyTerm) (span, error) {
	low, err := k.bound(prefix, attr.SortKey, t.Values[0])
	if err != nil {
		return span{}, err
	}
	switch t.Op {
	case expr.Equal:
		return span{low, successor(low)}, nil
	case expr.Less:
		return span{prefix, low}, nil
	case expr.LessOrEqual:
		return span{prefix, successor(low)}, nil
	case expr.Greater:
		return span{successor(low), successor(prefix)}, nil
	case expr.GreaterOrEqual:
		return span{low, successor(prefix)}, nil
	case expr.Between:
		high, err := k.bound(prefix, attr.SortKey, t.Values[1])
		return span{low, successor(high)}, err
	}
	if k.Type == "N" {
		return span{}, exception.Validation("One or more parameter values were invalid: " +
			"ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type")
	}
	begin := t.Values[0].AppendKeyPrefix(bytes.Clone(prefix))
	return span{begin, successor(begin)}, nil
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

func (in span) contains(key []byte) bool {
	return bytes.Compare(key, in.from) >= 0 && (in.to == nil || bytes.Compare(key, in.to) < 0)
}

// behind takes off in what lies before the start key, and the key itself.
func (q *page) behind(in span) (span, error) {
	if q.start == nil {
		return in, nil
	}
	start, err := q.position()
	if err != nil {
		return span{}, err
	}
	switch {
	case !in.contains(start):
		return span{}, exception.Validation("The provided starting key is outside query boundaries based on provided conditions")
	case !q.owns(start):
		return span{}, exception.Validation("The provided Exclusive start key does not map to the provided Segment and TotalSegments values.")
	case q.backward:
		return span{in.from, start}, nil
	}
	return span{after(start), in.to}, nil
}
