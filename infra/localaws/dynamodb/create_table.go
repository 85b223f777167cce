package dynamodb

import (
	"context"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"
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

	// What the store has not. Those that would change how the table behaves are refused; encryption,
	// throughput limits and warm throughput change nothing that can be seen here, and are ignored.
	GlobalSecondaryIndexes []jsontext.Value
	LocalSecondaryIndexes  []jsontext.Value
	VectorIndexes          []jsontext.Value
	GlobalTableSourceArn   string
	ResourcePolicy         jsontext.Value
	StreamSpecification    *struct{ StreamEnabled bool }
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
		return struct{ TableDescription *tableDescription }{t.describe(arn, totals{})}, nil
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
	var err error
	if t.Keys, err = readKeySchema(in.KeySchema, in.AttributeDefinitions); err != nil {
		return nil, err
	}
	return t, in.billing(t)
}

func (in *createTableInput) supported() error {
	switch {
	case len(in.GlobalSecondaryIndexes)+len(in.LocalSecondaryIndexes)+len(in.VectorIndexes) > 0:
		return validation("Secondary indexes are not supported by this store")
	case in.StreamSpecification != nil && in.StreamSpecification.StreamEnabled:
		return validation("Streams are not supported by this store")
	case given(in.ResourcePolicy):
		return validation("Resource-based policies are not supported by this store")
	case in.GlobalTableSourceArn != "":
		return validation("Global tables are not supported by this store")
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
		return validation("One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits " +
			"can be specified when BillingMode is PAY_PER_REQUEST")
	case t.OnDemand:
		return nil
	case through == nil:
		return validation("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must " +
			"both be specified when BillingMode is PROVISIONED")
	case through.ReadCapacityUnits < 1:
		return constraint("'"+strconv.FormatInt(through.ReadCapacityUnits, 10)+"'", "provisionedThroughput.readCapacityUnits", "Member must have value greater than or equal to 1")
	case through.WriteCapacityUnits < 1:
		return constraint("'"+strconv.FormatInt(through.WriteCapacityUnits, 10)+"'", "provisionedThroughput.writeCapacityUnits", "Member must have value greater than or equal to 1")
	}
	t.Read, t.Write = through.ReadCapacityUnits, through.WriteCapacityUnits
	return nil
}

func readKeySchema(elements []keySchemaElement, definitions []attributeDefinition) (keySchema, error) {
	var none keySchema
	if len(elements) == 0 {
		return none, missing("keySchema")
	}
	if len(definitions) == 0 {
		return none, missing("attributeDefinitions")
	}
	types := make(map[string]string, len(definitions))
	for _, d := range definitions {
		if !slices.Contains([]string{"B", "N", "S"}, d.AttributeType) {
			return none, constraint("'"+d.AttributeType+"'", "attributeDefinitions.member.attributeType", "Member must satisfy enum value set: [B, N, S]")
		}
		if len(d.AttributeName) < 1 || len(d.AttributeName) > 255 {
			return none, constraint("'"+d.AttributeName+"'", "attributeDefinitions.member.attributeName", "Member must have length between 1 and 255")
		}
		if types[d.AttributeName] != "" {
			return none, validation("Cannot have two attributes with the same name")
		}
		types[d.AttributeName] = d.AttributeType
	}
	return keysOf(elements, types)
}

func keysOf(elements []keySchemaElement, types map[string]string) (keySchema, error) {
	var none, keys keySchema
	for i, e := range elements {
		want := []string{"HASH", "RANGE"}
		switch {
		case i > 1:
			return none, constraint("'[...]'", "keySchema", "Member must have length less than or equal to 2")
		case !slices.Contains(want, e.KeyType):
			return none, constraint("'"+e.KeyType+"'", "keySchema.member.keyType", "Member must satisfy enum value set: [HASH, RANGE]")
		case e.KeyType != want[i] && i == 0:
			return none, validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
		case e.KeyType != want[i]:
			return none, validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
		case types[e.AttributeName] == "":
			return none, validation("One or more parameter values were invalid: Some index key attributes are not defined in "+
				"AttributeDefinitions. Keys: [%s]", e.AttributeName)
		}
		k := keyAttribute{Name: e.AttributeName, Type: types[e.AttributeName]}
		if i == 0 {
			keys.Partition = k
		} else {
			keys.Sort = k
		}
	}
	if keys.Sort.Name == keys.Partition.Name {
		return none, validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	}
	if len(types) != len(elements) {
		return none, validation("One or more parameter values were invalid: Number of attributes in KeySchema does not " +
			"exactly match number of attributes defined in AttributeDefinitions")
	}
	return keys, nil
}

// create adds a table to the catalog. A table is in the catalog before its bucket can be written to, and
// out of it before its bucket is gone.
func (s *store) create(t *table) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[t.Name] != nil {
		return exception("ResourceInUseException", "Table already exists: %s", t.Name)
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
		value, err := json.Marshal(t)
		if err != nil {
			return err
		}
		return catalog.Put([]byte(t.Name), value)
	})
	if err == nil {
		s.tables[t.Name] = t
	}
	return err
}

// drop removes the table that was read, unless it is gone already.
func (s *store) drop(t *table) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables[t.Name] != t {
		return tableNotFound(t.Name)
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(catalogBucket).Delete([]byte(t.Name)); err != nil {
			return err
		}
		if err := tx.Bucket(totalsBucket).Delete(t.bucket()); err != nil {
			return err
		}
		return tx.DeleteBucket(t.bucket())
	})
	if err == nil {
		delete(s.tables, t.Name)
	}
	return err
}

// bucket is the name of the bbolt bucket that holds the table's items.
func (t *table) bucket() []byte {
	return binary.BigEndian.AppendUint64([]byte("dynamodb/items/"), t.ID)
}
