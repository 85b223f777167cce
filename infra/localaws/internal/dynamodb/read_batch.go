package dynamodb

import (
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
)

// The most that one request may hold (API reference of each operation). It is checked before the keys are
// read, whose reading costs the square of their number.
const (
	maxBatchGet   = 100
	maxBatchWrite = 25
)

type batchGetInput struct {
	RequestItems map[string]struct {
		ExpressionAttributeNames map[string]string
		Keys                     []attr.Item
		AttributesToGet          []string
		ProjectionExpression     *string
		ConsistentRead           bool
	}
	ReturnConsumedCapacity string
}

// tableGets are the keys of one table in a BatchGetItem.
type tableGets struct {
	given      string // the table as the request names it, by which it is answered
	target     *target
	keys       []attr.Item
	projection *expr.Projection
	consistent bool
	echo       unprocessedKeys // everything but the keys, for UnprocessedKeys
}

func readBatchGet(r *reading) (answer, error) {
	var in batchGetInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	capacity, err := returnCapacity(in.ReturnConsumedCapacity)
	if err != nil {
		return nil, err
	}
	if err := size("requestItems", len(in.RequestItems)); err != nil {
		return nil, err
	}
	total := 0
	for _, entry := range in.RequestItems {
		total += len(entry.Keys)
	}
	if total > maxBatchGet {
		return nil, exception.Validation("Too many items requested for the BatchGetItem call")
	}
	var tables []*tableGets
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		entry := in.RequestItems[name]
		g := &tableGets{given: name, keys: entry.Keys, consistent: entry.ConsistentRead, echo: unprocessedKeys{
			AttributesToGet: entry.AttributesToGet, ConsistentRead: entry.ConsistentRead,
			ExpressionAttributeNames: entry.ExpressionAttributeNames, ProjectionExpression: entry.ProjectionExpression,
		}}
		if err := r.tableGets(g, capacity); err != nil {
			return nil, err
		}
		tables = append(tables, g)
	}
	if err := distinct(tables, func(g *tableGets) *target { return g.target }); err != nil {
		return nil, err
	}
	return r.store.batchGet(tables, capacity), nil
}

// tableGets reads one table's part of a BatchGetItem, and adds the permission for all of its keys.
func (r *reading) tableGets(g *tableGets, capacity string) (err error) {
	if g.target, err = r.target("requestItems.member", g.given); err != nil {
		return err
	}
	if err := size("requestItems."+g.given+".member.keys", len(g.keys)); err != nil {
		return err
	}
	in := placeholders{ExpressionAttributeNames: g.echo.ExpressionAttributeNames}
	p, err := in.parser(g.echo.ProjectionExpression)
	if err != nil {
		return err
	}
	if g.projection, err = readProjection(p, g.echo.ProjectionExpression, g.echo.AttributesToGet); err != nil {
		return err
	}
	if err := p.Unused(); err != nil {
		return err
	}
	a := access{returnCapacity: capacity, selects: selectOf(g.projection)}
	a.projected(g.projection)
	keys, known := g.target.table.of("")
	for _, key := range g.keys {
		a.key(keys, known, key)
	}
	r.permit("BatchGetItem", g.target.arn, g.target.table, a.context())
	return nil
}

type batchWriteInput struct {
	RequestItems                map[string][]batchWrite
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type batchWrite struct {
	PutRequest    *struct{ Item attr.Item }
	DeleteRequest *struct{ Key attr.Item }
}

// tableWrites are the writes to one table in a BatchWriteItem.
type tableWrites struct {
	target  *target
	changes []*change
}

func readBatchWrite(r *reading) (answer, error) {
	var in batchWriteInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	capacity, err := returnCapacity(in.ReturnConsumedCapacity)
	if err != nil {
		return nil, err
	}
	if err := oneOf("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", returnNone); err != nil {
		return nil, err
	}
	if err := size("requestItems", len(in.RequestItems)); err != nil {
		return nil, err
	}
	total := 0
	for _, writes := range in.RequestItems {
		total += len(writes)
	}
	if total > maxBatchWrite {
		return nil, exception.Validation("Too many items requested for the BatchWriteItem call")
	}
	var tables []*tableWrites
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		t, err := r.tableWrites(name, in.RequestItems[name], capacity)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	if err := distinct(tables, func(t *tableWrites) *target { return t.target }); err != nil {
		return nil, err
	}
	return r.store.batchWrite(tables, capacity), nil
}

func (r *reading) tableWrites(name string, writes []batchWrite, capacity string) (*tableWrites, error) {
	t, err := r.target("requestItems.member", name)
	if err != nil {
		return nil, err
	}
	if err := size("requestItems."+name+".member", len(writes)); err != nil {
		return nil, err
	}
	a, out := access{returnCapacity: capacity}, &tableWrites{target: t}
	keys, known := t.table.of("")
	for _, w := range writes {
		c := &change{target: t}
		switch {
		case (w.PutRequest == nil) == (w.DeleteRequest == nil):
			return nil, exception.Validation("Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest")
		case w.PutRequest != nil && w.PutRequest.Item == nil:
			return nil, exception.Missing("requestItems." + name + ".member.putRequest.item")
		case w.DeleteRequest != nil && w.DeleteRequest.Key == nil:
			return nil, exception.Missing("requestItems." + name + ".member.deleteRequest.key")
		case w.PutRequest != nil:
			c.kind, c.item = "PutItem", w.PutRequest.Item
			a.key(keys, known, c.item)
		default:
			c.kind, c.key = "DeleteItem", w.DeleteRequest.Key
			a.key(keys, known, c.key)
		}
		out.changes = append(out.changes, c)
	}
	r.permit("BatchWriteItem", t.arn, t.table, a.context())
	return out, nil
}

// distinct refuses a table that is named twice, by its name and by its ARN.
func distinct[T any](tables []T, of func(T) *target) error {
	seen := make(map[string]bool, len(tables))
	for _, t := range tables {
		name := of(t).name
		if seen[name] {
			return exception.Validation("Table %s is named more than once in the request", name)
		}
		seen[name] = true
	}
	return nil
}

// size refuses an empty collection.
func size(member string, n int) error {
	if n == 0 {
		return exception.Constraint("'[]'", member, "Member must have length greater than or equal to 1")
	}
	return nil
}
