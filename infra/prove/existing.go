package prove

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/pkg/tenant"
)

// existing is what a run needs to attack what is there: it makes no role and no table, so it must be given sessions of the tasks.
type existing struct {
	tasks map[string]aws.CredentialsProvider // by role
}

// ownPrefix begins the ids of the attacks' tenants in an account that has others.
const ownPrefix = "prove-"

// ownTenants are those that have rows, documents and keys there while a run lasts.
var ownTenants = []string{attacker, victim, twin, longerTwin}

// keyPropagation bounds how long KMS may take until the tag of a new key counts ("up to five minutes", KMS Developer Guide, "ABAC for AWS KMS").
const keyPropagation = 6 * time.Minute

// ownNames are pairs for a Replacer: the tenants of the attacks become tenants that nobody else is, and their aliases too.
func ownNames() []string {
	pairs := []string{}
	for _, name := range ownTenants {
		pairs = append(pairs, aliasOf(name), aliasOf(ownPrefix+name))
	}
	for _, name := range []string{attacker, victim, twin} { // longerTwin begins with twin, and keeps its end
		pairs = append(pairs, name, ownPrefix+name)
	}
	return pairs
}

// Existing makes a the account whose roles, table and bucket are attacked as they are. task and seedTask are profiles of the AWS SDK's
// configuration whose credentials are sessions of TrackingServiceRole and TrackingSeedTaskRole. seedTask may be empty: attacks on the
// seed's role are then left out.
func (a *Account) Existing(ctx context.Context, task, seeds string) error {
	a.existing = &existing{map[string]aws.CredentialsProvider{}}
	for role, profile := range map[string]string{service: task, seedTask: seeds} {
		if profile == "" {
			continue
		}
		cfg, err := config.LoadDefaultConfig(ctx, config.WithEC2IMDSClientEnableState(imds.ClientDisabled), config.WithSharedConfigProfile(profile), config.WithRegion(a.config.Region), config.WithRetryMaxAttempts(attempts))
		if err != nil {
			return fmt.Errorf("profile %s: %w", profile, err)
		}
		who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return fmt.Errorf("profile %s: %w", profile, withoutOutput(err))
		}
		if arn := aws.ToString(who.Arn); !strings.HasPrefix(arn, "arn:aws:sts::"+a.id+":assumed-role/"+a.names.fill(role)+"/") {
			return fmt.Errorf("profile %s is %s, want a session of %s of account %s", profile, arn, a.names.fill(role), a.id)
		}
		a.existing.tasks[role] = cfg.Credentials
	}
	return nil
}

// Touches says what a run on what is there leaves for a while, and what it does not touch.
func (a *Account) Touches() string {
	names := make([]string, len(ownTenants))
	for i, name := range ownTenants {
		names[i] = ownPrefix + name
	}
	return fmt.Sprintf("attacks what is in account %s, %s (%s), as %s; it makes rows, documents and KMS keys of the tenants %s, and removes them at the end, the keys after seven days; it makes, changes and deletes no role, no table and no bucket",
		a.id, a.config.Region, a.endpoints["dynamodb"].url, a.caller, strings.Join(names, ", "))
}

// existingWorld is the World of what is there, with rows and documents of tenants of its own.
func existingWorld(ctx context.Context, a *Account, caller aws.Credentials, roles []localaws.Role) (w *World, err error) {
	made := &World{names: a.names, account: a, roles: roles, intended: roles, canaries: map[string]string{}, callers: map[string]aws.Credentials{root: caller, other: caller}}
	if err := a.present(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, made.Close())
		}
	}()
	for role, provider := range a.existing.tasks {
		if made.callers[role], err = provider.Retrieve(ctx); err != nil {
			return nil, fmt.Errorf("credentials of %s: %w", a.names.fill(role), err)
		}
	}
	for _, name := range ownTenants {
		made.canaries[name] = "canary-" + rand.Text() // without the tenant's name, which is another there
	}
	for _, step := range []func(context.Context) error{a.clearOwn, made.fillOwn, made.enter, made.settleOwn} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// present refuses an account that has nothing to attack.
func (a *Account) present(ctx context.Context) error {
	var missing []string
	_, err := dynamodb.NewFromConfig(a.config).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(a.localize(table))})
	if there, err := present(err, "ResourceNotFoundException"); err != nil {
		return fmt.Errorf("table %s: %w", a.localize(table), err)
	} else if !there {
		missing = append(missing, "table "+a.localize(table))
	}
	client, name := a.bucket()
	// Not HeadBucket, which would want the right to list what is others'.
	_, err = client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: name, Prefix: aws.String(ownPrefix + attacker + "/"), MaxKeys: aws.Int32(1)})
	if there, err := present(err, "NoSuchBucket"); err != nil {
		return fmt.Errorf("bucket %s: %w", *name, err)
	} else if !there {
		missing = append(missing, "bucket "+*name)
	}
	if len(missing) > 0 {
		return fmt.Errorf("account %s lacks %s: deploy it first (infra/terraform), or attack without --existing", a.id, strings.Join(missing, " and "))
	}
	return nil
}

// fillOwn makes keys, rows and documents of the own tenants.
func (w *World) fillOwn(ctx context.Context) error {
	var ids []tenant.ID
	for _, name := range ownTenants {
		id, err := tenant.Parse(ownPrefix + name)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	if err := provision.TaggedKeys(ctx, w.account.config, w.names.Tag, ids...); err != nil {
		return err
	}
	if err := w.fill(ctx, ownTenants); err != nil {
		return err
	}
	for _, name := range ownTenants {
		put := func() error {
			return w.putObject(ctx, strings.ReplaceAll(document, "@", name), w.canaries[name], aliasOf(name))
		}
		if err := w.within(ctx, keyPropagation, 1, put); err != nil {
			return err
		}
	}
	return nil
}

// settleOwn returns when the tags of the new keys count: a session reads its own document.
func (w *World) settleOwn(ctx context.Context) error {
	read := onObject{"", "GET", itsObject, nil, ""}
	return w.within(ctx, keyPropagation, 1, func() error {
		for _, name := range ownTenants {
			if a, err := w.send(ctx, read.of(name, name)); err != nil || !a.ok() {
				return fmt.Errorf("%s cannot read its own document: %s %s %w", ownPrefix+name, a.Code, a.Message, err)
			}
		}
		return nil
	})
}

// clearOwn removes rows, documents and keys of the own tenants, those of a run that was killed too.
func (a *Account) clearOwn(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, propagation)
	defer cancel()
	var errs []error
	for _, name := range ownTenants {
		id := ownPrefix + name
		errs = append(errs, told("rows of "+id, a.clearRows(ctx, id)), told("documents of "+id, a.clearDocuments(ctx, id+"/")), told("the key of "+id, a.clearKey(ctx, aliasOf(id))))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w\nrows, documents or keys of the tenants %s* are left: the same command again removes them", err, ownPrefix)
	}
	return nil
}

func told(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("delete %s: %w", what, err)
}

func (a *Account) clearRows(ctx context.Context, id string) error {
	client := dynamodb.NewFromConfig(a.config)
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: aws.String(a.localize(table)), KeyConditionExpression: aws.String(a.localize("~partition~ = :t")), ProjectionExpression: aws.String(a.localize("~partition~, ~sort~")),
		ExpressionAttributeValues: map[string]dynamodbtypes.AttributeValue{":t": &dynamodbtypes.AttributeValueMemberS{Value: id}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, key := range page.Items {
			if _, err := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(a.localize(table)), Key: key}); err != nil {
				return err
			}
		}
	}
	return nil
}

// clearDocuments removes every version below a prefix, and its delete markers.
func (a *Account) clearDocuments(ctx context.Context, prefix string) error {
	client, name := a.bucket()
	pages := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: name, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var all []s3types.ObjectIdentifier
		for _, v := range page.Versions {
			all = append(all, s3types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			all = append(all, s3types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		for _, one := range all {
			if _, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: name, Key: one.Key, VersionId: one.VersionId}); err != nil {
				return err
			}
		}
	}
	return nil
}
