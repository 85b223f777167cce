package answer

import (
	"time"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

type timeToLiveDescription struct {
	TimeToLiveStatus string
	AttributeName    string `json:",omitempty"`
}

func describeTimeToLive(q *request.DescribeTimeToLive) (any, error) {
	if q.Table == nil {
		return nil, exception.TableNotFound(q.Name)
	}
	d := timeToLiveDescription{TimeToLiveStatus: "DISABLED"}
	if q.Table.ExpiresBy != "" {
		d = timeToLiveDescription{"ENABLED", q.Table.ExpiresBy}
	}
	return struct{ TimeToLiveDescription timeToLiveDescription }{d}, nil
}

func updateTimeToLive(s *store.Store, q *request.UpdateTimeToLive) (any, error) {
	_, err := alter(s, q.Target, q)
	return struct{ TimeToLiveSpecification *request.TimeToLive }{q.Specification()}, err
}

type continuousBackups struct {
	ContinuousBackupsDescription struct {
		ContinuousBackupsStatus        string
		PointInTimeRecoveryDescription recoveryDescription
	}
}

type recoveryDescription struct {
	PointInTimeRecoveryStatus  string
	RecoveryPeriodInDays       int     `json:",omitzero"`
	EarliestRestorableDateTime float64 `json:",omitzero"` // seconds since 1970, as the next
	LatestRestorableDateTime   float64 `json:",omitzero"`
}

func describeContinuousBackups(q *request.DescribeContinuousBackups) (any, error) {
	if q.Table == nil {
		return nil, exception.TableNotFound(q.Name)
	}
	return backupsOf(q.Table, q.Now), nil
}

func updateContinuousBackups(s *store.Store, q *request.UpdateContinuousBackups) (any, error) {
	next, err := alter(s, q.Target, q)
	if err != nil {
		return nil, err
	}
	return backupsOf(next, q.Now), nil
}

// backupsOf says what AWS would: a table always has continuous backups, and point-in-time recovery where it is enabled.
func backupsOf(t *table.Table, now time.Time) *continuousBackups {
	out := new(continuousBackups)
	d := &out.ContinuousBackupsDescription
	d.ContinuousBackupsStatus, d.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus = "ENABLED", "DISABLED"
	if r := t.Recovery; r != nil {
		earliest := now.AddDate(0, 0, -r.Days)
		if earliest.Before(r.Since) {
			earliest = r.Since
		}
		d.PointInTimeRecoveryDescription = recoveryDescription{"ENABLED", r.Days, seconds(earliest), seconds(now)}
	}
	return out
}

func resourceNotFound(arn string) error {
	return exception.New("ResourceNotFoundException", "Requested resource not found: ResourcArn: %s not found", arn)
}

func listTags(q *request.ListTags) (any, error) {
	if q.Table == nil {
		return nil, resourceNotFound(q.ARN)
	}
	return struct{ Tags []table.Tag }{append([]table.Tag{}, q.Table.Tags...)}, nil
}

// getResourcePolicy answers that a table has no policy: localaws takes none. Who looks for what else may use a table asks it.
func getResourcePolicy(q *request.GetResourcePolicy) (any, error) {
	if q.Table == nil {
		return nil, resourceNotFound(q.ARN)
	}
	return nil, exception.New("PolicyNotFoundException", "Resource-based policy not found for the provided ResourceArn: %s", q.ARN)
}

// changeTags has an answer without members.
func changeTags(s *store.Store, q *request.ChangeTags) (any, error) {
	if q.Table == nil {
		if err := q.Check(); err != nil {
			return nil, err
		}
		return nil, resourceNotFound(q.ARN)
	}
	_, err := alter(s, &request.Target{Name: q.Table.Name, Table: q.Table}, q)
	return struct{}{}, err
}
