package request

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// UpdateTimeToLive is a reading of that operation.
type UpdateTimeToLive struct {
	*Target
	in timeToLiveInput
}

type timeToLiveInput struct {
	TableName               *string
	TimeToLiveSpecification *TimeToLive
}

// TimeToLive is TimeToLiveSpecification, as the API has it.
type TimeToLive struct {
	AttributeName string
	Enabled       *bool
}

func readUpdateTimeToLive(r *reading) (any, error) {
	u := new(UpdateTimeToLive)
	err := r.decode(&u.in)
	if err == nil {
		u.Target, err = r.table(u.in.TableName)
	}
	return u, err
}

// Specification is what was asked for, and is answered.
func (u *UpdateTimeToLive) Specification() *TimeToLive { return u.in.TimeToLiveSpecification }

// Check refuses, with an *api.Error, what is wrong for all tables. The answer calls it, for the reason given at
// CreateTable.Table.
func (u *UpdateTimeToLive) Check() error {
	const member = "timeToLiveSpecification"
	spec := u.in.TimeToLiveSpecification
	switch {
	case spec == nil:
		return exception.Missing(member)
	case spec.Enabled == nil:
		return exception.Missing(member + ".enabled")
	case spec.AttributeName == "":
		return exception.Constraint("''", member+".attributeName", "Member must have length greater than or equal to 1")
	case len(spec.AttributeName) > 255:
		return exception.Constraint("'"+spec.AttributeName+"'", member+".attributeName", "Member must have length less than or equal to 255")
	}
	return nil
}

// Apply changes a copy of the table that no request sees yet. AWS refuses a second change within an hour, too; the store
// does not.
func (u *UpdateTimeToLive) Apply(t *table.Table) error {
	spec := u.in.TimeToLiveSpecification
	switch {
	case !*spec.Enabled && t.ExpiresBy == "":
		return exception.Validation("TimeToLive is already disabled")
	case t.ExpiresBy != "" && t.ExpiresBy != spec.AttributeName:
		return exception.Validation("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.ExpiresBy)
	case *spec.Enabled && t.ExpiresBy != "":
		return exception.Validation("TimeToLive is already enabled")
	case *spec.Enabled:
		t.ExpiresBy = spec.AttributeName
	default:
		t.ExpiresBy = ""
	}
	return nil
}
