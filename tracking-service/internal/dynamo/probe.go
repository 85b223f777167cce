package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Probe sends what the isolation check asks of the table, with a session of the first reserved tenant. It is the one place
// where key and session may be of two tenants, and neither can be a customer's. It reads no row that it gets.
type Probe struct {
	client   *dynamodb.Client
	table    string
	shipment tracking.ShipmentID
}

// probeShipment is the id of a shipment that no reserved tenant has.
const probeShipment = "isolation-check"

// NewProbe returns a Probe of the table. vending hands out sessions of the tenant in the context.
func NewProbe(config aws.Config, vending aws.CredentialsProvider, table string) (*Probe, error) {
	shipment, err := tracking.ParseShipmentID(probeShipment)
	if err != nil || vending == nil || table == "" {
		return nil, errors.Join(errors.New("dynamo: NewProbe needs a provider of sessions and the table's name"), err)
	}
	client := dynamodb.NewFromConfig(config, func(o *dynamodb.Options) { o.Credentials = vending })
	return &Probe{client: client, table: table, shipment: shipment}, nil
}

// Own asks for a key of the reserved tenant whose session it uses.
func (p *Probe) Own(ctx context.Context) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	return p.get(ctx, a)
}

// Other asks, with the same session, for the same key of the other reserved tenant.
func (p *Probe) Other(ctx context.Context) (audit.Record, error) {
	_, b := tenant.IsolationCheck()
	return p.get(ctx, b)
}

// get returns what is known of the call for its audit record, and AWS's answer as it is.
func (p *Probe) get(ctx context.Context, owner tenant.ID) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	key := scope{tenant: owner}.key(p.shipment)
	out, err := p.client.GetItem(tenant.NewContext(ctx, a), &dynamodb.GetItemInput{TableName: &p.table, Key: key})
	var metadata middleware.Metadata
	if out != nil {
		metadata = out.ResultMetadata
	}
	return audit.Record{
		Tenant: a.String(), Action: "dynamodb:GetItem", Resource: p.table + "/" + owner.String() + "/" + p.shipment.String(),
		AWSRequestID: awscall.RequestID(metadata, err),
	}, err
}
