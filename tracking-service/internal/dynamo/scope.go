package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// The table's key attributes.
const (
	partitionKey = "TenantID"
	sortKey      = "ShipmentID"
)

// Errors for rows that DynamoDB should never return; the store refuses them. A foreign row belongs to another tenant: a
// policy was too wide, and the audit log has an alarm.
var (
	errForeignRow = fmt.Errorf("dynamo: %w: a row", awscall.ErrForeign)
	errNotAsked   = errors.New("dynamo: something was answered that was not asked for")
)

// scope is one tenant's part of the table. It makes all keys, and checks all rows.
type scope struct{ tenant tenant.ID }

// scopeOf returns the scope of the tenant in ctx: the only place where a tenant becomes a key.
func scopeOf(ctx context.Context) (scope, error) {
	id, err := tenant.FromContext(ctx)
	if err != nil {
		return scope{}, problem.Wrap(problem.Internal, err, detailInternal)
	}
	return scope{tenant: id}, nil
}

// String returns the tenant.
func (s scope) String() string { return s.tenant.String() }

func (s scope) partition() types.AttributeValue {
	return &types.AttributeValueMemberS{Value: s.tenant.String()}
}

func (s scope) key(id tracking.ShipmentID) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		partitionKey: s.partition(), sortKey: &types.AttributeValueMemberS{Value: id.String()},
	}
}

// ownKey returns a key of this scope for the same shipment as key, which DynamoDB answered.
func (s scope) ownKey(key map[string]types.AttributeValue) (map[string]types.AttributeValue, error) {
	if err := s.holds(key); err != nil {
		return nil, err
	}
	text, _ := key[sortKey].(*types.AttributeValueMemberS)
	if text == nil {
		return nil, fmt.Errorf("%w: a key without %s", errNotAsked, sortKey)
	}
	id, err := tracking.ParseShipmentID(text.Value)
	if err != nil {
		return nil, malformed(text.Value, err)
	}
	return s.key(id), nil
}

// holds returns errForeignRow unless row's partition key is the scope's tenant.
func (s scope) holds(row map[string]types.AttributeValue) error {
	owner, ok := row[partitionKey].(*types.AttributeValueMemberS)
	if !ok || owner.Value != s.tenant.String() {
		return errForeignRow
	}
	return nil
}

// read returns the shipment in row.
func (s scope) read(row map[string]types.AttributeValue) (tracking.Shipment, error) {
	if err := s.holds(row); err != nil {
		return tracking.Shipment{}, err
	}
	return decode(row)
}

func (s scope) readAll(rows []map[string]types.AttributeValue) ([]tracking.Shipment, error) {
	shipments := make([]tracking.Shipment, 0, len(rows))
	for _, row := range rows {
		shipment, err := s.read(row)
		if err != nil {
			return nil, err
		}
		shipments = append(shipments, shipment)
	}
	return shipments, nil
}

// write returns the row that holds shipment, in this scope.
func (s scope) write(shipment tracking.Shipment) (map[string]types.AttributeValue, error) {
	row, err := encode(shipment)
	if err != nil {
		return nil, err
	}
	for name, value := range s.key(shipment.ID) {
		row[name] = value
	}
	return row, nil
}
