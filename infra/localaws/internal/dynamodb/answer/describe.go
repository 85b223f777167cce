package answer

import (
	"time"

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
	BillingModeSummary        *billingModeSummary       `json:",omitzero"`
	OnDemandThroughput        *table.OnDemandThroughput `json:",omitzero"`
	WarmThroughput            warmDescription
	TableClassSummary         *tableClassSummary `json:",omitzero"`
	SSEDescription            *sseDescription    `json:",omitzero"`
	DeletionProtectionEnabled bool
	ItemCount                 int64
	TableSizeBytes            int64
	LocalSecondaryIndexes     []indexDescription `json:",omitempty"`
	GlobalSecondaryIndexes    []indexDescription `json:",omitempty"`
}

type indexDescription struct {
	IndexName             string
	IndexArn              string
	IndexStatus           string                    `json:",omitempty"` // of a global index, and so are the next three
	ProvisionedThroughput *throughputDescription    `json:",omitzero"`
	OnDemandThroughput    *table.OnDemandThroughput `json:",omitzero"`
	WarmThroughput        *warmDescription          `json:",omitzero"`
	KeySchema             []table.KeySchemaElement
	Projection            table.Projection
	ItemCount             int64
	IndexSizeBytes        int64
}

type throughputDescription struct {
	NumberOfDecreasesToday, ReadCapacityUnits, WriteCapacityUnits int64
}

// warmDescription is always there: Terraform's provider waits for its Status.
type warmDescription struct {
	ReadUnitsPerSecond, WriteUnitsPerSecond int64
	Status                                  string
}

type billingModeSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime float64 `json:",omitzero"`
}

type tableClassSummary struct {
	TableClass         string
	LastUpdateDateTime float64 `json:",omitzero"`
}

type sseDescription struct{ Status, SSEType, KMSMasterKeyArn string }

// seconds is a time as the API has it, 0 for none.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func describe(t *table.Table, arn string, sum store.Sizes) *tableDescription {
	d := &tableDescription{
		TableName: t.Name, TableArn: arn, TableId: t.UUID(), TableStatus: "ACTIVE", CreationDateTime: seconds(t.CreatedAt),
		AttributeDefinitions: t.Attributes, DeletionProtectionEnabled: t.Protected,
		ProvisionedThroughput: throughputDescription{0, t.Read, t.Write},
		BillingModeSummary:    billing(t), OnDemandThroughput: t.Limits, WarmThroughput: warm(t.WarmUnits()),
		ItemCount: sum.Items, TableSizeBytes: sum.Bytes, KeySchema: t.Keys.Elements(),
	}
	for _, x := range t.Indexes {
		one := describeIndex(t, x, arn, sum.Indexes[x.Name])
		if x.Local {
			d.LocalSecondaryIndexes = append(d.LocalSecondaryIndexes, one)
		} else {
			d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, one)
		}
	}
	if t.Class != "" {
		d.TableClassSummary = &tableClassSummary{t.Class, seconds(t.ClassSince)}
	}
	if t.KMSKey != "" {
		d.SSEDescription = &sseDescription{"ENABLED", "KMS", t.KMSKey}
	}
	return d
}

// billing is nil for a table that was never on demand.
func billing(t *table.Table) *billingModeSummary {
	switch {
	case t.OnDemand && t.OnDemandSince.IsZero():
		return &billingModeSummary{"PAY_PER_REQUEST", seconds(t.CreatedAt)}
	case t.OnDemand:
		return &billingModeSummary{"PAY_PER_REQUEST", seconds(t.OnDemandSince)}
	case !t.OnDemandSince.IsZero():
		return &billingModeSummary{"PROVISIONED", seconds(t.OnDemandSince)}
	}
	return nil
}

func warm(u table.Throughput) warmDescription { return warmDescription{u.Read, u.Write, "ACTIVE"} }

func describeIndex(t *table.Table, x *table.Index, tableARN string, sum store.Totals) indexDescription {
	d := indexDescription{
		IndexName: x.Name, IndexArn: tableARN + "/index/" + x.Name, KeySchema: x.Keys.Elements(),
		Projection: x.Projection, ItemCount: sum.Items, IndexSizeBytes: sum.Bytes,
	}
	if !x.Local {
		units := warm(t.WarmUnitsOf(x))
		d.IndexStatus, d.ProvisionedThroughput = "ACTIVE", &throughputDescription{0, x.Read, x.Write}
		d.OnDemandThroughput, d.WarmThroughput = x.Limits, &units
	}
	return d
}
