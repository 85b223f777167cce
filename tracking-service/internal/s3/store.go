// Package s3 keeps documents in a bucket: a prefix and an encryption key of KMS for each tenant. It is the one place that knows
// the bucket, its keys and the credentials to reach it. All of them come from the tenant of the context. Documents are
// streams: none is ever whole in memory. It refuses a key of another tenant, for whatever reason S3 returned it.
package s3

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Config is what a Store needs; all of it but Outage must be set.
type Config struct {
	AWS    aws.Config            // region, endpoint, HTTP client; its credentials are not used for the bucket
	Reads  *tokenvending.Machine // credentials of the tenant in the context, to list and read
	Writes *tokenvending.Machine // the same, to store: the reading role only reads
	Bucket string
	Audit  awscall.Auditor
	Outage awscall.Outage // nil: nobody is told
}

const detailUnusable = "the documents could not be read or stored"

// failures are what S3's errors mean: S3 API Reference, "Error responses".
var failures = awscall.Store{
	Denied:      "access to the documents was denied",
	Unavailable: "the documents are not reachable at the moment",
	TooSlow:     "the documents did not come in time",
	Unusable:    detailUnusable,
	Refusals:    []string{"AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "Forbidden"},
	Sessions:    []string{"InvalidAccessKeyId", "InvalidToken"},
	Expired:     []string{"ExpiredToken"},
	Broken:      []error{errNotAsked},
}

// Store is a documents.Store. It is safe for concurrent use.
//
// Its errors are problems: NotFound; PreconditionFailed; Denied where IAM, KMS or STS refused (an alarm); Unavailable where S3 or
// STS is unavailable or throttles; Timeout where the context ended by its deadline; Invalid where the body that is to be
// stored ends early; Internal for a bug or an answer that makes no sense. Each call of AWS, allowed or not, is audited with the
// AWS request id and the session under which it was made.
type Store struct {
	reader, writer *s3.Client
	reads, writes  *awscall.Caller
	bucket         string
}

var _ documents.Store = (*Store)(nil)

// New returns a Store.
func New(config Config) (*Store, error) {
	if config.Reads == nil || config.Writes == nil || config.Bucket == "" {
		return nil, errors.New("s3: New needs both token vending machines and the bucket's name")
	}
	caller := func(machine *tokenvending.Machine) (*awscall.Caller, error) {
		return awscall.New(awscall.Config{Vending: machine, Audit: config.Audit, Outage: config.Outage, Store: failures})
	}
	reads, errReads := caller(config.Reads)
	writes, errWrites := caller(config.Writes)
	if err := errors.Join(errReads, errWrites); err != nil {
		return nil, err
	}
	return &Store{
		reader: newClient(config.AWS, config.Reads), writer: newClient(config.AWS, config.Writes),
		reads: reads, writes: writes, bucket: config.Bucket,
	}, nil
}

// newClient returns a client for all tenants. Its credentials are set here, on the client itself: given to the configuration
// they would be cached without regard to the tenant (see package tokenvending, "The trap").
func newClient(config aws.Config, vending aws.CredentialsProvider) *s3.Client {
	return s3.NewFromConfig(config, func(o *s3.Options) {
		o.Credentials = vending
		o.UsePathStyle = true // localaws and LocalStack serve no other without a name for each bucket; AWS serves it too
		// A stream has no checksum before it is sent, and a section of an object none at all.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
}

// List returns up to documents.MaxList documents of the shipment in the order of their names, and whether there are more. It
// leaves out objects whose names no document has.
func (s *Store) List(ctx context.Context, shipment tracking.ShipmentID) (list []documents.Info, more bool, err error) {
	own, err := scopeOf(ctx)
	if err != nil {
		return nil, false, err
	}
	list, more, err = s.list(ctx, own, shipment, own.prefix(shipment), documents.MaxList)
	return list, more, err
}

// Find returns what is known of a document, or a problem of kind NotFound. It lists: S3 answers a GetObject of a key that is
// not there with 403 to a session that may list its own prefix alone, and a 403 is an alarm here.
func (s *Store) Find(ctx context.Context, shipment tracking.ShipmentID, name documents.Name) (documents.Info, error) {
	own, err := scopeOf(ctx)
	if err != nil {
		return documents.Info{}, err
	}
	// Of the keys that begin so the key itself is the first.
	found, _, err := s.list(ctx, own, shipment, own.key(shipment, name), 1)
	if err != nil {
		return documents.Info{}, err
	}
	if len(found) == 0 || found[0].Name != name {
		return documents.Info{}, notFound()
	}
	return found[0], nil
}

func notFound() error { return problem.New(problem.NotFound, "no such document") }

// list returns up to limit documents of the shipment whose keys begin with prefix.
func (s *Store) list(ctx context.Context, own scope, shipment tracking.ShipmentID, prefix string, limit int32) (
	list []documents.Info, more bool, err error,
) {
	about := awscall.Access{Action: "s3:ListBucket", Resource: s.bucket + "/" + prefix}
	err = s.reads.Do(ctx, own.tenant, about, func() (middleware.Metadata, error) {
		out, err := s.reader.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, MaxKeys: &limit})
		if err != nil {
			return middleware.Metadata{}, err
		}
		more = aws.ToBool(out.IsTruncated)
		for _, object := range out.Contents {
			name, isDocument, err := own.name(shipment, aws.ToString(object.Key))
			switch {
			case err != nil:
				return out.ResultMetadata, err
			case isDocument:
				list = append(list, documents.Info{
					Name: name, Type: name.Type(), Size: aws.ToInt64(object.Size), ETag: aws.ToString(object.ETag),
					Modified: aws.ToTime(object.LastModified).UTC(),
				})
			}
		}
		return out.ResultMetadata, nil
	})
	if err != nil {
		return nil, false, err
	}
	return list, more, nil
}

// Open returns the content of the document that Find returned, or of a section of it.
func (s *Store) Open(ctx context.Context, shipment tracking.ShipmentID, found documents.Info, section *documents.Section) (
	documents.Content, error,
) {
	own, err := scopeOf(ctx)
	if err != nil {
		return documents.Content{}, err
	}
	key := own.key(shipment, found.Name)
	in, length := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key, IfMatch: &found.ETag}, found.Size
	if section != nil {
		length = section.Last - section.First + 1
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", section.First, section.Last))
	}
	content := documents.Content{Info: found}
	about := awscall.Access{Action: "s3:GetObject", Resource: s.bucket + "/" + key}
	err = s.reads.Do(ctx, own.tenant, about, func() (middleware.Metadata, error) {
		out, err := s.reader.GetObject(ctx, in)
		if err != nil {
			return middleware.Metadata{}, translated(err)
		}
		if got := aws.ToInt64(out.ContentLength); got != length {
			_ = out.Body.Close() // what it holds is not what was asked for
			return out.ResultMetadata, fmt.Errorf("%w: %d bytes, not %d", errNotAsked, got, length)
		}
		content.Body = out.Body
		// What is stored with another type is shown as one that is not known: it came there by other means.
		content.Type, _ = documents.ParseType(aws.ToString(out.ContentType))
		return out.ResultMetadata, nil
	})
	return content, err
}

// unsigned is for a stream, which has no hash before it is sent: the signature covers the header alone.
func unsigned(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	o.Retryer = aws.NopRetryer{} // a stream is read once
}
