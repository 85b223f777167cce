package request

import (
	"time"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// DescribeContinuousBackups is a reading of that operation.
type DescribeContinuousBackups struct {
	*Target
	Now time.Time
}

func readDescribeContinuousBackups(r *reading) (any, error) {
	t, err := r.named()
	return &DescribeContinuousBackups{t, r.req.Now.UTC()}, err
}

// UpdateContinuousBackups is a reading of that operation.
type UpdateContinuousBackups struct {
	*Target
	Now time.Time
	in  recoveryInput
}

type recoveryInput struct {
	TableName                        *string
	PointInTimeRecoverySpecification *struct {
		PointInTimeRecoveryEnabled *bool
		RecoveryPeriodInDays       *int
	}
}

func readUpdateContinuousBackups(r *reading) (any, error) {
	u := &UpdateContinuousBackups{Now: r.req.Now.UTC()}
	err := r.decode(&u.in)
	if err == nil {
		u.Target, err = r.table(u.in.TableName)
	}
	return u, err
}

// maxRecoveryDays is the recovery period where none is named, too.
const maxRecoveryDays = 35

// Check refuses, with an *api.Error, what is wrong for all tables. The answer calls it, for the reason given at
// CreateTable.Table.
func (u *UpdateContinuousBackups) Check() error {
	const member = "pointInTimeRecoverySpecification"
	spec := u.in.PointInTimeRecoverySpecification
	switch {
	case spec == nil:
		return exception.Missing(member)
	case spec.PointInTimeRecoveryEnabled == nil:
		return exception.Missing(member + ".pointInTimeRecoveryEnabled")
	case spec.RecoveryPeriodInDays == nil:
		return nil
	}
	var f faults
	f.between(member+".recoveryPeriodInDays", *spec.RecoveryPeriodInDays, 1, maxRecoveryDays)
	if len(f) == 0 && !*spec.PointInTimeRecoveryEnabled {
		return exception.Validation("Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.")
	}
	return f.err()
}

// Apply changes a copy of the table that no request sees yet.
func (u *UpdateContinuousBackups) Apply(t *table.Table) error {
	spec := u.in.PointInTimeRecoverySpecification
	if !*spec.PointInTimeRecoveryEnabled {
		t.Recovery = nil
		return nil
	}
	next := table.Recovery{Since: u.Now, Days: maxRecoveryDays}
	if t.Recovery != nil {
		next = *t.Recovery
	}
	if spec.RecoveryPeriodInDays != nil {
		next.Days = *spec.RecoveryPeriodInDays
	}
	t.Recovery = &next
	return nil
}
