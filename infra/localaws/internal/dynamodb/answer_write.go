package dynamodb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// maxItem is the largest item, names and values: "Constraints", DynamoDB Developer Guide.
const maxItem = 400 << 10

// outcome is what a change does to the item that it found.
type outcome struct {
	old, new         attr.Item // nil: no item
	oldSize, newSize int
	failed           bool   // the condition does not hold
	table            *table // as it is when the change is decided
}

// errKeyChanged guards the store against an update that would move an item: none may get this far.
var errKeyChanged = errors.New("dynamodb: an update changed the key of an item")

// prepare refuses what is wrong whatever the item is, and returns the store's key.
func (c *change) prepare() ([]byte, error) {
	if err := c.target.found(); err != nil {
		return nil, err
	}
	if c.legacy != nil {
		return nil, c.legacy
	}
	keys := c.target.table.Keys
	if err := c.target.table.scalars(c.condition.Documents()); err != nil {
		return nil, err
	}
	if c.kind == "PutItem" {
		key, err := keys.encodeItem(c.item)
		if err == nil && c.item.Size() > maxItem {
			err = exception.Validation("Item size has exceeded the maximum allowed size")
		}
		return key, err
	}
	if c.update != nil {
		for _, name := range c.update.Targets() {
			if keys.has(name) {
				return nil, exception.Validation("One or more parameter values were invalid: Cannot update attribute %s. "+
					"This attribute is part of the key", name)
			}
		}
		if err := c.target.table.scalars(c.update.Documents()); err != nil {
			return nil, err
		}
	}
	return keys.encodeKey(c.key)
}

// decide says what the change does to the table, without doing it. Errors are refusals.
func (c *change) decide(tx *bbolt.Tx, t *table, key []byte) (*outcome, error) {
	o := outcome{table: t}
	if err := c.putsIndexKeys(t); err != nil {
		return nil, err
	}
	r, ok, err := load(tx.Bucket(t.bucket()), key)
	if err != nil {
		return nil, err
	}
	if ok {
		o.oldSize = r.size
		if o.old, err = r.item(); err != nil {
			return nil, err
		}
	}
	if c.condition != nil {
		if o.failed = !c.condition.Eval(o.old); o.failed {
			return &o, nil
		}
	}
	if o.new, err = c.after(o.old); err != nil {
		return nil, err
	}
	if o.newSize = o.new.Size(); o.newSize > maxItem {
		return nil, exception.Validation("Item size to update has exceeded the maximum allowed size")
	}
	if err := c.keepsKey(&o, key); err != nil {
		return nil, err
	}
	return &o, c.updatesIndexKeys(&o)
}

// after returns the item after the change, nil where there is none.
func (c *change) after(old attr.Item) (attr.Item, error) {
	switch c.kind {
	case "PutItem":
		return c.item, nil
	case "DeleteItem":
		return nil, nil
	case "ConditionCheckItem":
		return old, nil
	}
	if old == nil {
		old = c.key
	}
	if c.update == nil {
		return old, nil
	}
	return c.update.Apply(old)
}

func (c *change) keepsKey(o *outcome, key []byte) error {
	if o.new == nil {
		return nil
	}
	after, err := c.target.table.Keys.encodeItem(o.new)
	if err == nil && !bytes.Equal(after, key) {
		err = errKeyChanged
	}
	return err
}

// do writes an outcome, to the item and to the indexes that it is in, and returns what it costs.
func (c *change) do(tx *bbolt.Tx, key []byte, o *outcome) (cost, error) {
	spent := cost{table: writeUnits(max(o.oldSize, o.newSize))}
	if c.kind == "ConditionCheckItem" {
		return spent, nil
	}
	items, more := tx.Bucket(o.table.bucket()), totals{bytes: int64(o.newSize - o.oldSize)}
	if o.old != nil {
		more.items--
	}
	if o.new == nil {
		if err := items.Delete(key); err != nil {
			return spent, err
		}
	} else {
		more.items++
		value, err := encodeRecord(o.new, o.newSize)
		if err != nil {
			return spent, err
		}
		if err := items.Put(key, value); err != nil {
			return spent, err
		}
	}
	if err := addTotals(tx, o.table.bucket(), more); err != nil {
		return spent, err
	}
	return spent, o.table.reindex(tx, key, o, &spent)
}

type writeOutput struct {
	Attributes       attr.Item         `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitzero"`
}

func (s *store) writeItem(c *change) answer {
	return func(context.Context) (any, error) {
		key, err := c.prepare()
		if err != nil {
			return nil, err
		}
		var o *outcome
		var spent cost
		var refused error
		err = s.writer.commit(func(tx *bbolt.Tx) (err error) {
			var t *table
			if t, refused = c.target.live(tx); refused != nil {
				return nil
			}
			if o, refused = c.decide(tx, t, key); refused != nil || o.failed {
				return nil
			}
			spent, err = c.do(tx, key, o)
			return err
		})
		if err := cmp.Or(err, refused); err != nil {
			return nil, err
		}
		if o.failed {
			return c.conditionFailed(o)
		}
		return &writeOutput{Attributes: c.returned(o), ConsumedCapacity: spent.report(c.capacity, c.target.name)}, nil
	}
}

// returned is what ReturnValues asks for.
func (c *change) returned(o *outcome) attr.Item {
	switch c.returnValues {
	case returnAllOld:
		return o.old
	case returnAllNew:
		return o.new
	}
	if c.update == nil {
		return nil
	}
	switch c.returnValues {
	case returnUpdatedOld:
		return c.update.Touched(o.old)
	case returnUpdatedNew:
		return c.update.Touched(o.new)
	}
	return nil
}

const conditionalMessage = "The conditional request failed"

// conditionFailed is the answer of a condition that does not hold, with the item where it is asked for.
func (c *change) conditionFailed(o *outcome) (any, error) {
	if !c.returnOld || o.old == nil {
		return nil, exception.New("ConditionalCheckFailedException", conditionalMessage)
	}
	return failure(struct {
		Type    string    `json:"__type"`
		Message string    `json:"message"`
		Item    attr.Item `json:",omitempty"`
	}{exception.Namespace + "#ConditionalCheckFailedException", conditionalMessage, o.old})
}

// failure is an error whose body has members of its own.
func failure(body any) (any, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &api.Response{Status: http.StatusBadRequest, Body: text}, nil
}

type batchWriteOutput struct {
	UnprocessedItems map[string]struct{}
	ConsumedCapacity []*consumedCapacity `json:",omitempty"`
}

// batchWrite writes all of it in one transaction of the store: nothing is ever unprocessed.
func (s *store) batchWrite(tables []*tableWrites, capacity string) answer {
	return func(context.Context) (any, error) {
		keys := make([][][]byte, len(tables))
		for i, t := range tables {
			var err error
			if keys[i], err = t.prepare(); err != nil {
				return nil, err
			}
		}
		var refused error
		var spent spending
		err := s.writer.commit(func(tx *bbolt.Tx) error {
			spent = spending{}
			outcomes := make([][]*outcome, len(tables))
			for i, t := range tables {
				if outcomes[i], refused = t.decide(tx, keys[i]); refused != nil {
					return nil
				}
			}
			for i, t := range tables {
				if err := t.write(tx, keys[i], outcomes[i], spent); err != nil {
					return err
				}
			}
			return nil
		})
		if err := cmp.Or(err, refused); err != nil {
			return nil, err
		}
		return &batchWriteOutput{UnprocessedItems: map[string]struct{}{}, ConsumedCapacity: spent.report(capacity)}, nil
	}
}

func (t *tableWrites) prepare() ([][]byte, error) {
	keys, seen := make([][]byte, len(t.changes)), make(map[string]bool, len(t.changes))
	for i, c := range t.changes {
		var err error
		if keys[i], err = c.prepare(); err != nil {
			return nil, err
		}
		if seen[string(keys[i])] {
			return nil, errDuplicateKeys()
		}
		seen[string(keys[i])] = true
	}
	return keys, nil
}
