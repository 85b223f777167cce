package tenants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/pkg/tenant"
)

// The table's key attributes (see the tracking service, which owns it), and the partitions of what is kept here. No session has a tag with an
// @, so no tenant's session can name them.
const (
	partitionKey = "TenantID"
	sortKey      = "ShipmentID"

	registry = "@tenants"
	blocked  = "@blocked"
)

// State is where a tenant is in its life.
type State string

// The states, in their order.
const (
	Adding   State = "adding" // a run of add has begun, and is not finished
	Active   State = "active"
	Removing State = "removing" // a run of remove has begun, and is not finished
	Removed  State = "removed"  // its id stays here, so that no second tenant gets it
)

// Record is what is kept of a tenant.
type Record struct {
	Tenant tenant.ID `json:"tenant"`
	State  State     `json:"state"`
	Since  time.Time `json:"since"`
	Block  *Block    `json:"block,omitempty"` // nil: not blocked; List does not tell it of tenants that are gone
	rev    int64     // counts the changes
}

type item = map[string]types.AttributeValue

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func keyOf(partition string, id tenant.ID) item {
	return item{partitionKey: text(partition), sortKey: text(id.String())}
}

func stringOf(i item, name string) string {
	s, _ := i[name].(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// numberOf is 0 where there is none.
func numberOf(i item, name string) int64 {
	n, _ := i[name].(*types.AttributeValueMemberN)
	if n == nil {
		return 0
	}
	value, _ := strconv.ParseInt(n.Value, 10, 64) // DynamoDB keeps numbers
	return value
}

func (r Record) item() item {
	i := keyOf(registry, r.Tenant)
	i["state"], i["since"], i["rev"] = text(string(r.State)), number(r.Since.Unix()), number(r.rev)
	return i
}

func readRecord(i item) (Record, error) {
	id, err := tenant.Parse(stringOf(i, sortKey))
	if err != nil {
		return Record{}, fmt.Errorf("the record %q of the registry: %w", stringOf(i, sortKey), err)
	}
	return Record{Tenant: id, State: State(stringOf(i, "state")), Since: time.Unix(numberOf(i, "since"), 0).UTC(), rev: numberOf(i, "rev")}, nil
}

// record returns what is kept of a tenant; one that was never added has the zero State.
func (c *Control) record(ctx context.Context, id tenant.ID) (Record, error) {
	out, err := c.table.GetItem(ctx, &dynamodb.GetItemInput{TableName: &c.config.Table, Key: keyOf(registry, id), ConsistentRead: aws.Bool(true)})
	if err != nil || out.Item == nil {
		return Record{Tenant: id}, err
	}
	return readRecord(out.Item)
}

// put keeps r, which was read or made with r.rev; ErrBusy where another run has changed it since.
func (c *Control) put(ctx context.Context, r Record, state State) (Record, error) {
	before := r.rev
	r.State, r.Since, r.rev = state, time.Now().UTC().Truncate(time.Second), r.rev+1
	in := &dynamodb.PutItemInput{TableName: &c.config.Table, Item: r.item()}
	in.ConditionExpression, in.ExpressionAttributeValues = unchanged(before)
	_, err := c.table.PutItem(ctx, in)
	if _, changed := errors.AsType[*types.ConditionalCheckFailedException](err); changed {
		return r, ErrBusy
	}
	return r, err
}

// Register takes tenants into the registry that were made by other means, as those of the demonstration. A record that is there stays.
func Register(ctx context.Context, client *dynamodb.Client, table string, all ...tenant.ID) error {
	for _, id := range all {
		r := Record{Tenant: id, State: Active, Since: time.Now(), rev: 1}
		in := &dynamodb.PutItemInput{TableName: &table, Item: r.item()}
		in.ConditionExpression, in.ExpressionAttributeValues = unchanged(0)
		_, err := client.PutItem(ctx, in)
		if _, there := errors.AsType[*types.ConditionalCheckFailedException](err); err != nil && !there {
			return fmt.Errorf("register tenant %s: %w", id, err)
		}
	}
	return nil
}

// query calls each with the items of a partition, in the order of their ids.
func (c *Control) query(ctx context.Context, partition string, each func(item) error) error {
	pages := dynamodb.NewQueryPaginator(c.table, &dynamodb.QueryInput{
		TableName: &c.config.Table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String(partitionKey + " = :p"),
		ExpressionAttributeValues: item{":p": text(partition)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, i := range page.Items {
			if err := each(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// List returns what is kept of all tenants, in the order of their ids.
func (c *Control) List(ctx context.Context) (all []Record, err error) {
	blocks, err := c.blocks(ctx)
	if err != nil {
		return nil, err
	}
	err = c.query(ctx, registry, func(i item) error {
		r, err := readRecord(i)
		r.Block = find(blocks, r.Tenant)
		all = append(all, r)
		return err
	})
	return all, err
}

// Show returns what is kept of a tenant; ErrUnknown where it was never added, and no key is named after it.
func (c *Control) Show(ctx context.Context, id tenant.ID) (Record, error) {
	r, err := c.record(ctx, id)
	if err != nil {
		return r, about(id, err)
	}
	if r.State == "" {
		key, err := c.keyOf(ctx, id)
		if err != nil || key == nil {
			return r, about(id, cmp.Or(err, ErrUnknown))
		}
		r.State = Active // made by other means
	}
	blocks, err := c.blocks(ctx)
	r.Block = find(blocks, id)
	return r, about(id, err)
}
