package request

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

const onlyOperation = "%s modification must be the only operation in the request"

// alone refuses an update that asks for nothing, or for what AWS does not change together.
func (in *updateTableInput) alone() error {
	capacity := in.BillingMode != "" || in.ProvisionedThroughput != nil
	kinds := 0
	for _, given := range []bool{
		capacity || in.OnDemandThroughput != nil, in.GlobalSecondaryIndexUpdates != nil, in.WarmThroughput != nil,
		in.DeletionProtectionEnabled != nil, in.TableClass != "", in.SSESpecification != nil,
	} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		return exception.Validation("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, " +
			"SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, " +
			"OnDemandThroughput, WarmThroughput or TableClass is required")
	case in.OnDemandThroughput != nil && (in.ProvisionedThroughput != nil || kinds > 1):
		return invalidValue("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
	case kinds == 1:
		return nil
	case in.SSESpecification != nil:
		return invalidValue(onlyOperation, "Server-Side Encryption")
	case in.TableClass != "":
		return invalidValue(onlyOperation, "TableClass")
	case in.DeletionProtectionEnabled != nil:
		return invalidValue(onlyOperation, "DeletionProtection")
	case in.WarmThroughput != nil:
		return invalidValue("WarmThroughput must be the only operation in the request")
	}
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if u.Create != nil || u.Delete != nil {
			return invalidValue("You cannot create or delete index while updating table IOPS")
		}
	}
	return nil
}

// settings changes what the table is made with beside its keys and indexes.
func (u *UpdateTable) settings(t *table.Table) (err error) {
	in := &u.in
	if err := u.billing(t); err != nil {
		return err
	}
	if in.OnDemandThroughput != nil {
		if t.Limits, err = in.OnDemandThroughput.limits("", t.OnDemand); err != nil {
			return err
		}
	}
	if in.WarmThroughput != nil {
		if t.Warm, err = in.WarmThroughput.raise("", t.WarmUnits()); err != nil {
			return err
		}
	}
	if in.DeletionProtectionEnabled != nil {
		t.Protected = *in.DeletionProtectionEnabled
	}
	if in.TableClass != "" {
		if err := readClass(in.TableClass); err != nil {
			return err
		}
		t.Class, t.ClassSince = in.TableClass, u.now
	}
	if in.SSESpecification != nil {
		return u.encryption(t)
	}
	return nil
}

func (u *UpdateTable) encryption(t *table.Table) error {
	key, err := u.in.SSESpecification.key(u.place)
	switch {
	case err != nil:
		return err
	case key == "" && t.KMSKey == "":
		return invalidValue("Table is already encrypted by default")
	case key == t.KMSKey:
		return invalidValue("Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key")
	}
	t.KMSKey = key
	return nil
}

// billing changes billing mode and capacity.
func (u *UpdateTable) billing(t *table.Table) error {
	in, through := &u.in, u.in.ProvisionedThroughput
	onDemand := t.OnDemand
	if in.BillingMode != "" {
		onDemand = in.BillingMode == "PAY_PER_REQUEST"
	}
	switch {
	case onDemand && through != nil:
		return invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case onDemand && !t.OnDemand:
		t.OnDemandSince = u.now
		t.OnDemand, t.Read, t.Write = true, 0, 0
		eachGlobal(t, func(x *table.Index) { x.Read, x.Write = 0, 0 })
		return nil
	case onDemand || through == nil && !t.OnDemand:
		return nil
	case through == nil:
		return invalidValue("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	}
	if err := through.bounded(); err != nil {
		return err
	}
	if !t.OnDemand && t.Read == through.ReadCapacityUnits && t.Write == through.WriteCapacityUnits && len(in.GlobalSecondaryIndexUpdates) == 0 {
		return exception.Validation("The provisioned throughput for the table will not change. The requested value equals the current value. "+
			"Current ReadCapacityUnits provisioned for the table: %d. Requested ReadCapacityUnits: %d. "+
			"Current WriteCapacityUnits provisioned for the table: %d. Requested WriteCapacityUnits: %d. "+
			"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
			t.Read, through.ReadCapacityUnits, t.Write, through.WriteCapacityUnits)
	}
	t.OnDemand, t.Limits, t.Read, t.Write = false, nil, through.ReadCapacityUnits, through.WriteCapacityUnits
	eachGlobal(t, func(x *table.Index) { x.Limits = nil })
	return nil
}

// eachGlobal changes each global index. Indexes are immutable: another takes its place, of the same ID.
func eachGlobal(t *table.Table, change func(*table.Index)) {
	for i, x := range t.Indexes {
		if !x.Local {
			next := *x
			change(&next)
			t.Indexes[i] = &next
		}
	}
}

// updateIndex changes the throughput of a global index.
func updateIndex(t *table.Table, in *indexInput) error {
	i := t.IndexAt(in.IndexName)
	switch {
	case i < 0:
		return exception.ResourceNotFound()
	case t.Indexes[i].Local:
		return exception.Validation("Cannot update an index that is not a GlobalSecondaryIndex: %s", in.IndexName)
	}
	next, through := *t.Indexes[i], in.ProvisionedThroughput
	switch {
	case t.OnDemand && through != nil:
		return invalidValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: %s when BillingMode is PAY_PER_REQUEST", next.Name)
	case through == nil && in.OnDemandThroughput == nil && in.WarmThroughput == nil:
		return invalidValue("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: %s", next.Name)
	}
	if through == nil && !t.OnDemand {
		in.ProvisionedThroughput = &provisionedThroughput{next.Read, next.Write}
	}
	if err := in.throughput(t, &next); err != nil {
		return err
	}
	t.Indexes[i] = &next
	return nil
}

// provisionsIndexes refuses a change to provisioned capacity that leaves an index without.
func provisionsIndexes(t *table.Table) error {
	for _, x := range t.Indexes {
		if !t.OnDemand && !x.Local && x.Read == 0 {
			return invalidValue("ProvisionedThroughput must be specified for index: %s", x.Name)
		}
	}
	return nil
}
