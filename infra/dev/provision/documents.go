package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/tenant"
)

// Bucket creates the bucket called name, or takes the one that the account has. Either way nothing in it can be made public,
// and what is stored without a key of its own is encrypted under the store's.
func Bucket(ctx context.Context, cfg aws.Config, name string) error {
	client := s3Client(cfg)
	input := &s3.CreateBucketInput{Bucket: &name}
	if cfg.Region != "us-east-1" { // which is no location (S3 API, CreateBucket)
		input.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(cfg.Region)}
	}
	_, err := client.CreateBucket(ctx, input)
	if _, ours := errors.AsType[*s3types.BucketAlreadyOwnedByYou](err); err != nil && !ours {
		return fmt.Errorf("create bucket %s: %w", name, err)
	}
	if _, err := client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		},
	}); err != nil {
		return fmt.Errorf("block public access of bucket %s: %w", name, err)
	}
	_, err = client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &name, ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
			ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAes256},
			// With a bucket key the context of each encryption is the bucket, not the object: the policies could not tell prefixes apart.
			BucketKeyEnabled: aws.Bool(false),
		}}},
	})
	if err != nil {
		return fmt.Errorf("default encryption of bucket %s: %w", name, err)
	}
	return nil
}

// s3Client names buckets in the path: a name of localaws is no domain that buckets lie below.
func s3Client(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

// TenantKeys creates the KMS key of each tenant where there is none; see tenants.MakeKey.
func TenantKeys(ctx context.Context, cfg aws.Config, all ...tenant.ID) error {
	return TaggedKeys(ctx, cfg, tenants.KeyTag, all...)
}

// TaggedKeys is TenantKeys for policies that compare another tag.
func TaggedKeys(ctx context.Context, cfg aws.Config, tag string, all ...tenant.ID) error {
	client := kms.NewFromConfig(cfg)
	group, ctx := errgroup.WithContext(ctx)
	for _, id := range all {
		group.Go(func() error {
			if err := tenants.MakeKey(ctx, client, tag, id); err != nil {
				return fmt.Errorf("KMS key of tenant %s: %w", id, err)
			}
			return nil
		})
	}
	return group.Wait()
}
