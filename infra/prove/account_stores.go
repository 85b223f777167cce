package prove

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// keyDays is how long AWS keeps a key at least before it deletes it.
const keyDays = 7

// aliases are those of the keys that a run makes in an account.
func aliases() []string {
	a, b := tenant.IsolationCheck()
	all := []string{keyalias.Of(a), keyalias.Of(b)}
	for _, name := range seeded {
		all = append(all, aliasOf(name))
	}
	return all
}

func (a *Account) bucket() (*s3.Client, *string) {
	return s3.NewFromConfig(a.config, func(o *s3.Options) { o.UsePathStyle = true }), aws.String(a.localize(bucket))
}

// storesThere names what of bucket and keys the account already has.
func (a *Account) storesThere(ctx context.Context) (there []string, err error) {
	client, name := a.bucket()
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: name})
	if exists, err := present(err, "NotFound"); err != nil {
		return nil, fmt.Errorf("bucket %s: %w", *name, err)
	} else if exists {
		there = append(there, "bucket "+*name)
	}
	for _, alias := range aliases() {
		_, err := kms.NewFromConfig(a.config).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
		if exists, err := present(err, "NotFoundException"); err != nil {
			return nil, fmt.Errorf("%s: %w", alias, err)
		} else if exists {
			there = append(there, alias)
		}
	}
	return there, nil
}

// clearStores deletes the bucket with its objects, and has the keys deleted.
func (a *Account) clearStores(ctx context.Context) error {
	errs := []error{a.clearBucket(ctx)}
	for _, alias := range aliases() {
		if err := a.clearKey(ctx, alias); err != nil {
			errs = append(errs, fmt.Errorf("delete the key of %s: %w", alias, err))
		}
	}
	return errors.Join(errs...)
}

func (a *Account) clearBucket(ctx context.Context) error {
	var errs []error
	client, name := a.bucket()
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			_, err = present(err, "NoSuchBucket")
			errs = append(errs, err)
			break
		}
		var objects []s3types.ObjectIdentifier
		for _, o := range page.Contents {
			objects = append(objects, s3types.ObjectIdentifier{Key: o.Key})
		}
		if len(objects) > 0 {
			deleted, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: name, Delete: &s3types.Delete{Objects: objects, Quiet: aws.Bool(true)}})
			errs = append(errs, err)
			if err == nil && len(deleted.Errors) > 0 { // which the SDK takes for success
				first := deleted.Errors[0]
				errs = append(errs, fmt.Errorf("delete %d objects, such as %s: %s: %s", len(deleted.Errors), aws.ToString(first.Key), aws.ToString(first.Code), aws.ToString(first.Message)))
			}
		}
	}
	_, err := client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: name})
	if _, err := present(err, "NoSuchBucket"); err != nil {
		errs = append(errs, fmt.Errorf("delete bucket %s: %w", *name, err))
	}
	return errors.Join(errs...)
}

func (a *Account) clearKey(ctx context.Context, alias string) error {
	client := kms.NewFromConfig(a.config)
	key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
	if exists, err := present(err, "NotFoundException"); err != nil || !exists {
		return err
	}
	if key.KeyMetadata.KeyState != kmstypes.KeyStatePendingDeletion {
		_, err = client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: key.KeyMetadata.KeyId, PendingWindowInDays: aws.Int32(keyDays)})
	}
	_, aliasErr := client.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: &alias})
	return errors.Join(err, aliasErr)
}
