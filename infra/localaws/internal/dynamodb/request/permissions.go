package request

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Schema is what has to be known of a table that another endpoint holds. It is immutable.
type Schema struct {
	Partition string               // the attribute that is the partition key
	Sort      string               // the attribute that is the sort key; empty: none
	Indexes   map[string]IndexKeys // the same of each secondary index, by the index's name
	Types     map[string]string    // S, N or B, by key attribute; one that the endpoint does not tell is missing
	Tags      map[string]string
}

// IndexKeys are the key attributes of a secondary index; Sort may be empty.
type IndexKeys struct{ Partition, Sort string }

// Tables knows the tables of another endpoint. It is safe for concurrent use.
type Tables interface {
	// Schema returns what is known of a table, nil where there is no such table: the keys of a request to
	// it are unknown then, not absent. An error is answered, and nothing is decided.
	Schema(ctx context.Context, table string) (*Schema, error)
}

// Permissions returns the permissions that req needs, and its reading for CheckKeys, where another endpoint answers it.
// Errors are as those of Read, or an error of tables.
//
// It is stricter than Read: localaws answers what Read has read, but the other endpoint reads the same bytes
// again and might read them differently. So item operations must not have members that localaws does not know.
// Other operations must not have a member that differs from a known one only in case.
func Permissions(ctx context.Context, req *api.Request, tables Tables) (permissions []api.Permission, asked any, err error) {
	op, ok := operations[req.Operation]
	if !ok {
		return nil, nil, exception.UnknownOperation(req.Operation)
	}
	r := newReading(req, func(name string) (*table.Table, error) {
		if name == "" { // the resource belongs to no table
			return nil, nil
		}
		schema, err := tables.Schema(ctx, name)
		if err != nil || schema == nil {
			return nil, err
		}
		return schema.table(name), nil
	})
	r.strict, r.possible = op.read != nil, req.Possible
	op.answered = nil // it is the other endpoint's
	if op.read == nil {
		if err := r.checkSpelling(); err != nil {
			return nil, nil, err
		}
	}
	if asked, err = op.apply(r); err != nil {
		return nil, nil, exception.Of(err)
	}
	return r.permissions, asked, nil
}

// checkSpelling refuses members that name a resource to a reader that does not look at the case of letters.
func (r *reading) checkSpelling() error {
	var exact, loose members
	if err := r.decode(&exact); err != nil {
		return err
	}
	err := json.Unmarshal(r.req.Body, &loose, json.MatchCaseInsensitiveNames(true))
	if err != nil || !reflect.DeepEqual(exact, loose) {
		return exception.Serialization("A member of the request differs from a known one in the case of its letters")
	}
	return nil
}

func (s *Schema) table(name string) *table.Table {
	t := &table.Table{Name: name, Keys: s.keys(IndexKeys{s.Partition, s.Sort})}
	for name, keys := range s.Indexes {
		t.Indexes = append(t.Indexes, &table.Index{Name: name, Keys: s.keys(keys)})
	}
	for key, value := range s.Tags {
		t.Tags = append(t.Tags, table.Tag{Key: key, Value: value})
	}
	return t
}

func (s *Schema) keys(names IndexKeys) table.KeySchema {
	return table.KeySchema{
		Partition: table.KeyAttribute{Name: names.Partition, Type: s.Types[names.Partition]},
		Sort:      table.KeyAttribute{Name: names.Sort, Type: s.Types[names.Sort]},
	}
}

// ChangesTables reports whether an operation may change what a Schema holds. It is said of all that
// neither reads or writes items nor only describes or lists.
func ChangesTables(operation string) bool {
	if operations[operation].read != nil {
		return false
	}
	for _, prefix := range []string{"Describe", "List", "Get"} {
		if strings.HasPrefix(operation, prefix) {
			return false
		}
	}
	return true
}

// KeySchema is the key of a table or an index as DescribeTable has it.
type KeySchema []table.KeySchemaElement

// Names returns the attributes of the key: one that is the partition key, and at most one that is the sort key.
func (k KeySchema) Names() (IndexKeys, error) {
	var keys IndexKeys
	for _, e := range k {
		of := map[string]*string{"HASH": &keys.Partition, "RANGE": &keys.Sort}[e.KeyType]
		if of == nil || *of != "" || e.AttributeName == "" {
			return IndexKeys{}, errKeySchema
		}
		*of = e.AttributeName
	}
	if keys.Partition == "" {
		return IndexKeys{}, errKeySchema
	}
	return keys, nil
}

var errKeySchema = errors.New("the key schema does not have one partition key, and at most one sort key")
