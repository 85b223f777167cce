package s3

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Put stores a document, encrypted with the tenant's own key, in place of the one of its name.
func (s *Store) Put(ctx context.Context, shipment tracking.ShipmentID, upload documents.Upload) (documents.Info, error) {
	own, err := scopeOf(ctx)
	if err != nil {
		return documents.Info{}, err
	}
	key, body := own.key(shipment, upload.Name), &problem.Body{From: upload.Body}
	in := encrypted(s.bucket, key, own.keyAlias())
	in.Body, in.ContentLength, in.ContentType = body, &upload.Size, aws.String(string(upload.Type))
	if upload.OnlyNew {
		in.IfNoneMatch = aws.String("*")
	}
	stored := documents.Info{Name: upload.Name, Type: upload.Type, Size: upload.Size}
	about := awscall.Access{Action: "s3:PutObject", Resource: s.bucket + "/" + key, FromClient: true}
	err = s.writes.Do(ctx, own.tenant, about, func() (middleware.Metadata, error) {
		out, err := s.writer.PutObject(ctx, in, unsigned)
		if err != nil {
			err = translated(err)
			return middleware.Metadata{}, cmp.Or(body.Fault(err), err)
		}
		stored.ETag = aws.ToString(out.ETag)
		return out.ResultMetadata, nil
	})
	return stored, err
}

// encrypted is a request to store an object under the KMS key that alias names. A bucket key would hide the object from
// that key's policies, so none is used, whatever the bucket's default is.
func encrypted(bucket, key, alias string) *s3.PutObjectInput {
	return &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &alias, BucketKeyEnabled: aws.Bool(false),
	}
}

// translated returns the problem that S3's answer is for the caller of the service; any other error is returned as it is.
func translated(err error) error {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.ErrorCode() {
	case "NoSuchKey": // it was deleted since it was found
		return notFound()
	case "PreconditionFailed":
		return problem.Wrap(problem.PreconditionFailed, errors.Join(documents.ErrReplaced, err), "there is another document of this name")
	case "ConditionalRequestConflict": // two wrote at once: S3 API Reference, PutObject
		return problem.WrapUnavailable(err, "the document is being stored by another request", awscall.RetryAfter)
	}
	return err
}
