// Package dynamo keeps shipments in the pooled table TrackingData. It is the one place that knows the table, its
// keys and the credentials to reach it. Keys and credentials come from the tenant of the context. It refuses a row
// of another tenant, for whatever reason DynamoDB returned it.
package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Config is what a Store needs; all of it but Outage must be set.
type Config struct {
	AWS     aws.Config            // region, endpoint, HTTP client; its credentials are not used for the table
	Vending *tokenvending.Machine // credentials of the tenant in the context
	Table   string
	Audit   awscall.Auditor
	Outage  awscall.Outage // nil: nobody is told
}

// failures are what DynamoDB's errors mean: DynamoDB Developer Guide, "Error messages and codes".
var failures = awscall.Store{
	Denied:      "access to the tracking data was denied",
	Unavailable: "the tracking data is not reachable at the moment",
	TooSlow:     "the tracking data did not answer in time",
	Unusable:    detailInternal,
	Refusals: []string{
		"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException",
		"IncompleteSignatureException", "MissingAuthenticationTokenException",
	},
	Sessions: []string{"UnrecognizedClientException"},
	Expired:  []string{"ExpiredTokenException"},
	Broken:   []error{errNotAsked, tracking.ErrMalformed},
}

const detailInternal = "the tracking data could not be read"

// Store is a tracking.Store. It is safe for concurrent use.
//
// Its errors are problems: NotFound; Denied where IAM or STS refused (an alarm); Unavailable where DynamoDB or STS is
// unavailable or throttles; Timeout where the context ended; Internal for a bug or a row that makes no sense. Each call of AWS,
// allowed or not, is audited with the AWS request id and the session under which it was made.
type Store struct {
	client *dynamodb.Client
	calls  *awscall.Caller
	table  string
}

var _ tracking.Store = (*Store)(nil)

// New returns a Store.
func New(config Config) (*Store, error) {
	if config.Vending == nil || config.Table == "" {
		return nil, errors.New("dynamo: New needs the token vending machine and the table's name")
	}
	// One client for all tenants. Its credentials are set here, on the client itself: given to the configuration they
	// would be cached without regard to the tenant (see package tokenvending, "The trap").
	client := dynamodb.NewFromConfig(config.AWS, func(o *dynamodb.Options) {
		o.Credentials, o.HTTPSignerV4, o.HTTPClient = config.Vending, awscall.NewSigner(), awscall.InOnePiece(o.HTTPClient)
	})
	calls, err := awscall.New(awscall.Config{Vending: config.Vending, Audit: config.Audit, Outage: config.Outage, Store: failures})
	if err != nil {
		return nil, err
	}
	return &Store{client: client, calls: calls, table: config.Table}, nil
}

// Get returns the shipment, or a problem of kind NotFound.
func (s *Store) Get(ctx context.Context, id tracking.ShipmentID) (tracking.Shipment, error) {
	own, err := scopeOf(ctx)
	if err != nil {
		return tracking.Shipment{}, err
	}
	var shipment tracking.Shipment
	about := awscall.Access{Action: "dynamodb:GetItem", Resource: s.table + "/" + own.String() + "/" + id.String()}
	err = s.calls.Do(ctx, own.tenant, about, func() (middleware.Metadata, error) {
		out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal, Key: own.key(id)})
		if err != nil {
			return middleware.Metadata{}, err
		}
		spent(&out.ResultMetadata, out.ConsumedCapacity)
		if out.Item == nil {
			return out.ResultMetadata, problem.New(problem.NotFound, "no such shipment")
		}
		shipment, err = own.read(out.Item)
		if err == nil && shipment.ID != id {
			err = fmt.Errorf("%w: shipment %s", errNotAsked, shipment.ID)
		}
		return out.ResultMetadata, err
	})
	if err != nil {
		return tracking.Shipment{}, err
	}
	return shipment, nil
}

// List returns up to limit shipments after the id after (zero: from the first) in the order of their ids, and the id
// to go on after, zero where no more follow. It asks for one more than limit to know that.
func (s *Store) List(ctx context.Context, limit int, after tracking.ShipmentID) (
	[]tracking.Shipment, tracking.ShipmentID, error,
) {
	own, err := scopeOf(ctx)
	if err != nil {
		return nil, tracking.ShipmentID{}, err
	}
	var start map[string]types.AttributeValue
	if !after.IsZero() {
		start = own.key(after)
	}
	var page []tracking.Shipment
	for more := true; more && len(page) <= limit; more = start != nil {
		var rows []tracking.Shipment
		// A page of DynamoDB ends at 1 MB too: DynamoDB Developer Guide, "Paginating table query results".
		rows, start, err = s.query(ctx, own, limit+1-len(page), start)
		if err != nil {
			return nil, tracking.ShipmentID{}, err
		}
		page = append(page, rows...)
	}
	if len(page) <= limit {
		return page, tracking.ShipmentID{}, nil
	}
	return page[:limit], page[limit-1].ID, nil
}

// query returns one page of DynamoDB and the key to go on after, nil at the end.
func (s *Store) query(ctx context.Context, own scope, limit int, start map[string]types.AttributeValue) (
	rows []tracking.Shipment, next map[string]types.AttributeValue, err error,
) {
	about := awscall.Access{Action: "dynamodb:Query", Resource: s.table + "/" + own.String()}
	err = s.calls.Do(ctx, own.tenant, about, func() (middleware.Metadata, error) {
		out, err := s.client.Query(ctx, &dynamodb.QueryInput{
			TableName:                 &s.table,
			KeyConditionExpression:    aws.String(partitionKey + " = :tenant"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":tenant": own.partition()},
			Limit:                     aws.Int32(int32(limit)),
			ExclusiveStartKey:         start,
			ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
		})
		if err != nil {
			return middleware.Metadata{}, err
		}
		spent(&out.ResultMetadata, out.ConsumedCapacity)
		rows, err = own.readAll(out.Items)
		if err == nil && out.LastEvaluatedKey != nil {
			next, err = own.ownKey(out.LastEvaluatedKey)
		}
		return out.ResultMetadata, err
	})
	return rows, next, err
}

// spent notes the capacity units that an answer names, for the audit log.
func spent(answer *middleware.Metadata, capacity *types.ConsumedCapacity) {
	if capacity != nil {
		awscall.Spend(answer, aws.ToFloat64(capacity.CapacityUnits))
	}
}
