package request

import (
	"fmt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// Readings of operations on tables, each with the table that TableName names. The table may be deleted before
// the request is answered.
type (
	DeleteTable        struct{ *Target }
	DescribeTable      struct{ *Target }
	DescribeTimeToLive struct{ *Target }
)

func (r *reading) named() (*Target, error) {
	var in struct{ TableName string }
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	return r.target("tableName", in.TableName, r.req.Operation, "")
}

func readDeleteTable(r *reading) (any, error) {
	t, err := r.named()
	return &DeleteTable{t}, err
}

func readDescribeTable(r *reading) (any, error) {
	t, err := r.named()
	return &DescribeTable{t}, err
}

func readDescribeTimeToLive(r *reading) (any, error) {
	t, err := r.named()
	return &DescribeTimeToLive{t}, err
}

const maxTableNames = 100

// ListTables is a reading of a ListTables.
type ListTables struct {
	After string // the name behind which the page begins; empty: the first page
	Limit int    // 1 to 100
}

func readListTables(r *reading) (any, error) {
	var in struct {
		ExclusiveStartTableName string
		Limit                   *int
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	most, err := limit(in.Limit)
	if err != nil {
		return nil, err
	}
	if most > maxTableNames {
		return nil, exception.Constraint(fmt.Sprintf("'%d'", most), "limit", "Member must have value less than or equal to 100")
	}
	if most == 0 {
		most = maxTableNames
	}
	return &ListTables{After: in.ExclusiveStartTableName, Limit: most}, nil
}
