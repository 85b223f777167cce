package drift

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/keyalias"
)

// keys reads each key that can be used. A key of AWS itself is nobody's here.
func (r *reader) keys(ctx context.Context) error {
	client := kms.NewFromConfig(r.cfg)
	aliases, err := aliasesOf(ctx, client)
	if err := r.unread("the aliases of KMS", err); err != nil {
		return err
	}
	r.there.AllKeys = err == nil
	pages := kms.NewListKeysPaginator(client, &kms.ListKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			r.there.AllKeys = false
			return r.unread("the keys of KMS", err)
		}
		for _, entry := range page.Keys {
			key := Key{ID: aws.ToString(entry.KeyId), ARN: aws.ToString(entry.KeyArn), Tags: map[string]string{}}
			if err := r.key(ctx, client, &key, aliases[key.ID]); err != nil {
				return err
			}
		}
	}
	return nil
}

// key reads one key. One that is no tenant's is stray where no alias says whose else it is.
func (r *reader) key(ctx context.Context, client *kms.Client, key *Key, aliases []string) error {
	for _, name := range aliases {
		if keyalias.Is(name) {
			key.Aliases = append(key.Aliases, name)
		}
	}
	ours, err := key.read(ctx, client, r.wanted.Tag)
	r.there.AllKeys = r.there.AllKeys && err == nil
	switch {
	case ours || err != nil:
		r.there.Keys = append(r.there.Keys, *key)
	case key.usable() && !key.ofAWS && len(aliases) == 0:
		r.there.Stray = append(r.there.Stray, key.ID)
	}
	return r.unread("KMS key "+key.ID, err)
}

func aliasesOf(ctx context.Context, client *kms.Client) (map[string][]string, error) {
	all := map[string][]string{}
	pages := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, err
		}
		for _, alias := range page.Aliases {
			id := aws.ToString(alias.TargetKeyId)
			all[id] = append(all[id], aws.ToString(alias.AliasName))
		}
	}
	return all, nil
}

// read reads what is known of a key; ours is false where it is no tenant's, is AWS's own, or cannot be used and has no alias of a tenant.
func (k *Key) read(ctx context.Context, client *kms.Client, tag string) (ours bool, err error) {
	got, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &k.ID})
	if err != nil {
		return false, err
	}
	k.State, k.Description = string(got.KeyMetadata.KeyState), aws.ToString(got.KeyMetadata.Description)
	if k.ofAWS = got.KeyMetadata.KeyManager == kmstypes.KeyManagerTypeAws; k.ofAWS {
		return false, nil
	}
	if !k.usable() {
		return len(k.Aliases) > 0, nil
	}
	pages := kms.NewListResourceTagsPaginator(client, &kms.ListResourceTagsInput{KeyId: &k.ID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		for _, tag := range page.Tags {
			k.Tags[aws.ToString(tag.TagKey)] = aws.ToString(tag.TagValue)
		}
	}
	if len(k.tenants(tag)) == 0 && len(k.Aliases) == 0 && k.Description != tenants.KeyDescription {
		return false, nil
	}
	policy, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &k.ID})
	if err != nil {
		return true, err
	}
	k.Policy = aws.ToString(policy.Policy)
	return true, k.readGrants(ctx, client)
}

// usable: a disabled key is enabled again with one request.
func (k *Key) usable() bool {
	return k.State == string(kmstypes.KeyStateEnabled) || k.State == string(kmstypes.KeyStateDisabled)
}

func (k *Key) readGrants(ctx context.Context, client *kms.Client) error {
	pages := kms.NewListGrantsPaginator(client, &kms.ListGrantsInput{KeyId: &k.ID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for i := range page.Grants {
			g := &page.Grants[i]
			k.Grants = append(k.Grants, fmt.Sprintf("%s may %v", aws.ToString(g.GranteePrincipal), g.Operations))
		}
	}
	return nil
}

// tenants are the values of tags whose names count as tag: condition keys are matched without regard to case.
func (k *Key) tenants(tag string) []string { return valuesOf(k.Tags, tag) }

func valuesOf(tags map[string]string, tag string) []string {
	var all []string
	for name, value := range tags {
		if strings.EqualFold(name, tag) {
			all = append(all, value)
		}
	}
	slices.Sort(all)
	return all
}

func (r *reader) bucket(ctx context.Context) error {
	client := s3.NewFromConfig(r.cfg, func(o *s3.Options) { o.UsePathStyle = true })
	name, b := r.wanted.Values.Bucket, &r.there.Bucket
	got, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &name})
	if b.Absent, err = absent(err, "NoSuchBucket"); b.Absent {
		return nil
	}
	if none, err := absent(err, "NoSuchBucketPolicy"); err != nil {
		if err := r.unread("the policy of bucket "+name, err); err != nil {
			return err
		}
	} else if !none {
		b.Policy = aws.ToString(got.Policy)
	}
	if err := r.public(ctx, client, name, b); err != nil {
		return err
	}
	versions, err := client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &name})
	if err := r.unread("the versioning of bucket "+name, err); err != nil {
		return err
	} else if versions != nil {
		b.Versioning = cmp.Or(string(versions.Status), "off")
	}
	encryption, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &name})
	if err := r.unread("the encryption of bucket "+name, err); err != nil || encryption == nil {
		return err
	}
	for _, rule := range encryption.ServerSideEncryptionConfiguration.Rules {
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
			b.Encryption, b.BucketKey = string(by.SSEAlgorithm), aws.ToBool(rule.BucketKeyEnabled)
		}
	}
	return nil
}

// public reads the settings by which a policy or an ACL lets nobody in.
func (r *reader) public(ctx context.Context, client *s3.Client, name string, b *Bucket) error {
	block, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	if none, err := absent(err, "NoSuchPublicAccessBlockConfiguration"); none {
		b.Public = []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}
		return nil
	} else if err != nil {
		return r.unread("the public access block of bucket "+name, err)
	}
	c := block.PublicAccessBlockConfiguration
	for _, setting := range []struct {
		name string
		on   *bool
	}{{"BlockPublicAcls", c.BlockPublicAcls}, {"BlockPublicPolicy", c.BlockPublicPolicy}, {"IgnorePublicAcls", c.IgnorePublicAcls}, {"RestrictPublicBuckets", c.RestrictPublicBuckets}} {
		if !aws.ToBool(setting.on) {
			b.Public = append(b.Public, setting.name)
		}
	}
	return nil
}

func (r *reader) table(ctx context.Context) error {
	client, v, t := dynamodb.NewFromConfig(r.cfg), r.wanted.Values, &r.there.Table
	t.ARN = "arn:aws:dynamodb:" + v.Region + ":" + v.Account + ":table/" + r.wanted.Table
	about, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &r.wanted.Table})
	if t.Absent, err = absent(err, "ResourceNotFoundException"); t.Absent {
		return nil
	}
	if err := r.unread("table "+r.wanted.Table, err); err != nil {
		return err
	} else if about != nil {
		t.Protected = aws.Bool(aws.ToBool(about.Table.DeletionProtectionEnabled))
	}
	backups, err := client.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &r.wanted.Table})
	if err := r.unread("the backups of table "+r.wanted.Table, err); err != nil {
		return err
	} else if backups != nil {
		t.Recovers = "DISABLED"
		if p := backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription; p != nil {
			t.Recovers = string(p.PointInTimeRecoveryStatus)
		}
	}
	got, err := client.GetResourcePolicy(ctx, &dynamodb.GetResourcePolicyInput{ResourceArn: &t.ARN})
	if none, err := absent(err, "PolicyNotFoundException"); none || err != nil {
		return r.unread("the policy of table "+r.wanted.Table, err)
	}
	t.Policy = aws.ToString(got.Policy)
	return nil
}
