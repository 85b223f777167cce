package tenants

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/pkg/tenant"
)

// Block says which sessions of a tenant are denied everything.
type Block struct {
	Tenant    tenant.ID `json:"-"`
	Suspended bool      `json:"suspended"`       // all of them
	Before    time.Time `json:"before,omitzero"` // those that were vended before, in whole seconds
	Until     time.Time `json:"until,omitzero"`  // of a tenant that is removed: nobody asks for a session any more, and the last one is over
	rev       int64     // counts the changes
}

// isOver reports whether the block denies nobody any more at now.
func (b Block) isOver(now time.Time) bool {
	if b.Suspended {
		return !b.Until.IsZero() && now.After(b.Until)
	}
	return now.After(b.Before.Add(MaxSession))
}

func (b Block) item() item {
	i := keyOf(blocked, b.Tenant)
	i["rev"] = number(b.rev)
	if b.Suspended {
		i["suspended"] = number(1)
	}
	for name, at := range map[string]time.Time{"before": b.Before, "until": b.Until} {
		if !at.IsZero() {
			i[name] = number(at.Unix())
		}
	}
	return i
}

func readBlock(i item) (Block, error) {
	id, err := tenant.Parse(stringOf(i, sortKey))
	if err != nil {
		return Block{}, fmt.Errorf("the record %q of blocked tenants: %w", stringOf(i, sortKey), err)
	}
	at := func(name string) time.Time {
		if n := numberOf(i, name); n > 0 {
			return time.Unix(n, 0).UTC()
		}
		return time.Time{}
	}
	return Block{Tenant: id, Suspended: numberOf(i, "suspended") == 1, Before: at("before"), Until: at("until"), rev: numberOf(i, "rev")}, nil
}

// blocks are those of all tenants, in the order of their ids.
func (c *Control) blocks(ctx context.Context) (all []Block, err error) {
	err = c.query(ctx, blocked, func(i item) error {
		b, err := readBlock(i)
		all = append(all, b)
		return err
	})
	return all, err
}

func find(all []Block, id tenant.ID) *Block {
	i := slices.IndexFunc(all, func(b Block) bool { return b.Tenant == id })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// block changes what is kept of a tenant's block, and returns what is kept then.
func (c *Control) block(ctx context.Context, id tenant.ID, change func(*Block)) (Block, error) {
	for range maxConflicts {
		out, err := c.table.GetItem(ctx, &dynamodb.GetItemInput{TableName: &c.config.Table, Key: keyOf(blocked, id), ConsistentRead: aws.Bool(true)})
		if err != nil {
			return Block{}, err
		}
		b := Block{Tenant: id}
		if out.Item != nil {
			if b, err = readBlock(out.Item); err != nil {
				return b, err
			}
		}
		before := b.rev
		change(&b)
		b.rev++
		in := &dynamodb.PutItemInput{TableName: &c.config.Table, Item: b.item()}
		in.ConditionExpression, in.ExpressionAttributeValues = unchanged(before)
		_, err = c.table.PutItem(ctx, in)
		if _, changed := errors.AsType[*types.ConditionalCheckFailedException](err); !changed {
			return b, err
		}
	}
	return Block{}, ErrBusy
}

// maxConflicts is how often a change of a record is tried that others change at the same time.
const maxConflicts = 10

// unchanged is the condition that nobody has changed an item since it was read with rev; 0: that there is still none.
func unchanged(rev int64) (*string, item) {
	if rev == 0 {
		return aws.String("attribute_not_exists(rev)"), nil
	}
	return aws.String("rev = :rev"), item{":rev": number(rev)}
}

// forget removes a block that nobody has changed since it was read; one that was changed stays.
func (c *Control) forget(ctx context.Context, b Block) error {
	in := &dynamodb.DeleteItemInput{TableName: &c.config.Table, Key: keyOf(blocked, b.Tenant)}
	in.ConditionExpression, in.ExpressionAttributeValues = unchanged(b.rev)
	_, err := c.table.DeleteItem(ctx, in)
	if _, changed := errors.AsType[*types.ConditionalCheckFailedException](err); changed {
		return nil
	}
	return err
}

// current are the blocks that still deny somebody; those that are over are forgotten.
func (c *Control) current(ctx context.Context, now time.Time) ([]Block, error) {
	all, err := c.blocks(ctx)
	if err != nil {
		return nil, err
	}
	var live []Block
	for _, b := range all {
		if !b.isOver(now) {
			live = append(live, b)
		} else if err := c.forget(ctx, b); err != nil {
			return nil, err
		}
	}
	return live, nil
}
