package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// tenantTag is the tag of a KMS key that the policies compare with the session's: whoever may set it decides who reads.
const tenantTag = "TenantID"

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

// TenantKeys creates the KMS key of each tenant, with its tag and its alias, where there is none. An alias that leads to a key
// without the tenant's tag, or to one that cannot be used, is an error: provision changes no key that exists.
func TenantKeys(ctx context.Context, cfg aws.Config, tenants ...tenant.ID) error {
	return TaggedKeys(ctx, cfg, tenantTag, tenants...)
}

// TaggedKeys is TenantKeys for policies that compare another tag.
func TaggedKeys(ctx context.Context, cfg aws.Config, tag string, tenants ...tenant.ID) error {
	client := kms.NewFromConfig(cfg)
	group, ctx := errgroup.WithContext(ctx)
	for _, id := range tenants {
		group.Go(func() error {
			if err := tenantKey(ctx, client, tag, id); err != nil {
				return fmt.Errorf("KMS key of tenant %s: %w", id, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func tenantKey(ctx context.Context, client *kms.Client, tag string, id tenant.ID) error {
	alias := aws.String(keyalias.Of(id))
	there, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: alias})
	if err == nil {
		return checkKey(ctx, client, tag, id, there.KeyMetadata)
	}
	if _, missing := errors.AsType[*kmstypes.NotFoundException](err); !missing {
		return err
	}
	made, err := client.CreateKey(ctx, &kms.CreateKeyInput{
		Description: aws.String("Shiptrack: documents of one tenant, which the tag names"),
		Tags:        []kmstypes.Tag{{TagKey: &tag, TagValue: aws.String(id.String())}},
	})
	if err != nil {
		return err
	}
	_, err = client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: alias, TargetKeyId: made.KeyMetadata.KeyId})
	return err
}

// checkKey returns nil where the key is the tenant's, and can be used.
func checkKey(ctx context.Context, client *kms.Client, tag string, id tenant.ID, key *kmstypes.KeyMetadata) error {
	if key.KeyState != kmstypes.KeyStateEnabled {
		return fmt.Errorf("%s is %s: enable it, or delete its alias %s and a new one is made; what lies under the old key is then lost", *key.KeyId, key.KeyState, keyalias.Of(id))
	}
	tags, err := client.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: key.KeyId})
	if err != nil {
		return err
	}
	for _, t := range tags.Tags {
		if aws.ToString(t.TagKey) == tag && aws.ToString(t.TagValue) == id.String() {
			return nil
		}
	}
	return fmt.Errorf("%s, to which the alias %s leads, has no tag %s=%s: somebody moved the alias or the tag; look who, before you correct it", *key.KeyId, keyalias.Of(id), tag, id)
}
