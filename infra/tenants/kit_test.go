package tenants_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// world is a localaws with the hardened policies, the table and the bucket.
type world struct {
	t testing.TB
	*localawstest.Local
	root aws.Config
}

func newWorld(t testing.TB) world {
	t.Helper()
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	w := world{t, l, l.Config(localawstest.Root)}
	ctx := context.Background()
	if err := provision.Table(ctx, w.root, provision.TableName); err != nil {
		t.Fatal(err)
	}
	if err := provision.Bucket(ctx, w.root, localawstest.Bucket); err != nil {
		t.Fatal(err)
	}
	if _, err := w.objects().PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: aws.String(localawstest.Bucket), VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w world) objects() *s3.Client {
	return s3.NewFromConfig(w.root, func(o *s3.Options) { o.UsePathStyle = true })
}

// control is a Control in the role TrackingTenantsRole; each change of its configuration applies.
func (w world) control(changes ...func(*tenants.Config)) *tenants.Control {
	w.t.Helper()
	c := tenants.Config{
		AWS: w.Config(w.RoleCredentials(w.t, "TrackingTenantsRole", "control")), Account: w.Account, Search: w.URL,
		Table: provision.TableName, Bucket: localawstest.Bucket,
	}
	for _, change := range changes {
		change(&c)
	}
	control, err := tenants.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return control
}

func id(t testing.TB, text string) tenant.ID {
	t.Helper()
	parsed, err := tenants.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// fill gives a tenant rows, versions of an object, an upload that is not completed, and a document in its index.
func (w world) fill(name string) {
	w.t.Helper()
	ctx := context.Background()
	for n := range 3 {
		_, err := dynamodb.NewFromConfig(w.root).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(provision.TableName), Item: map[string]types.AttributeValue{
			"TenantID": &types.AttributeValueMemberS{Value: name}, "ShipmentID": &types.AttributeValueMemberS{Value: fmt.Sprint(1000 + n)},
		}})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	bucket, key := aws.String(localawstest.Bucket), aws.String(name+"/1000/pod.pdf")
	for _, text := range []string{"first", "second"} {
		if _, err := w.objects().PutObject(ctx, &s3.PutObjectInput{
			Bucket: bucket, Key: key, Body: strings.NewReader(name + text),
			ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(keyalias.Of(id(w.t, name))),
		}); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.objects().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.objects().CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: aws.String(name + "/1000/large.pdf")}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := opensearch.New(w.root, w.URL).Do(ctx, http.MethodPut, tenants.IndexOf(id(w.t, name))+"/_doc/1000", []byte(`{"shipmentId":"1000"}`)); err != nil {
		w.t.Fatal(err)
	}
}

// holding is all that root sees of a tenant; the same text before and after says that nobody touched it.
func (w world) holding(name string) string {
	w.t.Helper()
	ctx := context.Background()
	var all []string
	rows, err := dynamodb.NewFromConfig(w.root).Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(provision.TableName), KeyConditionExpression: aws.String("TenantID = :t"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":t": &types.AttributeValueMemberS{Value: name}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range rows.Items {
		all = append(all, "row "+row["ShipmentID"].(*types.AttributeValueMemberS).Value)
	}
	prefix := aws.String(name + "/")
	versions, err := w.objects().ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: aws.String(localawstest.Bucket), Prefix: prefix})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, v := range versions.Versions {
		all = append(all, "version "+*v.Key+" "+*v.VersionId)
	}
	for _, m := range versions.DeleteMarkers {
		all = append(all, "marker "+*m.Key+" "+*m.VersionId)
	}
	uploads, err := w.objects().ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: aws.String(localawstest.Bucket), Prefix: prefix})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, u := range uploads.Uploads {
		all = append(all, "upload "+*u.Key+" "+*u.UploadId)
	}
	if found, err := tenants.HasIndex(ctx, opensearch.New(w.root, w.URL), id(w.t, name)); err != nil {
		w.t.Fatal(err)
	} else if found {
		all = append(all, "index")
	}
	if key, err := kms.NewFromConfig(w.root).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(keyalias.Of(id(w.t, name)))}); err == nil {
		all = append(all, "key "+*key.KeyMetadata.KeyId+" "+string(key.KeyMetadata.KeyState))
	}
	return strings.Join(all, "\n")
}

// usableKeys counts the keys that can be used, by the tenant of their tags.
func (w world) usableKeys() map[string]int {
	w.t.Helper()
	client, n := kms.NewFromConfig(w.root), map[string]int{}
	pages := kms.NewListKeysPaginator(client, &kms.ListKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, k := range page.Keys {
			key, err := client.DescribeKey(context.Background(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			if err != nil {
				w.t.Fatal(err)
			}
			tags, err := client.ListResourceTags(context.Background(), &kms.ListResourceTagsInput{KeyId: k.KeyId})
			if err != nil {
				w.t.Fatal(err)
			}
			if key.KeyMetadata.Enabled && len(tags.Tags) > 0 {
				n[*tags.Tags[0].TagValue]++
			}
		}
	}
	return n
}

// cut is a way to AWS that ends after some requests: as after kill -9, nothing that comes later is sent. The last one may have been sent, and
// only its answer lost.
type cut struct {
	mu   sync.Mutex
	left int
	lost bool // the answer alone
	next aws.HTTPClient
}

func (c *cut) Do(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.left--
	over, last := c.left < 0, c.left == -1
	c.mu.Unlock()
	if over && (!last || !c.lost) {
		return nil, errCut
	}
	answer, err := c.next.Do(r)
	if over && err == nil {
		return nil, errors.Join(errCut, answer.Body.Close())
	}
	return answer, err
}

var errCut = errors.New("the process was killed")

// killedAfter makes a Control whose process is killed after n requests, or before the answer of the next.
func killedAfter(n int, lost bool) func(*tenants.Config) {
	return func(c *tenants.Config) {
		c.AWS.HTTPClient = &cut{left: n, lost: lost, next: c.AWS.HTTPClient}
		c.AWS.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	}
}

// noWait does not wait for the second that is running.
func noWait(c *tenants.Config) {
	c.Wait = func(context.Context, time.Duration) error { return nil }
}

func lines(names ...string) *bytes.Buffer {
	var b bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&b, "{\"tenant\": %q}\n", name)
	}
	return &b
}
