package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws"
)

// Cleaned is what Clean found of the names that a run makes.
type Cleaned struct {
	Removed []string
	Left    []string // a run did not make it: it has not the tag
}

// Clean removes what a run under roles made that was killed: by its names, and by the tag that a run gives it. It must not be called while a run
// is under way in the account. The same call again goes on where it failed.
func (a *Account) Clean(ctx context.Context, roles []localaws.Role) (*Cleaned, error) {
	c := &cleaning{Account: a, keys: kms.NewFromConfig(a.config), iam: awsiam.NewFromConfig(a.config)}
	var errs []error
	try := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
		}
	}
	for _, name := range a.tables() {
		try("table "+name, c.table(ctx, name))
	}
	try("bucket "+a.localize(bucket), c.bucket(ctx))
	try("keys of KMS", c.allKeys(ctx))
	for _, name := range roleNames(roles) {
		try("role "+name, c.role(ctx, name))
	}
	for _, role := range roles {
		if role.Boundary != nil {
			try("policy "+localaws.BoundaryName(role.Name), c.boundary(ctx, role.Name))
		}
	}
	return &c.found, errors.Join(errs...)
}

type cleaning struct {
	*Account
	keys  *kms.Client
	iam   *awsiam.Client
	found Cleaned
}

// take carries out remove where what was found is the run's.
func (c *cleaning) take(what string, ours bool, remove func() error) error {
	if !ours {
		c.found.Left = append(c.found.Left, what)
		return nil
	}
	if err := remove(); err != nil {
		return err
	}
	c.found.Removed = append(c.found.Removed, what)
	return nil
}

func (c *cleaning) table(ctx context.Context, name string) error {
	client := dynamodb.NewFromConfig(c.config)
	there, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if exists, err := present(err, "ResourceNotFoundException"); err != nil || !exists {
		return err
	}
	tags, err := client.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: there.Table.TableArn})
	if err != nil {
		return err
	}
	ours := slices.ContainsFunc(tags.Tags, func(t dynamodbtypes.Tag) bool { return isMark(t.Key, t.Value) })
	return c.take("table "+name, ours, func() error {
		_, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
		return err
	})
}

func isMark(key, value *string) bool {
	return aws.ToString(key) == madeKey && aws.ToString(value) == madeValue
}

// bucket removes the bucket. One without the tag is the run's too where it is empty and never had versions: the run was killed before it could
// tag it, and nothing is lost with it.
func (c *cleaning) bucket(ctx context.Context) error {
	client, name := c.Account.bucket()
	tags, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: name})
	if exists, err := present(err, "NoSuchBucket"); !exists && err == nil {
		return nil
	}
	tagged, err := present(err, "NoSuchTagSet")
	if err != nil {
		return err
	}
	ours := tagged && slices.ContainsFunc(tags.TagSet, func(t s3types.Tag) bool { return isMark(t.Key, t.Value) })
	if !tagged {
		if ours, err = c.isBare(ctx, client, name); err != nil {
			return err
		}
	}
	return c.take("bucket "+*name, ours, func() error { return c.clearBucket(ctx) })
}

func (c *cleaning) isBare(ctx context.Context, client *s3.Client, name *string) (bool, error) {
	versioning, err := client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: name})
	if err != nil || versioning.Status != "" {
		return false, err
	}
	list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: name, MaxKeys: aws.Int32(1)})
	return err == nil && len(list.Contents) == 0, err
}

// allKeys looks at the keys of the aliases that a run makes, and at those that a run had not yet named.
func (c *cleaning) allKeys(ctx context.Context) error {
	for _, alias := range aliases() {
		there, err := c.keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &alias})
		if exists, err := present(err, "NotFoundException"); err != nil {
			return err
		} else if !exists {
			continue
		}
		ours, err := c.made(ctx, there.KeyMetadata.KeyId)
		if err != nil {
			return err
		}
		if err := c.take(alias, ours, func() error { return c.clearKey(ctx, alias) }); err != nil {
			return err
		}
	}
	pages := kms.NewListKeysPaginator(c.keys, &kms.ListKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, k := range page.Keys {
			if err := c.unnamed(ctx, k.KeyId); err != nil {
				return err
			}
		}
	}
	return nil
}

// unnamed has a key deleted that has the tag of a run.
func (c *cleaning) unnamed(ctx context.Context, id *string) error {
	there, err := c.keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: id})
	if err != nil || there.KeyMetadata.KeyState != kmstypes.KeyStateEnabled || there.KeyMetadata.KeyManager == kmstypes.KeyManagerTypeAws {
		return err
	}
	ours, err := c.made(ctx, id)
	if err != nil || !ours {
		return err
	}
	return c.take("KMS key "+*id, true, func() error {
		_, err := c.keys.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: id, PendingWindowInDays: aws.Int32(keyDays)})
		return err
	})
}

func (c *cleaning) made(ctx context.Context, id *string) (bool, error) {
	tags, err := c.keys.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: id})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(tags.Tags, func(t kmstypes.Tag) bool { return isMark(t.TagKey, t.TagValue) }), nil
}

func (c *cleaning) role(ctx context.Context, name string) error {
	there, err := c.iam.GetRole(ctx, &awsiam.GetRoleInput{RoleName: &name})
	if exists, err := present(err, "NoSuchEntity"); err != nil || !exists {
		return err
	}
	return c.take("role "+name, marked(there.Role.Tags), func() error { return provision.DeleteRole(ctx, c.config, name) })
}

// boundary deletes the policy of a boundary whose role was not yet made, or is gone.
func (c *cleaning) boundary(ctx context.Context, role string) error {
	arn := aws.String("arn:aws:iam::" + c.id + ":policy/" + localaws.BoundaryName(role))
	there, err := c.iam.GetPolicy(ctx, &awsiam.GetPolicyInput{PolicyArn: arn})
	if exists, err := present(err, "NoSuchEntity"); err != nil || !exists {
		return err
	}
	return c.take("policy "+localaws.BoundaryName(role), marked(there.Policy.Tags), func() error { return provision.DeleteBoundary(ctx, c.config, role, arn) })
}

func marked(tags []iamtypes.Tag) bool {
	return slices.ContainsFunc(tags, func(t iamtypes.Tag) bool { return isMark(t.Key, t.Value) })
}
