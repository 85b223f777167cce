package dynamodb

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"

	"github.com/go-json-experiment/json/jsontext"
)

// placeholders are the members that every expression may refer to.
type placeholders struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]attr.Value
}

// parser is what the given expressions, nil where one is absent, are parsed with.
func (in *placeholders) parser(expressions ...*string) (*expr.Placeholders, error) {
	used := false
	for _, e := range expressions {
		used = used || e != nil
	}
	switch {
	case !used && in.ExpressionAttributeNames != nil:
		return nil, exception.Validation("ExpressionAttributeNames can only be specified when using expressions")
	case !used && in.ExpressionAttributeValues != nil:
		return nil, exception.Validation("ExpressionAttributeValues can only be specified when using expressions")
	}
	return expr.NewPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues)
}

// keyInput is what the operations on one item have in common.
type keyInput struct {
	placeholders
	TableName              string
	Key                    attr.Item
	ReturnConsumedCapacity string
}

type getInput struct {
	keyInput
	AttributesToGet      []string
	ProjectionExpression *string
	ConsistentRead       bool
}

// get is a reading of one item to be fetched.
type get struct {
	target     *target
	key        attr.Item
	projection *expr.Projection // nil: all of it
}

func readGetItem(r *reading) (answer, error) {
	var in getInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	g, err := r.get(&in)
	if err != nil {
		return nil, err
	}
	return r.store.getItem(g, &in), nil
}

// get reads one item's fetch, and adds its permission.
func (r *reading) get(in *getInput) (*get, error) {
	t, err := r.target("tableName", in.TableName)
	if err != nil {
		return nil, err
	}
	if in.Key == nil {
		return nil, exception.Missing("key")
	}
	capacity, err := returnCapacity(in.ReturnConsumedCapacity)
	if err != nil {
		return nil, err
	}
	p, err := in.parser(in.ProjectionExpression)
	if err != nil {
		return nil, err
	}
	projection, err := readProjection(p, in.ProjectionExpression, in.AttributesToGet)
	if err != nil {
		return nil, err
	}
	if err := p.Unused(); err != nil {
		return nil, err
	}
	a := access{returnCapacity: capacity, enclosing: r.enclosing, selects: selectOf(projection)}
	a.projected(projection)
	r.item("GetItem", t, in.Key, &a)
	return &get{target: t, key: in.Key, projection: projection}, nil
}

// item adds the permission for action on the item that key names.
func (r *reading) item(action string, t *target, key attr.Item, a *access) {
	keys, known := t.table.of("")
	a.key(keys, known, key)
	r.permit(action, t.arn, t.table, a.context())
}

func (a *access) projected(p *expr.Projection) {
	if p != nil {
		a.names(p.Attributes()...)
	}
}

func selectOf(p *expr.Projection) string {
	if p == nil {
		return selectAll
	}
	return selectSpecific
}

// conditionInput are the members of a conditional write, Expected and ConditionalOperator being those of
// the API before expressions.
type conditionInput struct {
	ConditionExpression                 *string
	Expected                            map[string]jsontext.Value
	ConditionalOperator                 string
	ReturnValuesOnConditionCheckFailure string
}

type writeInput struct {
	keyInput
	conditionInput
	Item                        attr.Item
	UpdateExpression            *string
	AttributeUpdates            map[string]jsontext.Value
	ReturnValues                string
	ReturnItemCollectionMetrics string
}

// change is a reading of one item to be written, or only checked.
type change struct {
	kind      string // the action: PutItem, UpdateItem, DeleteItem, ConditionCheckItem
	target    *target
	key       attr.Item // nil of a put: its key is in item
	item      attr.Item // of a put
	update    *expr.Update
	condition *expr.Condition
	// returnOld says that a failed condition answers the item that failed it.
	returnOld    bool
	returnValues string
	capacity     string
	legacy       error // why the store cannot do it, though it was read
}

func readPutItem(r *reading) (answer, error) {
	return r.write("PutItem", returnNone, returnAllOld)
}

func readUpdateItem(r *reading) (answer, error) {
	return r.write("UpdateItem", returnNone, returnAllOld, returnUpdatedOld, returnAllNew, returnUpdatedNew)
}

func readDeleteItem(r *reading) (answer, error) {
	return r.write("DeleteItem", returnNone, returnAllOld)
}

func (r *reading) write(action string, returnable ...string) (answer, error) {
	var in writeInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if err := oneOf("returnValues", in.ReturnValues, returnNone, returnAllOld, returnUpdatedOld, returnAllNew, returnUpdatedNew); err != nil {
		return nil, err
	}
	if oneOf("", in.ReturnValues, returnable...) != nil {
		return nil, exception.Validation("Return values set to invalid value")
	}
	c, err := r.change(action, &in)
	if err != nil {
		return nil, err
	}
	return r.store.writeItem(c), nil
}

// The values of ReturnValues.
const (
	returnNone       = "NONE"
	returnAllOld     = "ALL_OLD"
	returnUpdatedOld = "UPDATED_OLD"
	returnAllNew     = "ALL_NEW"
	returnUpdatedNew = "UPDATED_NEW"
)

// change reads one item's write, and adds its permission. Members that the action has not are ignored:
// the answer has them not either.
func (r *reading) change(action string, in *writeInput) (*change, error) {
	c := &change{kind: action, returnValues: in.ReturnValues, returnOld: in.ReturnValuesOnConditionCheckFailure == returnAllOld}
	a := &access{enclosing: r.enclosing}
	steps := []func(*writeInput, *access) error{
		func(in *writeInput, _ *access) (err error) {
			c.target, err = r.target("tableName", in.TableName)
			return err
		},
		c.readKey, c.readReturns, c.readExpressions,
	}
	for _, step := range steps {
		if err := step(in, a); err != nil {
			return nil, err
		}
	}
	key := c.key
	if action == "PutItem" {
		key = c.item
	}
	r.item(action, c.target, key, a)
	return c, nil
}

func (c *change) readKey(in *writeInput, _ *access) error {
	if c.kind == "PutItem" {
		c.item = in.Item
		if c.item == nil {
			return exception.Missing("item")
		}
		return nil
	}
	c.key = in.Key
	if c.key == nil {
		return exception.Missing("key")
	}
	return nil
}

func (c *change) readReturns(in *writeInput, a *access) (err error) {
	if err := oneOf("returnValuesOnConditionCheckFailure", in.ReturnValuesOnConditionCheckFailure, returnAllOld, returnNone); err != nil {
		return err
	}
	if err := oneOf("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", returnNone); err != nil {
		return err
	}
	if c.capacity, err = returnCapacity(in.ReturnConsumedCapacity); err != nil {
		return err
	}
	if c.returnValues == "" {
		c.returnValues = returnNone
	}
	a.returnCapacity, a.returnValues = c.capacity, c.returnValues
	if c.returnOld {
		a.unknownReturns = c.returnValues != returnNone && c.returnValues != returnAllOld
		a.returnValues = returnAllOld
	}
	return nil
}

func (c *change) readExpressions(in *writeInput, a *access) error {
	updates, conditions := in.UpdateExpression, in.ConditionExpression
	if c.kind != "UpdateItem" {
		updates = nil
	}
	if err := c.readLegacy(in, a); err != nil {
		return err
	}
	p, err := in.parser(updates, conditions)
	if err != nil {
		return err
	}
	if updates != nil {
		if c.update, err = expr.ParseUpdate(*updates, p); err != nil {
			return err
		}
		a.names(c.update.Attributes()...)
	}
	if conditions != nil {
		if c.condition, err = expr.ParseCondition(expr.ConditionExpression, *conditions, p); err != nil {
			return err
		}
		a.names(c.condition.Attributes()...)
	}
	return p.Unused()
}
