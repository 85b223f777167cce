package methods

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

const (
	table    = "TrackingData"
	endpoint = "http://localaws.internal"
)

// World is a localaws in this process with the stores of the product, and with IAM as one method has it. Close it.
type World struct {
	method      Method
	definitions []Definition
	server      *localaws.Server
	dir         string
	service     aws.Config // of the service's own credentials
}

// NewWorld makes a World with rows, documents and an index of each of tenants.
func NewWorld(ctx context.Context, m Method, definitions []Definition, tenants ...string) (*World, error) {
	dir, err := os.MkdirTemp("", "shiptrack-methods-")
	if err != nil {
		return nil, err
	}
	server, err := localaws.New(localaws.Config{Data: dir, AllowedHosts: []string{"localaws.internal"}})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	w := &World{method: m, definitions: definitions, server: server, dir: dir}
	if err := w.iam(tenants); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if err := w.start(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if err := w.stores(ctx, tenants); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// Close ends w.
func (w *World) Close() error { return errors.Join(w.server.Close(), os.RemoveAll(w.dir)) }

// iam puts the roles of the method and the service's own.
func (w *World) iam(tenants []string) error {
	all, err := Roles(w.method, w.definitions, tenants...)
	if err != nil {
		return err
	}
	return w.server.PutRoles(all)
}

// start takes the service's credentials, as a task does.
func (w *World) start(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_localaws/role-credentials?"+url.Values{"role": {service}, "session": {"task"}}.Encode(), nil)
	if err != nil {
		return err
	}
	answer, err := signed(ctx, w.root(), r)
	if err != nil {
		return err
	}
	var c struct{ AccessKeyId, SecretAccessKey, Token string }
	if err := json.Unmarshal(answer, &c); err != nil {
		return err
	}
	w.service = w.config(c.AccessKeyId, c.SecretAccessKey, c.Token)
	return nil
}

// root is the account's own key: only what is there before the first request is made with it.
func (w *World) root() aws.Config { return w.config("test", "test", "") }

func (w *World) config(id, secret, token string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(endpoint), HTTPClient: &http.Client{Transport: w.server},
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, token), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// Session is a tenant's session for one definition. packed is how much of STS's limit its policy and tags use, in percent.
func (w *World) Session(ctx context.Context, in *sts.AssumeRoleInput) (session aws.Config, packed int, err error) {
	out, err := sts.NewFromConfig(w.service).AssumeRole(ctx, in)
	if err != nil {
		return aws.Config{}, 0, err
	}
	c := out.Credentials
	//nolint:staticcheck // the field that it is replaced by is newer than what STS documents
	return w.config(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken), int(aws.ToInt32(out.PackedPolicySize)), nil
}

// stores makes table, bucket, keys and indexes, and puts something of each tenant into them.
func (w *World) stores(ctx context.Context, tenants []string) error {
	root := w.root()
	ids := make([]tenant.ID, len(tenants))
	for i, t := range tenants {
		var err error
		if ids[i], err = tenant.Parse(t); err != nil {
			return err
		}
	}
	if err := errors.Join(provision.Table(ctx, root, table), provision.Bucket(ctx, root, bucket), provision.TenantKeys(ctx, root, ids...),
		provision.Indexes(ctx, root, endpoint, ids...)); err != nil {
		return err
	}
	for _, t := range tenants {
		if err := errors.Join(putItem(ctx, root, t), putObject(ctx, root, t)); err != nil {
			return fmt.Errorf("data of %s: %w", t, err)
		}
	}
	return nil
}

func keyOf(tenant string) map[string]dynamodbtypes.AttributeValue {
	return map[string]dynamodbtypes.AttributeValue{
		"TenantID": &dynamodbtypes.AttributeValueMemberS{Value: tenant}, "ShipmentID": &dynamodbtypes.AttributeValueMemberS{Value: "1001"},
	}
}

func putItem(ctx context.Context, c aws.Config, tenant string) error {
	_, err := dynamodb.NewFromConfig(c).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: keyOf(tenant)})
	return err
}

func objects(c aws.Config) *s3.Client {
	return s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
}

func objectOf(tenant string) *string { return aws.String(tenant + "/1001/bill.pdf") }

func putObject(ctx context.Context, c aws.Config, name string) error {
	id, err := tenant.Parse(name)
	if err != nil {
		return err
	}
	_, err = objects(c).PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: objectOf(name), Body: bytes.NewReader([]byte("bill")),
		ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(keyalias.Of(id)),
	})
	return err
}

func search(ctx context.Context, c aws.Config, tenant string) error {
	_, err := opensearch.New(c, endpoint).Do(ctx, http.MethodGet, tenant+"-shipments/_search", []byte(`{"query":{"match_all":{}}}`))
	return err
}
