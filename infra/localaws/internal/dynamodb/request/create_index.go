package request

import (
	"strconv"

	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Limits of secondary indexes: "Quotas in Amazon DynamoDB", "Secondary indexes", and "Projection", API
// reference.
const (
	maxGlobalIndexes = 20
	maxLocalIndexes  = 5
	maxIncluded      = 20  // attributes that one index includes
	maxIncludedInAll = 100 // those of all indexes of a table, each counted as often as it is named
)

// indexInput is one entry of LocalSecondaryIndexes or GlobalSecondaryIndexes.
type indexInput struct {
	IndexName  string
	KeySchema  awsjson.List[table.KeySchemaElement, settings]
	Projection *struct {
		ProjectionType   string
		NonKeyAttributes awsjson.List[string, settings]
	}
	ProvisionedThroughput *provisionedThroughput // of a global index, as the next
	OnDemandThroughput    *onDemandInput
	WarmThroughput        *warmInput
}

// indexes reads the indexes of a new table, which knows its key and billing mode.
func (in *createTableInput) indexes(t *table.Table, types map[string]string) error {
	switch {
	case in.LocalSecondaryIndexes != nil && len(in.LocalSecondaryIndexes) == 0:
		return exception.Validation("One or more parameter values were invalid: List of LocalSecondaryIndexes is empty")
	case len(in.LocalSecondaryIndexes) > 0 && !t.Keys.HasSort():
		return exception.Validation("One or more parameter values were invalid: Table KeySchema does not have a range key, " +
			"which is required when specifying a LocalSecondaryIndex")
	case len(in.LocalSecondaryIndexes) > maxLocalIndexes:
		return exception.Validation("One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit of %d", maxLocalIndexes)
	case in.GlobalSecondaryIndexes != nil && len(in.GlobalSecondaryIndexes) == 0:
		return exception.Validation("One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty")
	case len(in.GlobalSecondaryIndexes) > maxGlobalIndexes:
		return exception.Validation("One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	for i, one := range in.LocalSecondaryIndexes {
		if err := addLocal(t, "localSecondaryIndexes."+strconv.Itoa(i+1)+".member", &one, types); err != nil {
			return err
		}
	}
	for i, one := range in.GlobalSecondaryIndexes {
		if err := addGlobal(t, "globalSecondaryIndexes."+strconv.Itoa(i+1)+".member", &one, types); err != nil {
			return err
		}
	}
	return includesFew(t)
}

func addLocal(t *table.Table, member string, in *indexInput, types map[string]string) error {
	x, err := in.index(member, types)
	if err != nil {
		return err
	}
	x.Local = true
	switch {
	case !x.Keys.HasSort():
		return exception.Validation("One or more parameter values were invalid: Index KeySchema does not have a range key for index: %s", x.Name)
	case x.Keys.Partition != t.Keys.Partition:
		return exception.Validation("One or more parameter values were invalid: Index KeySchema does not have the same leading hash key "+
			"as table KeySchema for index: %s. index hash key: %s, table hash key: %s", x.Name, x.Keys.Partition.Name, t.Keys.Partition.Name)
	}
	return add(t, x)
}

func addGlobal(t *table.Table, member string, in *indexInput, types map[string]string) error {
	if several(in.KeySchema) {
		return exception.Validation("Keys of several attributes are not supported by this store: that of index %s has %d", in.IndexName, len(in.KeySchema))
	}
	x, err := in.index(member, types)
	if err != nil {
		return err
	}
	if err := in.throughput(t, x); err != nil {
		return err
	}
	return add(t, x)
}

// throughput reads the units of a global index, which fit the billing mode of its table.
func (in *indexInput) throughput(t *table.Table, x *table.Index) (err error) {
	through := in.ProvisionedThroughput
	switch {
	case t.OnDemand && through != nil:
		return invalidValue("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", x.Name)
	case !t.OnDemand && through == nil:
		return invalidValue("ProvisionedThroughput is not specified for index: %s", x.Name)
	case through != nil:
		x.Read, x.Write = through.ReadCapacityUnits, through.WriteCapacityUnits
	}
	if in.OnDemandThroughput != nil {
		if x.Limits, err = in.OnDemandThroughput.limits(x.Name, t.OnDemand); err != nil {
			return err
		}
	}
	if in.WarmThroughput != nil {
		x.Warm, err = in.WarmThroughput.raise(x.Name, t.WarmUnitsOf(x))
	}
	return err
}

func add(t *table.Table, x *table.Index) error {
	if t.Index(x.Name) != nil {
		return exception.Validation("One or more parameter values were invalid: Duplicate index name: %s", x.Name)
	}
	t.Indexes = append(t.Indexes, x)
	return nil
}

// faults notes what breaks a rule of the API's model.
func (in *indexInput) faults(f *faults, member string, mostKeys int) {
	if in.IndexName == "" {
		f.missing(member + ".indexName")
	} else {
		f.name(member+".indexName", in.IndexName)
	}
	keySchemaFaults(f, member+".keySchema", in.KeySchema, mostKeys)
	if in.Projection == nil {
		f.missing(member + ".projection")
	} else {
		f.oneOf(member+".projection.projectionType", in.Projection.ProjectionType, table.ProjectAll, table.ProjectInclude, table.ProjectKeys)
	}
	if in.ProvisionedThroughput != nil {
		in.ProvisionedThroughput.faults(f, member+".provisionedThroughput")
	}
}

// index reads what both kinds of indexes have.
func (in *indexInput) index(member string, types map[string]string) (*table.Index, error) {
	x := &table.Index{Name: in.IndexName}
	var err error
	if x.Keys, err = readKeySchema(in.KeySchema, types); err != nil {
		return nil, err
	}
	x.Projection, err = in.projection(member + ".projection")
	return x, err
}

func (in *indexInput) projection(member string) (table.Projection, error) {
	var none table.Projection
	kind, names := in.Projection.ProjectionType, in.Projection.NonKeyAttributes
	switch {
	case names != nil && len(names) == 0:
		return none, exception.Constraint("'[]'", member+".nonKeyAttributes", "Member must have length greater than or equal to 1")
	case len(names) > maxIncluded:
		return none, exception.Constraint("'"+exception.List(names)+"'", member+".nonKeyAttributes", "Member must have length less than or equal to 20")
	case kind == "":
		return none, exception.Validation("One or more parameter values were invalid: Unknown ProjectionType: null")
	case kind != table.ProjectInclude && names != nil:
		return none, exception.Validation("One or more parameter values were invalid: ProjectionType is %s, but NonKeyAttributes is specified", kind)
	case kind == table.ProjectInclude && names == nil:
		return none, exception.Validation("One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	}
	seen := map[string]bool{}
	for _, name := range names {
		if len(name) < 1 || len(name) > 255 {
			return none, exception.Constraint("'"+exception.List(names)+"'", member+".nonKeyAttributes", "Member must satisfy constraint: "+
				"[Member must have length less than or equal to 255, Member must have length greater than or equal to 1]")
		}
		if seen[name] {
			return none, exception.Validation("One or more parameter values were invalid: Duplicate element in NonKeyAttributes: %s", name)
		}
		seen[name] = true
	}
	return table.Projection{ProjectionType: kind, NonKeyAttributes: names}, nil
}

// includesFew refuses more included attributes than the indexes of one table may have. AWS documents the
// limit, not the words.
func includesFew(t *table.Table) error {
	n := 0
	for _, x := range t.Indexes {
		n += len(x.Projection.NonKeyAttributes)
	}
	if n > maxIncludedInAll {
		return exception.Validation("One or more parameter values were invalid: The number of NonKeyAttributes of all indexes, %d, exceeds the per-table limit of %d",
			n, maxIncludedInAll)
	}
	return nil
}
