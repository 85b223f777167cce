package request

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

type provisionedThroughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }

type createTableInput struct {
	TableName                 *string
	AttributeDefinitions      awsjson.List[table.AttributeDefinition, settings]
	KeySchema                 awsjson.List[table.KeySchemaElement, settings]
	BillingMode               string
	ProvisionedThroughput     *provisionedThroughput
	DeletionProtectionEnabled bool
	TableClass                string
	Tags                      awsjson.List[table.Tag, settings]
	GlobalSecondaryIndexes    awsjson.List[indexInput, settings]
	LocalSecondaryIndexes     awsjson.List[indexInput, settings]

	SSESpecification   *sseInput
	OnDemandThroughput *onDemandInput
	WarmThroughput     *warmInput

	// What the store has not is refused: it would change how the table behaves.
	VectorIndexes        awsjson.List[jsontext.Value, settings]
	GlobalTableSourceArn string
	ResourcePolicy       jsontext.Value
	StreamSpecification  *struct{ StreamEnabled bool }
}

// CreateTable is a reading of a CreateTable.
type CreateTable struct {
	ARN   string // of the table to be
	place place
	name  string
	in    createTableInput
}

func readCreateTable(r *reading) (any, error) {
	var in createTableInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if in.TableName == nil {
		return nil, absent("tableName")
	}
	name, err := r.place.tableName("tableName", *in.TableName)
	if err != nil {
		return nil, err
	}
	return &CreateTable{ARN: r.place.tableARN(name), place: r.place, name: name, in: in}, nil
}

// Table returns the requested table, without ID and creation time. Settings that the store does not support, or
// that are wrong by "CreateTable", API reference, are an *api.Error. The answer returns it, not the reading: a
// caller that may not create tables must get a denial instead.
func (c *CreateTable) Table() (*table.Table, error) {
	t, err := c.in.table(c.name)
	if err != nil {
		return nil, err
	}
	if err := checkTags(t.Tags); err != nil {
		return nil, err
	}
	return t, c.in.settings(t, c.place)
}

// settings reads what the table is made with beside its keys, indexes and billing mode.
func (in *createTableInput) settings(t *table.Table, p place) (err error) {
	if in.SSESpecification != nil {
		if t.KMSKey, err = in.SSESpecification.key(p); err != nil {
			return err
		}
	}
	if in.OnDemandThroughput != nil {
		if t.Limits, err = in.OnDemandThroughput.limits("", t.OnDemand); err != nil {
			return err
		}
	}
	if in.WarmThroughput != nil {
		t.Warm, err = in.WarmThroughput.raise("", t.WarmUnits())
	}
	return err
}

func (in *createTableInput) table(name string) (*table.Table, error) {
	if err := in.supported(); err != nil {
		return nil, err
	}
	if err := in.shape(); err != nil {
		return nil, err
	}
	t := &table.Table{
		Name: name, Attributes: in.AttributeDefinitions, Tags: in.Tags,
		Class: in.TableClass, Protected: in.DeletionProtectionEnabled,
	}
	if err := readClass(in.TableClass); err != nil {
		return nil, err
	}
	if err := in.billing(t); err != nil {
		return nil, err
	}
	types, err := readDefinitions(in.AttributeDefinitions)
	if err != nil {
		return nil, err
	}
	if len(in.KeySchema) > len(types) {
		return nil, exception.Validation("Invalid KeySchema: Some index key attribute have no definition")
	}
	if t.Keys, err = readKeySchema(in.KeySchema, types); err != nil {
		return nil, err
	}
	if err := in.indexes(t, types); err != nil {
		return nil, err
	}
	return t, usesDefinitions(t)
}

func (in *createTableInput) supported() error {
	switch {
	case len(in.VectorIndexes) > 0:
		return exception.Validation("Vector indexes are not supported by this store")
	case in.StreamSpecification != nil && in.StreamSpecification.StreamEnabled:
		return exception.Validation("Streams are not supported by this store")
	case given(in.ResourcePolicy):
		return exception.Validation("Resource-based policies are not supported by this store")
	case in.GlobalTableSourceArn != "":
		return exception.Validation("Global tables are not supported by this store")
	}
	return nil
}

func (in *createTableInput) billing(t *table.Table) error {
	through := in.ProvisionedThroughput
	t.OnDemand = in.BillingMode == "PAY_PER_REQUEST"
	switch {
	case t.OnDemand && through != nil:
		return exception.Validation("One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits " +
			"can be specified when BillingMode is PAY_PER_REQUEST")
	case t.OnDemand:
		return nil
	case through == nil:
		return exception.Validation("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must " +
			"both be specified when BillingMode is PROVISIONED")
	}
	if err := through.bounded(); err != nil {
		return err
	}
	t.Read, t.Write = through.ReadCapacityUnits, through.WriteCapacityUnits
	return nil
}

func (p *provisionedThroughput) faults(f *faults, member string) {
	for _, one := range []struct {
		name  string
		units int64
	}{{"readCapacityUnits", p.ReadCapacityUnits}, {"writeCapacityUnits", p.WriteCapacityUnits}} {
		if one.units < 1 {
			f.add(quoted(strconv.FormatInt(one.units, 10)), member+"."+one.name, "Member must have value greater than or equal to 1")
		}
	}
}

// maxUnits bounds provisioned capacity.
const maxUnits = 1_000_000_000_000

func (p *provisionedThroughput) bounded() error {
	switch {
	case p.ReadCapacityUnits > maxUnits:
		return exception.Validation("Given value %d for ReadCapacityUnits is out of bounds", p.ReadCapacityUnits)
	case p.WriteCapacityUnits > maxUnits:
		return exception.Validation("Given value %d for WriteCapacityUnits is out of bounds", p.WriteCapacityUnits)
	}
	return nil
}

// shape refuses, all at once, what breaks a rule of the API's model.
func (in *createTableInput) shape() error {
	var f faults
	f.oneOf("billingMode", in.BillingMode, "PROVISIONED", "PAY_PER_REQUEST")
	definitionFaults(&f, in.AttributeDefinitions)
	keySchemaFaults(&f, "keySchema", in.KeySchema, maxTableKeys)
	if in.ProvisionedThroughput != nil {
		in.ProvisionedThroughput.faults(&f, "provisionedThroughput")
	}
	for i := range in.LocalSecondaryIndexes {
		in.LocalSecondaryIndexes[i].faults(&f, fmt.Sprintf("localSecondaryIndexes.%d.member", i+1), maxTableKeys)
	}
	for i := range in.GlobalSecondaryIndexes {
		in.GlobalSecondaryIndexes[i].faults(&f, fmt.Sprintf("globalSecondaryIndexes.%d.member", i+1), maxIndexKeys)
	}
	return f.err()
}
