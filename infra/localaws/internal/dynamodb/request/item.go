package request

import (
	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"

	"github.com/go-json-experiment/json/jsontext"
)

// placeholders are the members that every expression may refer to.
type placeholders struct {
	ExpressionAttributeNames  awsjson.Dict[string, names]
	ExpressionAttributeValues awsjson.Dict[attr.Value, names]
}

// parser is what the given expressions are parsed with: all that the operation has, whether they are there or not. A
// projection cannot refer to values.
func (in *placeholders) parser(expressions ...parameter) (*expr.Placeholders, error) {
	var withValues []parameter
	for _, e := range expressions {
		if e.name != projectionExpression {
			withValues = append(withValues, e)
		}
	}
	switch {
	case present(expressions) == nil && in.ExpressionAttributeNames != nil:
		return nil, exception.Validation("ExpressionAttributeNames can only be specified when using expressions")
	case present(withValues) == nil && in.ExpressionAttributeValues != nil:
		return nil, exception.Validation("ExpressionAttributeValues can only be specified when using expressions: %s null", areWords(withValues))
	}
	return expr.NewPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues)
}

// keyInput is what the operations on one item have in common.
type keyInput struct {
	placeholders
	TableName              *string
	Key                    attr.Item
	ReturnConsumedCapacity string
}

type getInput struct {
	keyInput
	AttributesToGet      awsjson.List[string, names]
	ProjectionExpression *string
	ConsistentRead       bool
}

// Get is a reading of one item to be fetched.
type Get struct {
	Target     *Target
	Key        attr.Item
	Projection *expr.Projection // nil: all of it
	Consistent bool
	Capacity   string // the effective ReturnConsumedCapacity
}

func readGetItem(r *reading) (any, error) {
	var in getInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	g, err := r.get(&in)
	if err != nil {
		return nil, err
	}
	return g, nil
}

// get reads one item's fetch, and adds its permission.
func (r *reading) get(in *getInput) (*Get, error) {
	var f faults
	f.table(in.TableName)
	capacity := f.capacity(in.ReturnConsumedCapacity)
	if in.Key == nil {
		f.missing("key")
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	t, err := r.target("tableName", in.TableName, "GetItem", "")
	if err != nil {
		return nil, err
	}
	in.ExpressionAttributeValues = nil // no member of the operation: AWS ignores it
	p, err := in.parser(parameter{projectionExpression, in.ProjectionExpression != nil})
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
	return &Get{Target: t, Key: in.Key, Projection: projection, Consistent: in.ConsistentRead, Capacity: capacity}, nil
}

// item adds the permission for action on the item that key names.
func (r *reading) item(action string, t *Target, key attr.Item, a *access) {
	keys, known := t.Table.KeySchema("")
	a.key(keys, known, key)
	r.permit(action, t.ARN, t.Table, a.context())
}

func (a *access) projected(p *expr.Projection) {
	if p != nil {
		a.names(p.Attributes()...)
	}
}

func selectOf(p *expr.Projection) string {
	if p == nil {
		return SelectAll
	}
	return selectSpecific
}

// conditionInput are the members of a conditional write, Expected and ConditionalOperator being those of
// the API before expressions.
type conditionInput struct {
	ConditionExpression                 *string
	Expected                            awsjson.Dict[jsontext.Value, names]
	ConditionalOperator                 string
	ReturnValuesOnConditionCheckFailure string
}

type writeInput struct {
	keyInput
	conditionInput
	Item                        attr.Item
	UpdateExpression            *string
	AttributeUpdates            awsjson.Dict[jsontext.Value, names]
	ReturnValues                string
	ReturnItemCollectionMetrics string
}

// Change is a reading of one item to be written, or only checked.
type Change struct {
	Kind      string // the action: PutItem, UpdateItem, DeleteItem, ConditionCheckItem
	Target    *Target
	Key       attr.Item // nil of a put: its key is in Item
	Item      attr.Item // of a put
	Update    *expr.Update
	Condition *expr.Condition
	// ReturnOld says that a failed condition answers the item that failed it.
	ReturnOld    bool
	ReturnValues string // the effective one
	Capacity     string // the effective ReturnConsumedCapacity
	Payload      int    // bytes of item, key and values, as DynamoDB counts them
	Collection   bool   // ReturnItemCollectionMetrics asks for the size of the item's collection
	Unsupported  error  // why the store cannot do it, though it was read
}

func readPutItem(r *reading) (any, error) {
	return r.write("PutItem", ReturnNone, ReturnAllOld)
}

func readUpdateItem(r *reading) (any, error) {
	return r.write("UpdateItem", ReturnNone, ReturnAllOld, ReturnUpdatedOld, ReturnAllNew, ReturnUpdatedNew)
}

func readDeleteItem(r *reading) (any, error) {
	return r.write("DeleteItem", ReturnNone, ReturnAllOld)
}

func (r *reading) write(action string, returnable ...string) (any, error) {
	var in writeInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	c, err := r.change(action, &in)
	switch {
	case err != nil:
		return nil, prefixed(err)
	case oneOf("", in.ReturnValues, returnable...) != nil:
		return nil, exception.Validation("ReturnValues can only be ALL_OLD or NONE")
	}
	return c, nil
}

// The values of ReturnValues.
const (
	ReturnNone       = "NONE"
	ReturnAllOld     = "ALL_OLD"
	ReturnUpdatedOld = "UPDATED_OLD"
	ReturnAllNew     = "ALL_NEW"
	ReturnUpdatedNew = "UPDATED_NEW"
)

// change reads one item's write, and adds its permission. Members that the action does not have are ignored,
// as the answer ignores them.
func (r *reading) change(action string, in *writeInput) (*Change, error) {
	c := &Change{Kind: action, ReturnValues: in.ReturnValues, ReturnOld: in.ReturnValuesOnConditionCheckFailure == ReturnAllOld}
	a := &access{enclosing: r.enclosing}
	steps := []func(*writeInput, *access) error{
		c.readShape,
		func(in *writeInput, _ *access) (err error) {
			c.Target, err = r.target("tableName", in.TableName, action, "")
			return err
		},
		c.readExpressions,
	}
	for _, step := range steps {
		if err := step(in, a); err != nil {
			return nil, err
		}
	}
	r.item(action, c.Target, c.ItemKey(), a)
	c.Payload = c.ItemKey().Size()
	for _, v := range in.ExpressionAttributeValues {
		c.Payload += v.Size()
	}
	return c, nil
}

// ItemKey is what holds the key of the item: of a put, the item itself.
func (c *Change) ItemKey() attr.Item {
	if c.Kind == "PutItem" {
		return c.Item
	}
	return c.Key
}

// readShape reads the members beside the expressions, and refuses all at once what breaks a rule of the API's model.
func (c *Change) readShape(in *writeInput, a *access) error {
	var f faults
	f.table(in.TableName)
	c.Capacity = f.capacity(in.ReturnConsumedCapacity)
	if c.Kind == "PutItem" {
		c.Item = in.Item
	} else {
		c.Key = in.Key
	}
	switch {
	case c.ItemKey() != nil:
	case c.Kind == "PutItem":
		f.missing("item")
	default:
		f.missing("key")
	}
	f.oneOf("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", ReturnNone)
	f.oneOf("returnValues", in.ReturnValues, ReturnAllNew, ReturnUpdatedOld, ReturnAllOld, ReturnNone, ReturnUpdatedNew)
	f.oneOf("returnValuesOnConditionCheckFailure", in.ReturnValuesOnConditionCheckFailure, ReturnAllOld, ReturnNone)
	if err := f.err(); err != nil {
		return err
	}
	c.Collection = in.ReturnItemCollectionMetrics == "SIZE"
	if c.ReturnValues == "" {
		c.ReturnValues = ReturnNone
	}
	a.returnCapacity, a.returnValues = c.Capacity, c.ReturnValues
	if c.ReturnOld {
		a.unknownReturns = c.ReturnValues != ReturnNone && c.ReturnValues != ReturnAllOld
		a.returnValues = ReturnAllOld
	}
	return nil
}

func (c *Change) readExpressions(in *writeInput, a *access) error {
	updates, conditions := in.UpdateExpression, in.ConditionExpression
	if c.Kind != "UpdateItem" {
		updates = nil
	}
	if err := c.readLegacy(in, a); err != nil {
		return err
	}
	p, err := in.parser(c.expressions(in)...)
	if err != nil {
		return err
	}
	if updates != nil {
		if c.Update, err = expr.ParseUpdate(*updates, p); err != nil {
			return err
		}
		a.names(c.Update.Attributes()...)
	}
	if conditions != nil {
		if c.Condition, err = expr.ParseCondition(expr.ConditionExpression, *conditions, p); err != nil {
			return err
		}
		a.names(c.Condition.Attributes()...)
	}
	return p.Unused()
}
