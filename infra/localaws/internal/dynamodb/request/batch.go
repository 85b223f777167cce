package request

import (
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
)

type batchGetInput struct {
	RequestItems           awsjson.Dict[tableGetsInput, batchGets]
	ReturnConsumedCapacity string
}

type tableGetsInput struct {
	ExpressionAttributeNames awsjson.Dict[string, names]
	Keys                     awsjson.List[attr.Item, batchGetKeys]
	AttributesToGet          awsjson.List[string, names]
	ProjectionExpression     *string
	ConsistentRead           bool
}

// BatchGet is a reading of a BatchGetItem.
type BatchGet struct {
	Tables   []*TableGets // in the order of their names, as given
	Capacity string       // the effective ReturnConsumedCapacity
}

// TableGets are the keys of one table in a BatchGetItem.
type TableGets struct {
	Given      string // the table as the request names it, by which it is answered
	Target     *Target
	Keys       []attr.Item
	Projection *expr.Projection // nil: all of each item
	Consistent bool
	Echo       KeysAndAttributes // everything but the keys, for UnprocessedKeys
}

// KeysAndAttributes is one table's part of a BatchGetItem, as the API has it.
type KeysAndAttributes struct {
	Keys                     []attr.Item
	AttributesToGet          []string          `json:",omitempty"`
	ConsistentRead           bool              `json:",omitzero"`
	ExpressionAttributeNames map[string]string `json:",omitempty"`
	ProjectionExpression     *string           `json:",omitzero"`
}

func readBatchGet(r *reading) (any, error) {
	var in batchGetInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	var f faults
	capacity := f.capacity(in.ReturnConsumedCapacity)
	if err := f.requestItems(in.RequestItems == nil, len(in.RequestItems), "BatchGetItem"); err != nil {
		return nil, err
	}
	total := 0
	for _, entry := range in.RequestItems {
		total += len(entry.Keys)
	}
	if total > maxBatchGet {
		return nil, batchGets{}.TooMany()
	}
	r.several = len(in.RequestItems) > 1
	var tables []*TableGets
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		entry := in.RequestItems[name]
		g := &TableGets{Given: name, Keys: entry.Keys, Consistent: entry.ConsistentRead, Echo: KeysAndAttributes{
			AttributesToGet: entry.AttributesToGet, ConsistentRead: entry.ConsistentRead,
			ExpressionAttributeNames: entry.ExpressionAttributeNames, ProjectionExpression: entry.ProjectionExpression,
		}}
		if err := r.tableGets(g, capacity); err != nil {
			return nil, err
		}
		tables = append(tables, g)
	}
	if err := distinct(tables, func(g *TableGets) *Target { return g.Target }); err != nil {
		return nil, err
	}
	return &BatchGet{Tables: tables, Capacity: capacity}, nil
}

// tableGets reads one table's part of a BatchGetItem, and adds the permission for all of its keys.
func (r *reading) tableGets(g *TableGets, capacity string) (err error) {
	if g.Target, err = r.target("requestItems.member", &g.Given, "BatchGetItem", ""); err != nil {
		return err
	}
	if g.Keys == nil {
		return exception.Missing("requestItems." + g.Given + ".member.keys")
	}
	if err := size("requestItems."+g.Given+".member.keys", len(g.Keys)); err != nil {
		return err
	}
	in := placeholders{ExpressionAttributeNames: g.Echo.ExpressionAttributeNames}
	p, err := in.parser(parameter{projectionExpression, g.Echo.ProjectionExpression != nil})
	if err != nil {
		return err
	}
	if g.Projection, err = readProjection(p, g.Echo.ProjectionExpression, g.Echo.AttributesToGet); err != nil {
		return err
	}
	if err := p.Unused(); err != nil {
		return err
	}
	a := access{returnCapacity: capacity, selects: selectOf(g.Projection)}
	a.projected(g.Projection)
	keys, known := g.Target.Table.KeySchema("")
	for _, key := range g.Keys {
		a.key(keys, known, key)
	}
	r.permit("BatchGetItem", g.Target.ARN, g.Target.Table, a.context())
	return nil
}

type batchWriteInput struct {
	RequestItems                awsjson.Dict[awsjson.List[writeRequest, batchTableWrites], batchWrites]
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type writeRequest struct {
	PutRequest    *struct{ Item attr.Item }
	DeleteRequest *struct{ Key attr.Item }
}

// BatchWrite is a reading of a BatchWriteItem.
type BatchWrite struct {
	Tables     []*TableWrites
	Capacity   string // the effective ReturnConsumedCapacity
	Collection bool   // ReturnItemCollectionMetrics asks for the sizes of the collections
}

// TableWrites are the writes to one table in a BatchWriteItem.
type TableWrites struct {
	Target  *Target
	Changes []*Change
}

func readBatchWrite(r *reading) (any, error) {
	var in batchWriteInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	var f faults
	capacity := f.capacity(in.ReturnConsumedCapacity)
	f.oneOf("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", ReturnNone)
	if err := f.requestItems(in.RequestItems == nil, len(in.RequestItems), "BatchWriteItem"); err != nil {
		return nil, err
	}
	total := 0
	for _, writes := range in.RequestItems {
		total += len(writes)
	}
	if total > maxBatchWrite {
		return nil, batchWrites{}.TooMany()
	}
	r.several = len(in.RequestItems) > 1
	var tables []*TableWrites
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		t, err := r.tableWrites(name, in.RequestItems[name], capacity)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	if err := distinct(tables, func(t *TableWrites) *Target { return t.Target }); err != nil {
		return nil, err
	}
	return &BatchWrite{Tables: tables, Capacity: capacity, Collection: in.ReturnItemCollectionMetrics == "SIZE"}, nil
}

func (r *reading) tableWrites(name string, writes []writeRequest, capacity string) (*TableWrites, error) {
	t, err := r.target("requestItems.member", &name, "BatchWriteItem", "")
	if err != nil {
		return nil, err
	}
	if len(writes) == 0 {
		return nil, tableWritesLength(name, "[]")
	}
	a, out := access{returnCapacity: capacity}, &TableWrites{Target: t}
	keys, known := t.Table.KeySchema("")
	for _, w := range writes {
		c := &Change{Target: t}
		switch {
		case (w.PutRequest == nil) == (w.DeleteRequest == nil):
			return nil, exception.Validation("Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest")
		case w.PutRequest != nil && w.PutRequest.Item == nil:
			return nil, exception.Missing("requestItems." + name + ".member.putRequest.item")
		case w.DeleteRequest != nil && w.DeleteRequest.Key == nil:
			return nil, exception.Missing("requestItems." + name + ".member.deleteRequest.key")
		case w.PutRequest != nil:
			c.Kind, c.Item = "PutItem", w.PutRequest.Item
			a.key(keys, known, c.Item)
		default:
			c.Kind, c.Key = "DeleteItem", w.DeleteRequest.Key
			a.key(keys, known, c.Key)
		}
		out.Changes = append(out.Changes, c)
	}
	r.permit("BatchWriteItem", t.ARN, t.Table, a.context())
	return out, nil
}

// distinct refuses a table that is named twice, by its name and by its ARN.
func distinct[T any](tables []T, of func(T) *Target) error {
	seen := make(map[string]bool, len(tables))
	for _, t := range tables {
		name := of(t).Name
		if seen[name] {
			return exception.Validation("Table %s is named more than once in the request", name)
		}
		seen[name] = true
	}
	return nil
}

// requestItems refuses a batch of nothing, and the faults found before.
func (f *faults) requestItems(absent bool, n int, operation string) error {
	if absent {
		f.missing("requestItems")
	}
	if err := f.err(); err != nil || n > 0 {
		return err
	}
	return exception.Validation("The requestItems parameter is required for %s", api.Own(operation))
}

// size refuses an empty collection.
func size(member string, n int) error {
	if n == 0 {
		return exception.Constraint("'[]'", member, "Member must have length greater than or equal to 1")
	}
	return nil
}
