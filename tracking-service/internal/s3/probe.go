package s3

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Probe sends what the isolation check asks of the bucket, with sessions of the first reserved tenant. It is the one place where
// key, encryption key and session may be of two tenants, and neither can be a customer's. It reads no object that it gets.
type Probe struct {
	reader, writer *s3.Client
	bucket         string
	shipment       tracking.ShipmentID
	name           documents.Name
}

// The probe's object, under the prefix of a reserved tenant: no shipment of a customer has it.
const (
	probeShipment = "isolation-check"
	probeName     = "probe"
)

// NewProbe returns a Probe of the bucket. reads and writes hand out sessions of the tenant in the context.
func NewProbe(config aws.Config, reads, writes aws.CredentialsProvider, bucket string) (*Probe, error) {
	shipment, errShipment := tracking.ParseShipmentID(probeShipment)
	name, errName := documents.ParseName(probeName)
	if err := errors.Join(errShipment, errName); err != nil || reads == nil || writes == nil || bucket == "" {
		return nil, errors.Join(errors.New("s3: NewProbe needs two providers of sessions and the bucket's name"), err)
	}
	return &Probe{reader: newClient(config, reads), writer: newClient(config, writes), bucket: bucket, shipment: shipment, name: name}, nil
}

// PutOwn stores the probe's object under the prefix and with the key of the reserved tenant whose session it uses.
func (p *Probe) PutOwn(ctx context.Context) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	return p.put(ctx, a, a)
}

// PutOther stores it, with the same session and key, under the prefix of the other reserved tenant.
func (p *Probe) PutOther(ctx context.Context) (audit.Record, error) {
	a, b := tenant.IsolationCheck()
	return p.put(ctx, b, a)
}

// PutOtherKey stores it, with the same session and under its own prefix, with the key of the other reserved tenant.
func (p *Probe) PutOtherKey(ctx context.Context) (audit.Record, error) {
	a, b := tenant.IsolationCheck()
	return p.put(ctx, a, b)
}

// GetOwn reads the object that PutOwn stored.
func (p *Probe) GetOwn(ctx context.Context) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	return p.get(ctx, a)
}

// GetOther asks, with the same session, for the same object of the other reserved tenant.
func (p *Probe) GetOther(ctx context.Context) (audit.Record, error) {
	_, b := tenant.IsolationCheck()
	return p.get(ctx, b)
}

// ListOwn lists the prefix of the reserved tenant whose session it uses.
func (p *Probe) ListOwn(ctx context.Context) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	return p.list(ctx, a)
}

// ListOther lists, with the same session, that of the other reserved tenant.
func (p *Probe) ListOther(ctx context.Context) (audit.Record, error) {
	_, b := tenant.IsolationCheck()
	return p.list(ctx, b)
}

func (p *Probe) put(ctx context.Context, owner, keyOf tenant.ID) (audit.Record, error) {
	key := scope{tenant: owner}.key(p.shipment, p.name)
	in := encrypted(p.bucket, key, scope{tenant: keyOf}.keyAlias())
	in.Body, in.ContentLength = strings.NewReader(probeName), aws.Int64(int64(len(probeName)))
	out, err := p.writer.PutObject(asFirst(ctx), in)
	var metadata middleware.Metadata
	if out != nil {
		metadata = out.ResultMetadata
	}
	return p.record("s3:PutObject", key, metadata, err), err
}

func (p *Probe) get(ctx context.Context, owner tenant.ID) (audit.Record, error) {
	key := scope{tenant: owner}.key(p.shipment, p.name)
	out, err := p.reader.GetObject(asFirst(ctx), &s3.GetObjectInput{Bucket: &p.bucket, Key: &key})
	var metadata middleware.Metadata
	if out != nil {
		metadata = out.ResultMetadata
		_, _ = io.Copy(io.Discard, io.LimitReader(out.Body, 1<<10)) // so that the connection can be used again
		_ = out.Body.Close()
	}
	return p.record("s3:GetObject", key, metadata, err), err
}

func (p *Probe) list(ctx context.Context, owner tenant.ID) (audit.Record, error) {
	prefix := scope{tenant: owner}.prefix(p.shipment)
	out, err := p.reader.ListObjectsV2(asFirst(ctx), &s3.ListObjectsV2Input{Bucket: &p.bucket, Prefix: &prefix, MaxKeys: aws.Int32(1)})
	var metadata middleware.Metadata
	if out != nil {
		metadata = out.ResultMetadata
	}
	return p.record("s3:ListBucket", prefix, metadata, err), err
}

// asFirst is the context of the reserved tenant whose sessions are used.
func asFirst(ctx context.Context) context.Context {
	a, _ := tenant.IsolationCheck()
	return tenant.NewContext(ctx, a)
}

// record is what is known of a call for its audit record.
func (p *Probe) record(action, key string, metadata middleware.Metadata, err error) audit.Record {
	a, _ := tenant.IsolationCheck()
	return audit.Record{Tenant: a.String(), Action: action, Resource: p.bucket + "/" + key, AWSRequestID: awscall.RequestID(metadata, err)}
}
