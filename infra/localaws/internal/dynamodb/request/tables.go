package request

// Readings of operations on tables, each with the table that TableName names. The table may be deleted before
// the request is answered.
type (
	DeleteTable        struct{ *Target }
	DescribeTable      struct{ *Target }
	DescribeTimeToLive struct{ *Target }
)

func (r *reading) named() (*Target, error) {
	var in struct{ TableName *string }
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	return r.table(in.TableName)
}

// table resolves the name of the table of an operation on one.
func (r *reading) table(given *string) (*Target, error) {
	if given == nil {
		return nil, absent("tableName")
	}
	return r.target("tableName", given, r.req.Operation, "")
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
		ExclusiveStartTableName *string
		Limit                   *int
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	var f faults
	list := &ListTables{Limit: maxTableNames}
	if in.ExclusiveStartTableName != nil {
		list.After = *in.ExclusiveStartTableName
		f.name("exclusiveStartTableName", list.After)
	}
	if in.Limit != nil {
		list.Limit = *in.Limit
		f.between("limit", list.Limit, 1, maxTableNames)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return list, nil
}
