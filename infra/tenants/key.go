package tenants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// KeyTag is the tag of a KMS key that the policies compare with the session's: whoever may set it decides who reads.
const KeyTag = "TenantID"

// KeyDescription is that of each tenant's key. It stays where tag and alias are taken away, and names no tenant.
const KeyDescription = "Shiptrack: documents of one tenant, which the tag names"

// MakeKey creates the KMS key of a tenant, with the tag and its alias, where there is none. An alias that leads to a key without the tenant's
// tag, or to one that cannot be used, is an error: no key that exists is changed.
func MakeKey(ctx context.Context, client *kms.Client, tag string, id tenant.ID) error {
	alias := aws.String(keyalias.Of(id))
	there, err := describe(ctx, client, alias)
	if err != nil || there != nil {
		return errors.Join(err, checkKey(ctx, client, tag, id, there))
	}
	made, err := client.CreateKey(ctx, &kms.CreateKeyInput{
		Description: aws.String(KeyDescription),
		Tags:        []kmstypes.Tag{{TagKey: &tag, TagValue: aws.String(id.String())}},
	})
	if err != nil {
		return err
	}
	return nameKey(ctx, client, tag, id, made.KeyMetadata.KeyId)
}

// nameKey gives a key the tenant's alias. Where another run was faster, the tenant has the key that that one named, and this one goes unless it
// is that.
func nameKey(ctx context.Context, client *kms.Client, tag string, id tenant.ID, key *string) error {
	alias := aws.String(keyalias.Of(id))
	_, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: alias, TargetKeyId: key})
	if _, exists := errors.AsType[*kmstypes.AlreadyExistsException](err); !exists {
		return err
	}
	there, err := describe(ctx, client, alias)
	if err != nil || there == nil {
		return cmp.Or(err, ErrBusy)
	}
	if *there.KeyId != *key {
		if _, err := scheduleDeletion(ctx, client, key, mostDays); err != nil {
			return err
		}
	}
	return checkKey(ctx, client, tag, id, there)
}

// mostDays is the longest time that KMS waits before it deletes a key.
const mostDays = 30

// scheduleDeletion returns when KMS deletes the key: in days, or as another run has scheduled it.
func scheduleDeletion(ctx context.Context, client *kms.Client, key *string, days int32) (*time.Time, error) {
	out, err := client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: &days})
	if err == nil {
		return out.DeletionDate, nil
	}
	if there, failure := describe(ctx, client, key); failure == nil && there != nil && there.KeyState == kmstypes.KeyStatePendingDeletion {
		return there.DeletionDate, nil
	}
	return nil, err
}

// describe returns what a key is that an alias or an id leads to, nil where there is none.
func describe(ctx context.Context, client *kms.Client, key *string) (*kmstypes.KeyMetadata, error) {
	there, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: key})
	if _, missing := errors.AsType[*kmstypes.NotFoundException](err); missing {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return there.KeyMetadata, nil
}

// checkKey returns nil where the key is the tenant's, and can be used; also for no key.
func checkKey(ctx context.Context, client *kms.Client, tag string, id tenant.ID, key *kmstypes.KeyMetadata) error {
	if key == nil {
		return nil
	}
	if key.KeyState != kmstypes.KeyStateEnabled {
		return fmt.Errorf("%s is %s: enable it, or delete its alias %s and a new one is made; what lies under the old key is then lost", *key.KeyId, key.KeyState, keyalias.Of(id))
	}
	return checkTag(ctx, client, tag, id, key)
}

// checkTag returns nil where the key has the tenant's tag.
func checkTag(ctx context.Context, client *kms.Client, tag string, id tenant.ID, key *kmstypes.KeyMetadata) error {
	owner, err := ownerOf(ctx, client, tag, key.KeyId)
	if err != nil || owner == id.String() {
		return err
	}
	return fmt.Errorf("%s, to which the alias %s leads, has no tag %s=%s: somebody moved the alias or the tag; look who, before you correct it", *key.KeyId, keyalias.Of(id), tag, id)
}

// ownerOf is the tenant that a key's tag names; empty: none.
func ownerOf(ctx context.Context, client *kms.Client, tag string, key *string) (string, error) {
	tags, err := client.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: key})
	if err != nil {
		return "", err
	}
	for _, t := range tags.Tags {
		if aws.ToString(t.TagKey) == tag {
			return aws.ToString(t.TagValue), nil
		}
	}
	return "", nil
}

// strays are the keys that have a tenant's tag, can be used, and have no alias: a run ended after it had made the key and before it had named
// it.
func (c *Control) strays(ctx context.Context) (map[string][]*string, error) {
	named := map[string]bool{}
	aliases := kms.NewListAliasesPaginator(c.keys, &kms.ListAliasesInput{})
	for aliases.HasMorePages() {
		page, err := aliases.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Aliases {
			named[aws.ToString(a.TargetKeyId)] = true
		}
	}
	all := map[string][]*string{}
	keys := kms.NewListKeysPaginator(c.keys, &kms.ListKeysInput{Limit: aws.Int32(1000)})
	for keys.HasMorePages() {
		page, err := keys.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, k := range page.Keys {
			if named[*k.KeyId] {
				continue
			}
			key, err := describe(ctx, c.keys, k.KeyId)
			if err != nil {
				return nil, err
			}
			if key == nil || key.KeyState != kmstypes.KeyStateEnabled {
				continue
			}
			owner, err := ownerOf(ctx, c.keys, KeyTag, k.KeyId)
			if err != nil {
				return nil, err
			}
			if owner != "" {
				all[owner] = append(all[owner], k.KeyId)
			}
		}
	}
	return all, nil
}
