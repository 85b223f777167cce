package rows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"example.com/shiptrack/infra/dev/bench/load"
	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// itemsOf asks the product's localaws, a process with its store on disk and its log on, with sessions of the tenants.
func itemsOf(ctx context.Context, s *stage) (*load.Load, string, error) {
	d, err := s.demoWith(ctx, s.place.Bin)
	if err != nil {
		return nil, "", err
	}
	if err := d.copyRows(ctx); err != nil {
		return nil, "", err
	}
	requests, err := signed(ctx, d.localaws())
	if err != nil {
		return nil, "", err
	}
	asked, err := load.New("127.0.0.1:"+d.ports["LOCALAWS_PORT"], requests)
	return asked, "", err
}

// signed are GetItem requests of each tenant's session at a localaws. A signature holds for five minutes by AWS's rules.
func signed(ctx context.Context, endpoint string) ([]load.Request, error) {
	task, err := localaws.StartTaskCredentials(localaws.TaskCredentialsConfig{Endpoint: endpoint, Region: "us-east-1", Role: "TrackingServiceRole"})
	if err != nil {
		return nil, err
	}
	defer func() { _ = task.Close() }()
	environment := map[string]string{}
	for _, variable := range task.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		environment[name] = value
	}
	base := endpointcreds.New(environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"], func(o *endpointcreds.Options) {
		o.AuthorizationToken = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
	})
	client := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: aws.NewCredentialsCache(base)})
	var all []load.Request
	for i := range tenants {
		session, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: aws.String("arn:aws:iam::" + provision.Account + ":role/TrackingAccessRole"), RoleSessionName: aws.String(tenantNamed(i) + "@bench"),
			Tags: []ststypes.Tag{{Key: aws.String("TenantID"), Value: aws.String(tenantNamed(i))}}, TransitiveTagKeys: []string{"TenantID"},
		})
		if err != nil {
			return nil, err
		}
		key := aws.Credentials{AccessKeyID: *session.Credentials.AccessKeyId, SecretAccessKey: *session.Credentials.SecretAccessKey, SessionToken: *session.Credentials.SessionToken}
		r, err := getItem(ctx, endpoint, tenantNamed(i), key)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func getItem(ctx context.Context, endpoint, tenant string, key aws.Credentials) (load.Request, error) {
	body := fmt.Appendf(nil, `{"TableName":%q,"Key":{"TenantID":{"S":%q},"ShipmentID":{"S":"1001"}}}`, provision.TableName, tenant)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/", strings.NewReader(string(body)))
	if err != nil {
		return load.Request{}, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(hash[:]), "dynamodb", "us-east-1", time.Now()); err != nil {
		return load.Request{}, err
	}
	return load.Request{Method: http.MethodPost, Path: "/", Header: r.Header, Body: body}, nil
}

// hello is net/http answering {} to the same requests, in a process of its own.
func hello(ctx context.Context, s *stage) (*load.Load, string, error) {
	d, err := s.demoWith(ctx, s.place.Bin)
	if err != nil {
		return nil, "", err
	}
	requests, err := signed(ctx, d.localaws())
	if err != nil {
		return nil, "", err
	}
	addr, err := s.serve(ctx, "hello", "./infra/dev/bench/cmd/hello")
	if err != nil {
		return nil, "", err
	}
	asked, err := load.New(addr, requests)
	return asked, "", err
}
