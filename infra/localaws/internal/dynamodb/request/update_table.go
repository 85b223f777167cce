package request

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

type updateTableInput struct {
	TableName                   *string
	AttributeDefinitions        awsjson.List[table.AttributeDefinition, settings]
	GlobalSecondaryIndexUpdates awsjson.List[indexUpdate, settings]
	BillingMode                 string
	ProvisionedThroughput       *provisionedThroughput
	OnDemandThroughput          *onDemandInput
	WarmThroughput              *warmInput
	DeletionProtectionEnabled   *bool
	TableClass                  string
	SSESpecification            *sseInput
	StreamSpecification         *struct{ StreamEnabled bool }
	unsupportedUpdates
}

// unsupportedUpdates are what UpdateTable could change besides, and the store does not.
type unsupportedUpdates struct {
	ReplicaUpdates, GlobalTableWitnessUpdates, MultiRegionConsistency jsontext.Value
	GlobalTableSettingsReplicationMode, VectorIndexUpdates            jsontext.Value
}

type indexUpdate struct {
	Create *indexInput
	Delete *struct{ IndexName string }
	Update *indexInput // with no key schema and no projection
}

// name is the index that one update names.
func (u *indexUpdate) name() string {
	switch {
	case u.Create != nil:
		return u.Create.IndexName
	case u.Delete != nil:
		return u.Delete.IndexName
	}
	return u.Update.IndexName
}

// UpdateTable is a reading of an UpdateTable.
type UpdateTable struct {
	Target *Target
	place  place
	now    time.Time
	in     updateTableInput
}

func readUpdateTable(r *reading) (any, error) {
	var in updateTableInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	t, err := r.table(in.TableName)
	if err != nil {
		return nil, err
	}
	return &UpdateTable{Target: t, place: r.place, now: r.req.Now.UTC(), in: in}, nil
}

// Check refuses, with an *api.Error, an update that is wrong for all tables, or that the store does not support.
// The answer calls it, for the reason given at CreateTable.Table.
func (u *UpdateTable) Check() error {
	if err := u.in.shape(); err != nil {
		return err
	}
	if err := u.in.supported(); err != nil {
		return err
	}
	if err := u.in.alone(); err != nil {
		return err
	}
	return u.in.checkIndexes()
}

// Apply makes the change to a copy of the table that no request sees yet. A change that does not fit the table is
// an *api.Error.
func (u *UpdateTable) Apply(t *table.Table) error {
	if err := u.settings(t); err != nil {
		return err
	}
	for _, one := range u.in.GlobalSecondaryIndexUpdates {
		var err error
		switch {
		case one.Delete != nil:
			err = deleteIndex(t, one.name())
		case one.Create != nil:
			err = createIndex(t, one.Create, u.in.AttributeDefinitions)
		default:
			err = updateIndex(t, one.Update)
		}
		if err != nil {
			return err
		}
	}
	return provisionsIndexes(t)
}

// shape refuses, all at once, what breaks a rule of the API's model.
func (in *updateTableInput) shape() error {
	var f faults
	f.oneOf("billingMode", in.BillingMode, "PROVISIONED", "PAY_PER_REQUEST")
	if in.AttributeDefinitions != nil {
		definitionFaults(&f, in.AttributeDefinitions)
	}
	if in.ProvisionedThroughput != nil {
		in.ProvisionedThroughput.faults(&f, "provisionedThroughput")
	}
	for i, u := range in.GlobalSecondaryIndexUpdates {
		member := fmt.Sprintf("globalSecondaryIndexUpdates.%d.member", i+1)
		switch {
		case u.Create != nil:
			u.Create.faults(&f, member+".create", maxIndexKeys)
		case u.Update != nil && u.Update.ProvisionedThroughput != nil:
			u.Update.ProvisionedThroughput.faults(&f, member+".update.provisionedThroughput")
		}
	}
	return f.err()
}

// checkIndexes refuses what no table's indexes can become.
func (in *updateTableInput) checkIndexes() error {
	if in.GlobalSecondaryIndexUpdates != nil && len(in.GlobalSecondaryIndexUpdates) == 0 {
		return invalidValue("List of GlobalSecondaryIndexUpdates is empty")
	}
	seen, online := map[string]bool{}, 0
	for _, u := range in.GlobalSecondaryIndexUpdates {
		actions := 0
		for _, given := range []bool{u.Create != nil, u.Delete != nil, u.Update != nil} {
			if given {
				actions++
			}
		}
		switch {
		case actions == 0:
			return invalidValue("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
		case actions > 1:
			return invalidValue("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object")
		case seen[u.name()]:
			return invalidValue("Only one global secondary index update per index is allowed simultaneously. Index: %s", u.name())
		case u.Update == nil:
			online++
		}
		seen[u.name()] = true
	}
	if online > 1 {
		return exception.New("LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	return nil
}

func (in *updateTableInput) supported() error {
	for _, one := range []struct {
		name  string
		value jsontext.Value
	}{
		{"ReplicaUpdates", in.ReplicaUpdates}, {"GlobalTableWitnessUpdates", in.GlobalTableWitnessUpdates},
		{"MultiRegionConsistency", in.MultiRegionConsistency}, {"VectorIndexUpdates", in.VectorIndexUpdates},
		{"GlobalTableSettingsReplicationMode", in.GlobalTableSettingsReplicationMode},
	} {
		if given(one.value) {
			return exception.Validation("UpdateTable of %s is not supported by this store", one.name)
		}
	}
	switch {
	case in.StreamSpecification == nil:
		return nil
	case in.StreamSpecification.StreamEnabled:
		return exception.Validation("Streams are not supported by this store")
	}
	return exception.Validation("Table has no stream to disable: TableName: %s", *in.TableName)
}

func deleteIndex(t *table.Table, name string) error {
	x := t.Index(name)
	switch {
	case x == nil:
		return exception.ResourceNotFound()
	case x.Local:
		return exception.Validation("Cannot delete an index that is not a GlobalSecondaryIndex: %s", name)
	}
	t.Indexes = slices.DeleteFunc(t.Indexes, func(one *table.Index) bool { return one == x })
	t.Attributes = slices.DeleteFunc(t.Attributes, func(d table.AttributeDefinition) bool { return !keyNames(t)[d.AttributeName] })
	return nil
}

// createIndex adds an index of the attributes that the table defines or definitions add ("Managing Global
// Secondary Indexes in DynamoDB", DynamoDB Developer Guide). Definitions that no key uses are not kept.
func createIndex(t *table.Table, in *indexInput, definitions []table.AttributeDefinition) error {
	if t.Index(in.IndexName) != nil {
		return exception.Validation("Attempting to create an index which already exists")
	}
	if len(definitions) == 0 {
		return exception.Validation("One or more parameter values were invalid: AttributeDefinitions is not specified for index: %s", in.IndexName)
	}
	types, err := readDefinitions(definitions)
	if err != nil {
		return err
	}
	for _, d := range t.Attributes {
		if kind, ok := types[d.AttributeName]; ok && kind != d.AttributeType {
			return exception.Validation("One or more parameter values were invalid: Attribute %s is defined as %s already", d.AttributeName, d.AttributeType)
		}
		types[d.AttributeName] = d.AttributeType
	}
	if err := addGlobal(t, "globalSecondaryIndexUpdates.1.member.create", in, types); err != nil {
		return err
	}
	if err := includesFew(t); err != nil {
		return err
	}
	if len(t.Indexes)-locals(t) > maxGlobalIndexes {
		return exception.New("LimitExceededException",
			"One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	define(t, types)
	return nil
}

// locals is how many local indexes the table has.
func locals(t *table.Table) int {
	n := 0
	for _, x := range t.Indexes {
		if x.Local {
			n++
		}
	}
	return n
}

// define adds definitions of the key attributes that have none, in the order of their names.
func define(t *table.Table, types map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(keyNames(t))) {
		if !slices.ContainsFunc(t.Attributes, func(d table.AttributeDefinition) bool { return d.AttributeName == name }) {
			t.Attributes = append(t.Attributes, table.AttributeDefinition{AttributeName: name, AttributeType: types[name]})
		}
	}
}
