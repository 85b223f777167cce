package answer

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// outcome is what a change does to the item that it found.
type outcome struct {
	store.Replacement
	failed bool         // the condition does not hold
	table  *table.Table // as it is when the change is decided
}

// errKeyChanged protects the store from an update that would move an item. Such an update is refused earlier.
var errKeyChanged = errors.New("dynamodb: an update changed the key of an item")

// prepare refuses what is wrong whatever the item is, and returns the store's key.
func prepare(c *request.Change) ([]byte, error) {
	if err := c.Target.Found(); err != nil {
		return nil, err
	}
	if c.Unsupported != nil {
		return nil, c.Unsupported
	}
	keys := c.Target.Table.Keys
	if err := scalars(c.Target.Table, c.Condition.Documents()); err != nil {
		return nil, err
	}
	if c.Kind == "PutItem" {
		key, err := keys.EncodeItem(c.Item)
		if err == nil && c.Item.Size() > attr.MaxItem {
			err = exception.Validation("Item size has exceeded the maximum allowed size")
		}
		return key, err
	}
	if c.Update != nil {
		for _, name := range c.Update.Targets() {
			if keys.Has(name) {
				return nil, exception.Validation("One or more parameter values were invalid: Cannot update attribute %s. "+
					"This attribute is part of the key", name)
			}
		}
		if err := scalars(c.Target.Table, c.Update.Documents()); err != nil {
			return nil, err
		}
	}
	return keys.EncodeKey(c.Key)
}

// decide says what the change does to the table, without doing it. Errors are refusals.
func decide(tx store.Tx, c *request.Change, t *table.Table, key []byte) (*outcome, error) {
	o := outcome{table: t}
	if err := putsIndexKeys(c, t); err != nil {
		return nil, err
	}
	items, _ := tx.Items(t)
	r, ok, err := items.Get(key)
	if err != nil {
		return nil, err
	}
	if ok {
		o.OldSize = r.Size
		if o.Old, err = r.Item(); err != nil {
			return nil, err
		}
	}
	if c.Condition != nil {
		if o.failed = !c.Condition.Eval(o.Old); o.failed {
			return &o, nil
		}
	}
	if o.New, err = itemAfter(c, o.Old); err != nil {
		return nil, err
	}
	if o.NewSize = o.New.Size(); o.NewSize > attr.MaxItem {
		return nil, expr.ErrTooLarge
	}
	if err := keepsKey(c, &o, key); err != nil {
		return nil, err
	}
	return &o, updatesIndexKeys(c, &o)
}

// itemAfter returns the item after the change, nil where there is none.
func itemAfter(c *request.Change, old attr.Item) (attr.Item, error) {
	switch c.Kind {
	case "PutItem":
		return c.Item, nil
	case "DeleteItem":
		return nil, nil
	case "ConditionCheckItem":
		return old, nil
	}
	switch {
	case old != nil:
	case c.Update != nil && c.Update.OnlyRemoves():
		// "Nothing happens; there is no attribute to delete" ("UpdateItem", API reference, AttributeUpdates). AWS does not look
		// at the paths either, as the tests of ScyllaDB's Alternator have it.
		return nil, nil
	default:
		old = c.Key
	}
	if c.Update == nil {
		return old, nil
	}
	return c.Update.Apply(old)
}

func keepsKey(c *request.Change, o *outcome, key []byte) error {
	if o.New == nil {
		return nil
	}
	after, err := c.Target.Table.Keys.EncodeItem(o.New)
	if err == nil && !bytes.Equal(after, key) {
		err = errKeyChanged
	}
	return err
}

// do writes an outcome, to the item and to the indexes that it is in, and returns what it costs.
func do(tx store.Tx, c *request.Change, key []byte, o *outcome) (capacity.Cost, error) {
	spent := capacity.Cost{Table: capacity.WriteUnits(max(o.OldSize, o.NewSize))}
	if c.Kind == "ConditionCheckItem" {
		return spent, nil
	}
	err := tx.Write(o.table, key, &o.Replacement, &spent)
	return spent, err
}

type writeOutput struct {
	Attributes       attr.Item          `json:",omitempty"`
	ConsumedCapacity *capacity.Consumed `json:",omitzero"`

	ItemCollectionMetrics *collectionMetrics `json:",omitzero"`
}

func write(s *store.Store, c *request.Change) (any, error) {
	key, err := prepare(c)
	if err != nil {
		return nil, err
	}
	var o *outcome
	var spent capacity.Cost
	var refused error
	err = s.Commit(func(tx store.Tx) (err error) {
		var t *table.Table
		if t, refused = tx.Live(c.Target.Table); refused != nil {
			return nil
		}
		if o, refused = decide(tx, c, t, key); refused != nil || o.failed {
			return nil
		}
		spent, err = do(tx, c, key, o)
		return err
	})
	if err := cmp.Or(err, refused); err != nil {
		return nil, err
	}
	if o.failed {
		return conditionFailed(c, o)
	}
	out := &writeOutput{Attributes: returned(c, o), ConsumedCapacity: spent.Report(c.Capacity, c.Target.Name)}
	if c.Collection {
		out.ItemCollectionMetrics, err = collectionOf(s, o.table, c.ItemKey())
	}
	return out, err
}

// returned is what ReturnValues asks for.
func returned(c *request.Change, o *outcome) attr.Item {
	switch c.ReturnValues {
	case request.ReturnAllOld:
		return o.Old
	case request.ReturnAllNew:
		return o.New
	}
	if c.Update == nil {
		return nil
	}
	switch c.ReturnValues {
	case request.ReturnUpdatedOld:
		return c.Update.Touched(o.Old)
	case request.ReturnUpdatedNew:
		return c.Update.Touched(o.New)
	}
	return nil
}

const conditionalMessage = "The conditional request failed"

// conditionFailed is the answer of a condition that does not hold, with the item where it is asked for.
func conditionFailed(c *request.Change, o *outcome) (any, error) {
	if !c.ReturnOld || o.Old == nil {
		return nil, exception.New("ConditionalCheckFailedException", conditionalMessage)
	}
	return failure(struct {
		Type    string    `json:"__type"`
		Message string    `json:"message"`
		Item    attr.Item `json:",omitempty"`
	}{exception.Namespace + "#ConditionalCheckFailedException", conditionalMessage, o.Old})
}

// failure is an error whose body has members of its own.
func failure(body any) (any, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &api.Response{Status: http.StatusBadRequest, Body: text}, nil
}
