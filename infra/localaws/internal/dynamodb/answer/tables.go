package answer

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

type tableDescription struct {
	TableName                 string
	TableArn                  string
	TableId                   string
	TableStatus               string
	CreationDateTime          float64 // seconds since 1970
	AttributeDefinitions      []table.AttributeDefinition
	KeySchema                 []table.KeySchemaElement
	ProvisionedThroughput     throughputDescription
	BillingModeSummary        *billingModeSummary `json:",omitzero"`
	TableClassSummary         *tableClassSummary  `json:",omitzero"`
	DeletionProtectionEnabled bool
	ItemCount                 int64
	TableSizeBytes            int64
	LocalSecondaryIndexes     []indexDescription `json:",omitempty"`
	GlobalSecondaryIndexes    []indexDescription `json:",omitempty"`
}

type indexDescription struct {
	IndexName             string
	IndexArn              string
	IndexStatus           string                 `json:",omitempty"` // of a global index, and so is the next
	ProvisionedThroughput *throughputDescription `json:",omitzero"`
	KeySchema             []table.KeySchemaElement
	Projection            table.Projection
	ItemCount             int64
	IndexSizeBytes        int64
}

type throughputDescription struct {
	NumberOfDecreasesToday, ReadCapacityUnits, WriteCapacityUnits int64
}

type billingModeSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime float64
}

type tableClassSummary struct{ TableClass string }

func describe(t *table.Table, arn string, sum store.Sizes) *tableDescription {
	created := float64(t.CreatedAt.UnixMilli()) / 1000
	d := &tableDescription{
		TableName: t.Name, TableArn: arn, TableId: t.UUID(), TableStatus: "ACTIVE", CreationDateTime: created,
		AttributeDefinitions: t.Attributes, DeletionProtectionEnabled: t.Protected,
		ProvisionedThroughput: throughputDescription{0, t.Read, t.Write},
		ItemCount:             sum.Items, TableSizeBytes: sum.Bytes, KeySchema: t.Keys.Elements(),
	}
	for _, x := range t.Indexes {
		one := describeIndex(x, arn, sum.Indexes[x.Name])
		if x.Local {
			d.LocalSecondaryIndexes = append(d.LocalSecondaryIndexes, one)
		} else {
			d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, one)
		}
	}
	if t.OnDemand {
		d.BillingModeSummary = &billingModeSummary{"PAY_PER_REQUEST", created}
	}
	if t.Class != "" {
		d.TableClassSummary = &tableClassSummary{t.Class}
	}
	return d
}

func describeIndex(x *table.Index, tableARN string, sum store.Totals) indexDescription {
	d := indexDescription{
		IndexName: x.Name, IndexArn: tableARN + "/index/" + x.Name, KeySchema: x.Keys.Elements(),
		Projection: x.Projection, ItemCount: sum.Items, IndexSizeBytes: sum.Bytes,
	}
	if !x.Local {
		d.IndexStatus, d.ProvisionedThroughput = "ACTIVE", &throughputDescription{0, x.Read, x.Write}
	}
	return d
}

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

// updateTable creates or deletes one global index. The index is there, and filled, when it is answered: the
// items whose attributes cannot be its key stay out of it.
func updateTable(s *store.Store, q *request.UpdateTable) (any, error) {
	if q.Target.Table == nil {
		return nil, exception.TableNotFound(q.Target.Name)
	}
	if err := q.Check(); err != nil {
		return nil, err
	}
	next, err := s.Alter(q.Target.Table, q.Apply)
	if err != nil {
		return nil, err
	}
	sum, err := s.Sizes(next)
	return struct{ TableDescription *tableDescription }{describe(next, q.Target.ARN, sum)}, err
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
	if q.Table.Protected {
		return nil, exception.Validation("Resource cannot be deleted as it is currently protected against deletion. " +
			"Disable deletion protection first.")
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

func describeTimeToLive(q *request.DescribeTimeToLive) (any, error) {
	if q.Table == nil {
		return nil, exception.TableNotFound(q.Name)
	}
	return struct {
		TimeToLiveDescription struct{ TimeToLiveStatus string }
	}{struct{ TimeToLiveStatus string }{"DISABLED"}}, nil
}

func listTags(q *request.ListTags) (any, error) {
	if q.Table == nil {
		return nil, exception.New("ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", q.ARN)
	}
	return struct{ Tags []table.Tag }{append([]table.Tag{}, q.Table.Tags...)}, nil
}
