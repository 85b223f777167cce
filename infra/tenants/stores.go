package tenants

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// inFlight bounds the requests under way to delete what one tenant has.
const inFlight = 16

// errForeign is a bug, of a store or here: nothing is deleted then.
var errForeign = errors.New("the store answered what is not the tenant's: nothing of that page was deleted")

// prefixOf is what the keys of all objects of a tenant begin with. An id has no slash, so no other tenant's begin so.
func prefixOf(id tenant.ID) string { return id.String() + "/" }

// rows calls each with the keys of a page of the tenant's rows.
func (c *Control) rows(ctx context.Context, id tenant.ID, each func([]item) error) error {
	pages := dynamodb.NewQueryPaginator(c.table, &dynamodb.QueryInput{
		TableName: &c.config.Table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String(partitionKey + " = :p"),
		ExpressionAttributeValues: item{":p": text(id.String())},
		Select:                    types.SelectSpecificAttributes, ProjectionExpression: aws.String(partitionKey + ", " + sortKey),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(page.Items, func(i item) bool { return stringOf(i, partitionKey) != id.String() }) {
			return errForeign
		}
		if err := each(page.Items); err != nil {
			return err
		}
	}
	return nil
}

func (c *Control) removeRows(ctx context.Context, id tenant.ID) (n int, err error) {
	err = c.rows(ctx, id, func(keys []item) error {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(inFlight)
		for _, key := range keys {
			group.Go(func() error {
				_, err := c.table.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &c.config.Table, Key: key})
				return err
			})
		}
		n += len(keys)
		err := group.Wait()
		c.config.Progress("rows", n)
		return err
	})
	return n, err
}

// objectVersions calls each with a page of the versions and delete markers of the tenant's objects.
func (c *Control) objectVersions(ctx context.Context, id tenant.ID, each func([]s3types.ObjectIdentifier) error) error {
	pages := s3.NewListObjectVersionsPaginator(c.bucket, &s3.ListObjectVersionsInput{Bucket: &c.config.Bucket, Prefix: aws.String(prefixOf(id))})
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
		if slices.ContainsFunc(all, func(o s3types.ObjectIdentifier) bool { return !isUnder(id, o.Key) }) {
			return errForeign
		}
		if err := each(all); err != nil {
			return err
		}
	}
	return nil
}

func isUnder(id tenant.ID, key *string) bool {
	prefix := prefixOf(id)
	return len(aws.ToString(key)) >= len(prefix) && (*key)[:len(prefix)] == prefix
}

func (c *Control) removeVersions(ctx context.Context, id tenant.ID) (n int, err error) {
	err = c.objectVersions(ctx, id, func(all []s3types.ObjectIdentifier) error {
		if len(all) == 0 {
			return nil
		}
		n += len(all)
		out, err := c.bucket.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &c.config.Bucket, Delete: &s3types.Delete{Objects: all, Quiet: aws.Bool(true)}})
		if err != nil {
			return err
		}
		c.config.Progress("versions of objects", n)
		if len(out.Errors) > 0 {
			return fmt.Errorf("%d of %d were not deleted: %s", len(out.Errors), len(all), aws.ToString(out.Errors[0].Message))
		}
		return nil
	})
	return n, err
}

// uploads calls each with an upload of several parts of the tenant's that is not completed: its parts are stored, and no list shows them.
func (c *Control) uploads(ctx context.Context, id tenant.ID, each func(s3types.MultipartUpload) error) error {
	pages := s3.NewListMultipartUploadsPaginator(c.bucket, &s3.ListMultipartUploadsInput{Bucket: &c.config.Bucket, Prefix: aws.String(prefixOf(id))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, u := range page.Uploads {
			if !isUnder(id, u.Key) {
				return errForeign
			}
			if err := each(u); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Control) removeUploads(ctx context.Context, id tenant.ID) (n int, err error) {
	err = c.uploads(ctx, id, func(u s3types.MultipartUpload) error {
		n++
		_, err := c.bucket.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &c.config.Bucket, Key: u.Key, UploadId: u.UploadId})
		if _, gone := errors.AsType[*s3types.NoSuchUpload](err); gone {
			return nil
		}
		return err
	})
	return n, err
}

func (c *Control) removeIndex(ctx context.Context, id tenant.ID) (found bool, err error) {
	_, err = c.search.Do(ctx, http.MethodDelete, IndexOf(id), nil)
	if hasCode(err, "index_not_found_exception") {
		return false, nil
	}
	return err == nil, err
}

// stored is what there is of a tenant in the table, the bucket and the domain.
func (c *Control) stored(ctx context.Context, id tenant.ID) (found Found, err error) {
	if err = c.rows(ctx, id, func(keys []item) error { found.Rows += len(keys); return nil }); err != nil {
		return found, fmt.Errorf("look for its rows: %w", err)
	}
	if err = c.objectVersions(ctx, id, func(all []s3types.ObjectIdentifier) error { found.Versions += len(all); return nil }); err != nil {
		return found, fmt.Errorf("look for its objects: %w", err)
	}
	if err = c.uploads(ctx, id, func(s3types.MultipartUpload) error { found.Uploads++; return nil }); err != nil {
		return found, fmt.Errorf("look for its uploads: %w", err)
	}
	if found.Index, err = HasIndex(ctx, c.search, id); err != nil {
		return found, fmt.Errorf("look for its search index: %w", err)
	}
	return found, nil
}

// keyOf is the key that the tenant's alias leads to, nil where there is none. One without the tenant's tag is an error.
func (c *Control) keyOf(ctx context.Context, id tenant.ID) (*kmstypes.KeyMetadata, error) {
	key, err := describe(ctx, c.keys, aws.String(keyalias.Of(id)))
	if err != nil || key == nil {
		return nil, err
	}
	return key, checkTag(ctx, c.keys, KeyTag, id, key)
}

// removeKey schedules the deletion of the tenant's key, and deletes its alias: in this order, so that a run that is cut off finds the key
// again. Keys that an earlier run made and did not name go too.
func (c *Control) removeKey(ctx context.Context, id tenant.ID, days int32, strays bool) (arn string, deletion *time.Time, err error) {
	key, err := c.keyOf(ctx, id)
	if err != nil {
		return "", nil, err
	}
	if key != nil {
		if deletion, err = scheduleDeletion(ctx, c.keys, key.KeyId, days); err != nil {
			return "", nil, err
		}
		arn = aws.ToString(key.Arn)
		_, err = c.keys.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String(keyalias.Of(id))})
		if _, gone := errors.AsType[*kmstypes.NotFoundException](err); err != nil && !gone {
			return "", nil, err
		}
	}
	if !strays {
		return arn, deletion, nil
	}
	all, err := c.strays(ctx)
	for _, stray := range all[id.String()] {
		if err == nil {
			_, err = scheduleDeletion(ctx, c.keys, stray, days)
		}
	}
	return arn, deletion, err
}
