package dynamodb

import (
	"context"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

type attributeDefinition struct{ AttributeName, AttributeType string }

type keySchemaElement struct{ AttributeName, KeyType string }

type provisionedThroughput struct{ ReadCapacityUnits, WriteCapacityUnits int64 }

type createTableInput struct {
	TableName                 string
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keySchemaElement
	BillingMode               string
	ProvisionedThroughput     *provisionedThroughput
	DeletionProtectionEnabled bool
	TableClass                string
	Tags                      []tag
	GlobalSecondaryIndexes    []indexInput
	LocalSecondaryIndexes     []indexInput

	// What the store has not. Those that would change how the table behaves are refused; encryption,
	// throughput limits and warm throughput change nothing that can be seen here, and are ignored.
	VectorIndexes        []jsontext.Value
	GlobalTableSourceArn string
	ResourcePolicy       jsontext.Value
	StreamSpecification  *struct{ StreamEnabled bool }
}

func createTable(r *reading) (answer, error) {
	var in createTableInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if strings.HasPrefix(in.TableName, "arn:") {
		name, err := r.place.tableName(in.TableName)
		if err != nil {
			return nil, err
		}
		in.TableName = name
	}
	arn := r.place.tableARN(in.TableName)
	return func(context.Context) (any, error) {
		t, err := in.table()
		if err != nil {
			return nil, err
		}
		if err := r.store.create(t); err != nil {
			return nil, err
		}
		return struct{ TableDescription *tableDescription }{t.describe(arn, sizes{})}, nil
	}, nil
}

// table checks the input as "CreateTable", API reference, has it.
func (in *createTableInput) table() (*table, error) {
	if err := in.supported(); err != nil {
		return nil, err
	}
	t := &table{
		Name: in.TableName, Attributes: in.AttributeDefinitions, Tags: in.Tags,
		Class: in.TableClass, Protected: in.DeletionProtectionEnabled,
	}
	if err := oneOf("tableClass", in.TableClass, "STANDARD", "STANDARD_INFREQUENT_ACCESS"); err != nil {
		return nil, err
	}
	if err := in.billing(t); err != nil {
		return nil, err
	}
	types, err := readDefinitions(in.AttributeDefinitions)
	if err != nil {
		return nil, err
	}
	if t.Keys, err = readKeySchema("keySchema", in.KeySchema, types); err != nil {
		return nil, err
	}
	if err := in.indexes(t, types); err != nil {
		return nil, err
	}
	return t, t.usesDefinitions()
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

func (in *createTableInput) billing(t *table) error {
	if err := oneOf("billingMode", in.BillingMode, "PROVISIONED", "PAY_PER_REQUEST"); err != nil {
		return err
	}
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
	if err := through.check("provisionedThroughput"); err != nil {
		return err
	}
	t.Read, t.Write = through.ReadCapacityUnits, through.WriteCapacityUnits
	return nil
}

func (p *provisionedThroughput) check(member string) error {
	for _, one := range []struct {
		name  string
		units int64
	}{{"readCapacityUnits", p.ReadCapacityUnits}, {"writeCapacityUnits", p.WriteCapacityUnits}} {
		if one.units < 1 {
			return exception.Constraint("'"+strconv.FormatInt(one.units, 10)+"'", member+"."+one.name, "Member must have value greater than or equal to 1")
		}
	}
	return nil
}

// create adds a table to the catalog. A table is in the catalog before its bucket can be written to, and
// out of it before its bucket is gone.
func (s *store) create(t *table) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[t.Name] != nil {
		return exception.New("ResourceInUseException", "Table already exists: %s", t.Name)
	}
	t.CreatedAt = s.now().UTC()
	err := s.db.Update(func(tx *bbolt.Tx) error {
		catalog := tx.Bucket(catalogBucket)
		var err error
		if t.ID, err = catalog.NextSequence(); err != nil {
			return err
		}
		if _, err := tx.CreateBucket(t.bucket()); err != nil {
			return err
		}
		for _, x := range t.Indexes {
			if err := x.create(tx); err != nil {
				return err
			}
		}
		return t.keep(tx)
	})
	if err == nil {
		s.tables[t.Name] = t
	}
	return err
}

// keep writes the table to the catalog.
func (t *table) keep(tx *bbolt.Tx) error {
	value, err := json.Marshal(t)
	if err != nil {
		return err
	}
	t.stored = value
	return tx.Bucket(catalogBucket).Put([]byte(t.Name), value)
}

// create gives the index its ID and its bucket.
func (x *index) create(tx *bbolt.Tx) (err error) {
	if x.ID, err = tx.Bucket(catalogBucket).NextSequence(); err != nil {
		return err
	}
	_, err = tx.CreateBucket(x.bucket())
	return err
}

// drop removes the table that was read, unless it is gone already.
func (s *store) drop(t *table) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.tables[t.Name]
	if now == nil || now.ID != t.ID {
		return exception.TableNotFound(t.Name)
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(catalogBucket).Delete([]byte(t.Name)); err != nil {
			return err
		}
		for _, x := range now.Indexes {
			if err := dropBucket(tx, x.bucket()); err != nil {
				return err
			}
		}
		return dropBucket(tx, t.bucket())
	})
	if err == nil {
		delete(s.tables, t.Name)
	}
	return err
}

// dropBucket removes the items of a table, or the entries of an index, with their totals.
func dropBucket(tx *bbolt.Tx, bucket []byte) error {
	if err := tx.Bucket(totalsBucket).Delete(bucket); err != nil {
		return err
	}
	return tx.DeleteBucket(bucket)
}

// bucket is the name of the bbolt bucket that holds the table's items.
func (t *table) bucket() []byte {
	return binary.BigEndian.AppendUint64([]byte("dynamodb/items/"), t.ID)
}
