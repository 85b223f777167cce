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
// key, encryption key and session may be of two tenants, and neither can be a customer's. It looks at no object that it gets.
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

// PutOwn stores the probe's object under the prefix and with the key of the first reserved tenant.
func (p *Probe) PutOwn(ctx context.Context) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	return p.put(ctx, a, a, a)
}

// PutPeer stores that of the other reserved tenant, with a session of its own: what is not there is refused to everybody.
func (p *Probe) PutPeer(ctx context.Context) (audit.Record, error) {
	_, b := tenant.IsolationCheck()
	return p.put(ctx, b, b, b)
}

// PutOther stores the object of PutOwn, with the same session and key, under the prefix of the other reserved tenant.
func (p *Probe) PutOther(ctx context.Context) (audit.Record, error) {
	a, b := tenant.IsolationCheck()
	return p.put(ctx, a, b, a)
}

// PutOtherKey stores it, with the same session and under its own prefix, with the key of the other reserved tenant.
func (p *Probe) PutOtherKey(ctx context.Context) (audit.Record, error) {
	a, b := tenant.IsolationCheck()
	return p.put(ctx, a, a, b)
}

// GetOwn reads the object that PutOwn stored.
func (p *Probe) GetOwn(ctx context.Context) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	key := scope{tenant: a}.key(p.shipment, p.name)
	out, err := p.reader.GetObject(tenant.NewContext(ctx, a), &s3.GetObjectInput{Bucket: &p.bucket, Key: &key})
	var metadata middleware.Metadata
	if out != nil {
		metadata = out.ResultMetadata
		_, _ = io.Copy(io.Discard, io.LimitReader(out.Body, 1<<10)) // so that the connection can be used again
		_ = out.Body.Close()
	}
	return p.record(a, "s3:GetObject", key, metadata, err), err
}

// HeadOther asks, with the same session, for the header of the object that PutPeer stored. It needs the permission to read the
// object and none of KMS: a GetObject would be refused by KMS too, which would hide that IAM allows it.
func (p *Probe) HeadOther(ctx context.Context) (audit.Record, error) {
	a, b := tenant.IsolationCheck()
	key := scope{tenant: b}.key(p.shipment, p.name)
	out, err := p.reader.HeadObject(tenant.NewContext(ctx, a), &s3.HeadObjectInput{Bucket: &p.bucket, Key: &key})
	var metadata middleware.Metadata
	if out != nil {
		metadata = out.ResultMetadata
	}
	return p.record(a, "s3:GetObject", key, metadata, err), err
}

// ListOwn lists the prefix of the first reserved tenant, with a session of its own.
func (p *Probe) ListOwn(ctx context.Context) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	return p.list(ctx, a)
}

// ListOther lists, with the same session, that of the other reserved tenant.
func (p *Probe) ListOther(ctx context.Context) (audit.Record, error) {
	_, b := tenant.IsolationCheck()
	return p.list(ctx, b)
}

// put stores the object of owner with the encryption key of keyOf, as by.
func (p *Probe) put(ctx context.Context, by, owner, keyOf tenant.ID) (audit.Record, error) {
	key := scope{tenant: owner}.key(p.shipment, p.name)
	in := encrypted(p.bucket, key, scope{tenant: keyOf}.keyAlias())
	in.Body, in.ContentLength = strings.NewReader(probeName), aws.Int64(int64(len(probeName)))
	out, err := p.writer.PutObject(tenant.NewContext(ctx, by), in)
	var metadata middleware.Metadata
	if out != nil {
		metadata = out.ResultMetadata
	}
	return p.record(by, "s3:PutObject", key, metadata, err), err
}

func (p *Probe) list(ctx context.Context, owner tenant.ID) (audit.Record, error) {
	a, _ := tenant.IsolationCheck()
	prefix := scope{tenant: owner}.prefix(p.shipment)
	out, err := p.reader.ListObjectsV2(tenant.NewContext(ctx, a), &s3.ListObjectsV2Input{Bucket: &p.bucket, Prefix: &prefix, MaxKeys: aws.Int32(1)})
	var metadata middleware.Metadata
	if out != nil {
		metadata = out.ResultMetadata
	}
	return p.record(a, "s3:ListBucket", prefix, metadata, err), err
}

// record is what is known of a call for its audit record.
func (p *Probe) record(by tenant.ID, action, key string, metadata middleware.Metadata, err error) audit.Record {
	return audit.Record{Tenant: by.String(), Action: action, Resource: p.bucket + "/" + key, AWSRequestID: awscall.RequestID(metadata, err)}
}
