package answer

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

func createTable(s *store.Store, q *request.CreateTable) (any, error) {
	t, err := q.Table()
	if err != nil {
		return nil, err
	}
	if err := s.Create(t); err != nil {
		return nil, err
	}
	return struct{ TableDescription *tableDescription }{describe(t, q.ARN, store.Sizes{})}, nil
}

// updateTable changes settings, or creates or deletes one global index. The index is there, and filled, when it is
// answered: the items whose attributes cannot be its key stay out of it.
func updateTable(s *store.Store, q *request.UpdateTable) (any, error) {
	next, err := alter(s, q.Target, q)
	if err != nil {
		return nil, err
	}
	sum, err := s.Sizes(next)
	return struct{ TableDescription *tableDescription }{describe(next, q.Target.ARN, sum)}, err
}

// alter makes a change to a table that is there.
func alter(s *store.Store, t *request.Target, change interface {
	Check() error
	Apply(*table.Table) error
}) (*table.Table, error) {
	if t.Table == nil {
		return nil, exception.TableNotFound(t.Name)
	}
	if err := change.Check(); err != nil {
		return nil, err
	}
	return s.Alter(t.Table, change.Apply)
}

func describeTable(s *store.Store, q *request.DescribeTable) (any, error) {
	if q.Table == nil {
		return nil, exception.TableNotFound(q.Name)
	}
	sum, err := s.Sizes(q.Table)
	return struct{ Table *tableDescription }{describe(q.Table, q.ARN, sum)}, err
}

func deleteTable(s *store.Store, q *request.DeleteTable) (any, error) {
	if q.Table == nil {
		return nil, exception.TableNotFound(q.Name)
	}
	if err := s.Drop(q.Table); err != nil {
		return nil, err
	}
	d := describe(q.Table, q.ARN, store.Sizes{})
	d.TableStatus = "DELETING"
	return struct{ TableDescription *tableDescription }{d}, nil
}

type tableNames struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitzero"`
}

func listTables(s *store.Store, q *request.ListTables) *tableNames {
	out := &tableNames{TableNames: []string{}}
	for _, name := range s.Names() {
		if name <= q.After {
			continue
		}
		if len(out.TableNames) == q.Limit {
			out.LastEvaluatedTableName = out.TableNames[q.Limit-1]
			break
		}
		out.TableNames = append(out.TableNames, name)
	}
	return out
}
