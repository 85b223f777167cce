package opensearch

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Probe sends what the isolation check asks of the domain, with a session of the first reserved tenant. It is the one place where
// index and session may be of two tenants, and neither can be a customer's.
type Probe struct {
	sender   *sender
	shipment tracking.ShipmentID
	body     []byte
}

// probeShipment is the id of a shipment that no reserved tenant has.
const probeShipment = "isolation-check"

// NewProbe returns a Probe of the domain at endpoint. vending hands out sessions of the tenant in the context.
func NewProbe(config aws.Config, vending aws.CredentialsProvider, endpoint string) (*Probe, error) {
	sender, errSender := newSender(config, endpoint, vending)
	shipment, errShipment := tracking.ParseShipmentID(probeShipment)
	body, errBody := searchBody(search.Question{}, 1, nil)
	return &Probe{sender: sender, shipment: shipment, body: body}, errors.Join(errSender, errShipment, errBody)
}

// Own searches the index of the reserved tenant whose session it uses. An answer that is none of a search is an error: what answers
// everything, such as a web page, is no domain, and what it answers to the other requests would say nothing of isolation.
func (p *Probe) Own(ctx context.Context) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	own, record, err := p.send(ctx, http.MethodGet, actionGet, scope{tenant: a}.search(), p.body)
	if err == nil {
		_, err = parse(own)
	}
	return record, err
}

// Other searches, with the same session, the index of the other reserved tenant.
func (p *Probe) Other(ctx context.Context) (audit.Record, error) {
	_, b := tenant.IsolationCheck()
	return p.ask(ctx, http.MethodGet, actionGet, scope{tenant: b}.search(), p.body)
}

// PutOther writes, with the same session, into the index of the other reserved tenant.
func (p *Probe) PutOther(ctx context.Context) (audit.Record, error) {
	_, b := tenant.IsolationCheck()
	return p.ask(ctx, http.MethodPut, actionPut, scope{tenant: b}.document(p.shipment), []byte("{}"))
}

func (p *Probe) ask(ctx context.Context, method, action, path string, body []byte) (audit.Record, error) {
	_, record, err := p.send(ctx, method, action, path, body)
	return record, err
}

// send returns the answer, what is known of the request for its audit record, and the answer's error as it is.
func (p *Probe) send(ctx context.Context, method, action, path string, body []byte) ([]byte, audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	answer, metadata, err := p.sender.send(tenant.NewContext(ctx, a), method, path, body)
	return answer, audit.Record{Tenant: a.String(), Action: action, Resource: path, AWSRequestID: awscall.RequestID(metadata, err)}, err
}
