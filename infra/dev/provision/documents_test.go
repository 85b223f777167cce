package provision_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

func TestBucketIsClosedToThePublicHoweverOftenItRuns(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	name := aws.String(provision.BucketName)
	for range 2 {
		if err := provision.Bucket(t.Context(), cfg, *name); err != nil {
			t.Fatal(err)
		}
		public, err := client.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: name})
		if err != nil {
			t.Fatal(err)
		}
		if b := public.PublicAccessBlockConfiguration; !*b.BlockPublicAcls || !*b.BlockPublicPolicy || !*b.IgnorePublicAcls || !*b.RestrictPublicBuckets {
			t.Errorf("not all public access is blocked: %+v", b)
		}
		encryption, err := client.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: name})
		if err != nil {
			t.Fatal(err)
		}
		rules := encryption.ServerSideEncryptionConfiguration.Rules
		if len(rules) != 1 || rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != s3types.ServerSideEncryptionAes256 || aws.ToBool(rules[0].BucketKeyEnabled) {
			t.Errorf("default encryption %+v", rules)
		}
	}
	if err := provision.Bucket(t.Context(), cfg, "Not_A_Bucket"); err == nil || !strings.Contains(err.Error(), "create bucket Not_A_Bucket: ") {
		t.Errorf("got %v, want an error that names the bucket", err)
	}
}

func TestEachTenantHasOneKeyHoweverOftenItRuns(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	client := kms.NewFromConfig(cfg)
	yellow, blue := id(t, "yellow"), id(t, "blue")
	keys := map[string]string{}
	for range 2 {
		if err := provision.TenantKeys(t.Context(), cfg, yellow, blue); err != nil {
			t.Fatal(err)
		}
		for _, tenant := range []tenant.ID{yellow, blue} {
			key, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(keyalias.Of(tenant))})
			if err != nil {
				t.Fatal(err)
			}
			id := *key.KeyMetadata.KeyId
			if before := keys[tenant.String()]; before != "" && before != id {
				t.Errorf("%s had the key %s, and has %s", tenant, before, id)
			}
			keys[tenant.String()] = id
			tags, err := client.ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: &id})
			if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].TagKey != "TenantID" || *tags.Tags[0].TagValue != tenant.String() {
				t.Errorf("the key of %s has the tags %+v, %v", tenant, tags, err)
			}
		}
	}
	if keys["yellow"] == keys["blue"] {
		t.Error("two tenants have one key")
	}
	if all, err := client.ListKeys(t.Context(), &kms.ListKeysInput{}); err != nil || len(all.Keys) != 2 {
		t.Errorf("%d keys, %v, want 2", len(all.Keys), err)
	}
}

// Whoever can move an alias or a tag can give one tenant another's key. provision says so, and changes nothing.
func TestKeyThatIsNotTheTenantsIsAnError(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*testing.T, *kms.Client, string)
		want   string
	}{
		"another tenant's tag": {func(t *testing.T, c *kms.Client, key string) {
			must(t)(c.TagResource(t.Context(), &kms.TagResourceInput{KeyId: &key, Tags: []kmstypes.Tag{{TagKey: aws.String("TenantID"), TagValue: aws.String("blue")}}}))
		}, "has no tag TenantID=yellow"},
		"no tag": {func(t *testing.T, c *kms.Client, key string) {
			must(t)(c.UntagResource(t.Context(), &kms.UntagResourceInput{KeyId: &key, TagKeys: []string{"TenantID"}}))
		}, "has no tag TenantID=yellow"},
		"disabled": {func(t *testing.T, c *kms.Client, key string) {
			must(t)(c.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: &key}))
		}, "is Disabled: enable it"},
		"to be deleted": {func(t *testing.T, c *kms.Client, key string) {
			must(t)(c.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: &key}))
		}, "is PendingDeletion"},
	} {
		t.Run(name, func(t *testing.T) {
			l := localawstest.Start(t)
			cfg := l.Config(localawstest.Root)
			client, yellow := kms.NewFromConfig(cfg), id(t, "yellow")
			if err := provision.TenantKeys(t.Context(), cfg, yellow); err != nil {
				t.Fatal(err)
			}
			key, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(keyalias.Of(yellow))})
			if err != nil {
				t.Fatal(err)
			}
			tc.change(t, client, *key.KeyMetadata.KeyId)
			if err := provision.TenantKeys(t.Context(), cfg, yellow); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "tenant yellow") {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func id(t *testing.T, name string) tenant.ID {
	t.Helper()
	id, err := tenant.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// must fails the test where a request fails.
func must(t *testing.T) func(any, error) {
	return func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}
