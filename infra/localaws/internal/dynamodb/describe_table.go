package dynamodb

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

type tableDescription struct {
	TableName                 string
	TableArn                  string
	TableId                   string
	TableStatus               string
	CreationDateTime          float64 // seconds since 1970
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keySchemaElement
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
	KeySchema             []keySchemaElement
	Projection            projection
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

func (t *table) describe(arn string, sum sizes) *tableDescription {
	created := float64(t.CreatedAt.UnixMilli()) / 1000
	d := &tableDescription{
		TableName: t.Name, TableArn: arn, TableId: t.uuid(), TableStatus: "ACTIVE", CreationDateTime: created,
		AttributeDefinitions: t.Attributes, DeletionProtectionEnabled: t.Protected,
		ProvisionedThroughput: throughputDescription{0, t.Read, t.Write},
		ItemCount:             sum.items, TableSizeBytes: sum.bytes, KeySchema: t.Keys.elements(),
	}
	for _, x := range t.Indexes {
		one := x.describe(arn, sum.indexes[x.Name])
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

func (x *index) describe(tableARN string, sum totals) indexDescription {
	d := indexDescription{
		IndexName: x.Name, IndexArn: tableARN + "/index/" + x.Name, KeySchema: x.Keys.elements(),
		Projection: x.Projection, ItemCount: sum.items, IndexSizeBytes: sum.bytes,
	}
	if !x.Local {
		d.IndexStatus, d.ProvisionedThroughput = "ACTIVE", &throughputDescription{0, x.Read, x.Write}
	}
	return d
}

func (s keySchema) elements() []keySchemaElement {
	var out []keySchemaElement
	for i, name := range s.attributes() {
		out = append(out, keySchemaElement{name, []string{"HASH", "RANGE"}[i]})
	}
	return out
}

// named is the table that a table operation names in TableName; it may be gone when it is answered.
func (r *reading) named() (*target, error) {
	var in struct{ TableName string }
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	return r.target("tableName", in.TableName)
}

func describeTable(r *reading) (answer, error) {
	t, err := r.named()
	if err != nil {
		return nil, err
	}
	return func(context.Context) (any, error) {
		if t.table == nil {
			return nil, exception.TableNotFound(t.name)
		}
		sum, err := r.store.sizes(t.table)
		return struct{ Table *tableDescription }{t.table.describe(t.arn, sum)}, err
	}, nil
}

func deleteTable(r *reading) (answer, error) {
	t, err := r.named()
	if err != nil {
		return nil, err
	}
	return func(context.Context) (any, error) {
		if t.table == nil {
			return nil, exception.TableNotFound(t.name)
		}
		if t.table.Protected {
			return nil, exception.Validation("Resource cannot be deleted as it is currently protected against deletion. " +
				"Disable deletion protection first.")
		}
		if err := r.store.drop(t.table); err != nil {
			return nil, err
		}
		d := t.table.describe(t.arn, sizes{})
		d.TableStatus = "DELETING"
		return struct{ TableDescription *tableDescription }{d}, nil
	}, nil
}

const maxTableNames = 100

func listTables(r *reading) (answer, error) {
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
	return func(context.Context) (any, error) {
		out := struct {
			TableNames             []string
			LastEvaluatedTableName string `json:",omitzero"`
		}{TableNames: []string{}}
		for _, name := range r.store.names() {
			if name <= in.ExclusiveStartTableName {
				continue
			}
			if len(out.TableNames) == most {
				out.LastEvaluatedTableName = out.TableNames[most-1]
				break
			}
			out.TableNames = append(out.TableNames, name)
		}
		return out, nil
	}, nil
}

// names are the names of all tables, sorted.
func (s *store) names() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.tables))
}

func describeTimeToLive(r *reading) (answer, error) {
	t, err := r.named()
	if err != nil {
		return nil, err
	}
	return func(context.Context) (any, error) {
		if t.table == nil {
			return nil, exception.TableNotFound(t.name)
		}
		return struct {
			TimeToLiveDescription struct{ TimeToLiveStatus string }
		}{struct{ TimeToLiveStatus string }{"DISABLED"}}, nil
	}, nil
}

func listTagsOfResource(r *reading) (answer, error) {
	var m members
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	_, name, err := tableOrStream(r.place, &m)
	if err != nil {
		return nil, err
	}
	t := r.store.table(name)
	return func(context.Context) (any, error) {
		if t == nil || m.ResourceArn != r.place.tableARN(name) {
			return nil, exception.New("ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", m.ResourceArn)
		}
		return struct{ Tags []tag }{append([]tag{}, t.Tags...)}, nil
	}, nil
}
