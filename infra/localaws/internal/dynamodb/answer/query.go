package answer

import (
	"bytes"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// check refuses what the store does not support.
func (q page) check() error {
	if err := q.Target.Found(); err != nil {
		return err
	}
	if q.Index != "" {
		if err := q.checkIndex(); err != nil {
			return err
		}
	}
	if q.Unsupported != nil {
		return q.Unsupported
	}
	return scalars(q.Target.Table, q.Filter.Documents(), q.Projection.Documents())
}

// span is the part of the partition that the key condition describes.
func (q page) span() (store.Span, error) {
	keys := q.Keys
	if !keys.HasSort() && len(q.Terms) > 1 {
		return store.Span{}, exception.Validation("Query key condition not supported")
	}
	var partition, sort *expr.KeyTerm
	for i := range q.Terms {
		switch q.Terms[i].Attribute {
		case keys.Partition.Name:
			partition = &q.Terms[i]
		case keys.Sort.Name:
			sort = &q.Terms[i]
		default:
			return store.Span{}, exception.Validation("Query condition missed key schema element: %s", q.missed())
		}
	}
	switch {
	case partition == nil:
		return store.Span{}, exception.Validation("Query condition missed key schema element: %s", keys.Partition.Name)
	case partition.Op != expr.Equal:
		return store.Span{}, exception.Validation("Query key condition not supported")
	}
	prefix, err := bound(keys.Partition, nil, attr.PartitionKey, partition.Values[0])
	if err != nil {
		return store.Span{}, err
	}
	if sort == nil {
		return store.Span{From: prefix, To: successor(prefix)}, nil
	}
	return sortSpan(keys.Sort, prefix, sort)
}

// filters refuses a filter on the key, which belongs into the key condition, and on attributes that the index
// does not have.
func (q page) filters() error {
	if q.Filter == nil {
		return nil
	}
	for _, name := range q.Filter.Attributes() {
		if q.Keys.Has(name) {
			return exception.Validation("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
		}
	}
	if q.From == nil {
		return nil
	}
	if lacks := q.From.Lacks(q.Target.Table, q.Filter.Attributes()); lacks != nil {
		return exception.Validation("One or more parameter values were invalid: Secondary index %s does not project one or more filter attributes: %s",
			q.Index, exception.List(lacks))
	}
	return nil
}

// missed is the key attribute that the terms lack.
func (q page) missed() string {
	for _, name := range q.Keys.Names() {
		named := false
		for _, t := range q.Terms {
			named = named || t.Attribute == name
		}
		if !named {
			return name
		}
	}
	return ""
}

// bound appends the encoding of a value that is compared with the key attribute.
func bound(k table.KeyAttribute, prefix []byte, role attr.KeyRole, v attr.Value) ([]byte, error) {
	if v.Kind() != k.Kind() {
		return nil, exception.Validation("One or more parameter values were invalid: Condition parameter type does not match schema type")
	}
	if err := attr.CheckKey(role, k.Name, v); err != nil {
		return nil, err
	}
	return v.AppendKey(bytes.Clone(prefix)), nil
}

// sortSpan is the part of the partition prefix in which the sort key satisfies t. In an index the table's key
// follows the sort key.
func sortSpan(k table.KeyAttribute, prefix []byte, t *expr.KeyTerm) (store.Span, error) {
	low, err := bound(k, prefix, attr.SortKey, t.Values[0])
	if err != nil {
		return store.Span{}, err
	}
	switch t.Op {
	case expr.Equal:
		return store.Span{From: low, To: successor(low)}, nil
	case expr.Less:
		return store.Span{From: prefix, To: low}, nil
	case expr.LessOrEqual:
		return store.Span{From: prefix, To: successor(low)}, nil
	case expr.Greater:
		return store.Span{From: successor(low), To: successor(prefix)}, nil
	case expr.GreaterOrEqual:
		return store.Span{From: low, To: successor(prefix)}, nil
	case expr.Between:
		high, err := bound(k, prefix, attr.SortKey, t.Values[1])
		return store.Span{From: low, To: successor(high)}, err
	}
	if k.Type == "N" {
		return store.Span{}, exception.Validation("One or more parameter values were invalid: " +
			"ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type")
	}
	begin := t.Values[0].AppendKeyPrefix(bytes.Clone(prefix))
	return store.Span{From: begin, To: successor(begin)}, nil
}
