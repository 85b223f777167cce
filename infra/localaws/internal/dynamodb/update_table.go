package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

type updateTableInput struct {
	TableName                   string
	AttributeDefinitions        []attributeDefinition
	GlobalSecondaryIndexUpdates []indexUpdate
	unsupportedUpdates
}

// unsupportedUpdates are what UpdateTable could change besides, and the store does not.
type unsupportedUpdates struct {
	BillingMode, ProvisionedThroughput, OnDemandThroughput, WarmThroughput         jsontext.Value
	DeletionProtectionEnabled, TableClass, SSESpecification                        jsontext.Value
	StreamSpecification, ReplicaUpdates, GlobalTableWitnessUpdates                 jsontext.Value
	MultiRegionConsistency, GlobalTableSettingsReplicationMode, VectorIndexUpdates jsontext.Value
}

type indexUpdate struct {
	Create *indexInput
	Delete *struct{ IndexName string }
	Update *struct{ IndexName string }
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

// updateTable creates or deletes one global index. The index is there, and filled, when it is answered.
func updateTable(r *reading) (answer, error) {
	var in updateTableInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	t, err := r.target("tableName", in.TableName)
	if err != nil {
		return nil, err
	}
	return func(context.Context) (any, error) {
		if err := in.check(); err != nil {
			return nil, err
		}
		if t.table == nil {
			return nil, exception.TableNotFound(t.name)
		}
		next, err := r.store.alter(t.table, in.apply)
		if err != nil {
			return nil, err
		}
		sum, err := r.store.sizes(next)
		return struct{ TableDescription *tableDescription }{next.describe(t.arn, sum)}, err
	}, nil
}

// check refuses what is wrong whatever the table is.
func (in *updateTableInput) check() error {
	if err := in.supported(); err != nil {
		return err
	}
	switch {
	case in.GlobalSecondaryIndexUpdates == nil:
		return exception.Validation("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, " +
			"SSESpecification, ReplicaUpdates, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required")
	case len(in.GlobalSecondaryIndexUpdates) == 0:
		return exception.Validation("One or more parameter values were invalid: List of GlobalSecondaryIndexUpdates is empty")
	}
	seen := map[string]bool{}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		actions := 0
		for _, given := range []bool{u.Create != nil, u.Delete != nil, u.Update != nil} {
			if given {
				actions++
			}
		}
		switch {
		case actions == 0:
			return exception.Validation("One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, " +
				"GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
		case actions > 1:
			return exception.Validation("One or more parameter values were invalid: Only one global secondary index action is allowed " +
				"per GlobalSecondaryIndexUpdate object")
		case seen[u.name()]:
			return exception.Validation("One or more parameter values were invalid: Only one global secondary index update per index is allowed "+
				"simultaneously. Index: %s", u.name())
		case u.Update != nil:
			return exception.Validation("GlobalSecondaryIndexUpdate.Update is not supported by this store")
		}
		seen[u.name()] = true
	}
	if len(seen) > 1 {
		return exception.New("LimitExceededException", "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table")
	}
	return nil
}

func (in *updateTableInput) supported() error {
	for _, one := range []struct {
		name  string
		value jsontext.Value
	}{
		{"BillingMode", in.BillingMode}, {"ProvisionedThroughput", in.ProvisionedThroughput},
		{"OnDemandThroughput", in.OnDemandThroughput}, {"WarmThroughput", in.WarmThroughput},
		{"DeletionProtectionEnabled", in.DeletionProtectionEnabled}, {"TableClass", in.TableClass},
		{"SSESpecification", in.SSESpecification}, {"StreamSpecification", in.StreamSpecification},
		{"ReplicaUpdates", in.ReplicaUpdates}, {"GlobalTableWitnessUpdates", in.GlobalTableWitnessUpdates},
		{"MultiRegionConsistency", in.MultiRegionConsistency}, {"VectorIndexUpdates", in.VectorIndexUpdates},
		{"GlobalTableSettingsReplicationMode", in.GlobalTableSettingsReplicationMode},
	} {
		if given(one.value) {
			return exception.Validation("UpdateTable of %s is not supported by this store", one.name)
		}
	}
	return nil
}

// apply makes the change to a table that nobody sees yet.
func (in *updateTableInput) apply(tx *bbolt.Tx, t *table) error {
	u := &in.GlobalSecondaryIndexUpdates[0]
	if u.Delete != nil {
		return t.deleteIndex(tx, u.name())
	}
	return t.createIndex(tx, u.Create, in.AttributeDefinitions)
}

func (t *table) deleteIndex(tx *bbolt.Tx, name string) error {
	x := t.index(name)
	switch {
	case x == nil:
		return exception.ResourceNotFound()
	case x.Local:
		return exception.Validation("Cannot delete an index that is not a GlobalSecondaryIndex: %s", name)
	}
	t.Indexes = slices.DeleteFunc(t.Indexes, func(one *index) bool { return one == x })
	t.Attributes = slices.DeleteFunc(t.Attributes, func(d attributeDefinition) bool { return !t.keyNames()[d.AttributeName] })
	return dropBucket(tx, x.bucket())
}

// createIndex adds an index of the attributes that the table defines or definitions add, and fills it from
// the table's items: those whose attributes cannot be its key stay out of it ("Managing Global Secondary
// Indexes in DynamoDB", DynamoDB Developer Guide). Definitions that no key uses are not kept.
func (t *table) createIndex(tx *bbolt.Tx, in *indexInput, definitions []attributeDefinition) error {
	if t.index(in.IndexName) != nil {
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
	if err := t.addGlobal("globalSecondaryIndexUpdates.1.member.create", in, types); err != nil {
		return err
	}
	if err := t.includesFew(); err != nil {
		return err
	}
	if len(t.Indexes)-t.locals() > maxGlobalIndexes {
		return exception.New("LimitExceededException",
			"One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of %d", maxGlobalIndexes)
	}
	t.define(types)
	return t.fill(tx, t.Indexes[len(t.Indexes)-1])
}

// locals is how many local indexes the table has.
func (t *table) locals() int {
	n := 0
	for _, x := range t.Indexes {
		if x.Local {
			n++
		}
	}
	return n
}

// define adds definitions of the key attributes that have none, in the order of their names.
func (t *table) define(types map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(t.keyNames())) {
		if !slices.ContainsFunc(t.Attributes, func(d attributeDefinition) bool { return d.AttributeName == name }) {
			t.Attributes = append(t.Attributes, attributeDefinition{name, types[name]})
		}
	}
}

// fill creates the index's bucket, with the entries of the items that are there.
func (t *table) fill(tx *bbolt.Tx, x *index) error {
	if err := x.create(tx); err != nil {
		return err
	}
	return tx.Bucket(t.bucket()).ForEach(func(key, value []byte) error {
		r, err := decodeRecord(value)
		if err != nil {
			return err
		}
		item, err := r.item()
		if err != nil {
			return err
		}
		_, err = x.move(tx, t, key, nil, item)
		return err
	})
}

// alter puts a changed table in the place of the one that was read, unless that is gone. Writes that were
// read before it find the new one in the catalog.
func (s *store) alter(t *table, change func(*bbolt.Tx, *table) error) (*table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.tables[t.Name]
	if now == nil || now.ID != t.ID {
		return nil, exception.TableNotFound(t.Name)
	}
	next := *now
	next.Indexes, next.Attributes = slices.Clone(now.Indexes), slices.Clone(now.Attributes)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := change(tx, &next); err != nil {
			return err
		}
		return next.keep(tx)
	})
	if err != nil {
		return nil, err
	}
	s.tables[t.Name] = &next
	return &next, nil
}
