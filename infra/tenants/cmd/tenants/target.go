package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/command"
)

// target is where the tenants are.
type target struct {
	Endpoint string `default:"http://127.0.0.1:4566" env:"AWS_ENDPOINT_URL" placeholder:"URL" help:"Where localaws is (${default}); not with --account."`
	Region   string `default:"us-east-1" env:"AWS_REGION" placeholder:"REGION" help:"Region (${default})."`
	Account  string `placeholder:"ID" help:"Work on this account of AWS, with the SDK's own settings."`
	Role     string `default:"TrackingTenantsRole" placeholder:"NAME" help:"Role whose sessions localaws hands out (${default}); not with --account."`
	Table    string `default:"TrackingData" env:"TRACKING_TABLE" placeholder:"NAME" help:"Table of the shipments (${default})."`
	Bucket   string `env:"DOCUMENTS_BUCKET" placeholder:"NAME" help:"Bucket of the documents (shiptrack-ACCOUNT)."`
	Search   string `env:"OPENSEARCH_ENDPOINT" placeholder:"URL" help:"Domain of OpenSearch Service; localaws serves it too."`
}

// maxAttempts of a request: an account's quota of KMS is some requests a second, so adding many tenants is throttled.
const maxAttempts = 20

// open returns a Control, and what closes it.
func (t target) open(ctx context.Context, progress func(string, int)) (*tenants.Control, func() error, error) {
	if t.Account != "" {
		c, err := t.ofAccount(ctx, progress)
		return c, func() error { return nil }, command.Misconfigured(err)
	}
	endpoint := strings.TrimSuffix(t.Endpoint, "/")
	task, err := localaws.StartTaskCredentials(localaws.TaskCredentialsConfig{Endpoint: endpoint, Region: t.Region, Role: t.Role})
	if err != nil {
		return nil, nil, command.Misconfigured(err)
	}
	cfg := aws.Config{Region: t.Region, BaseEndpoint: &endpoint, Credentials: aws.NewCredentialsCache(taskSessions(task)), HTTPClient: newClient()}
	c, err := t.control(cfg, localaws.DefaultAccount, cmp.Or(t.Search, endpoint), progress)
	return c, task.Close, err
}

// taskSessions takes sessions as a task on ECS takes them.
func taskSessions(task *localaws.TaskCredentials) aws.CredentialsProvider {
	values := map[string]string{}
	for _, variable := range task.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
	}
	return endpointcreds.New(values["AWS_CONTAINER_CREDENTIALS_FULL_URI"], func(o *endpointcreds.Options) {
		o.AuthorizationToken = values["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
	})
}

func (t target) ofAccount(ctx context.Context, progress func(string, int)) (*tenants.Control, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithEC2IMDSClientEnableState(imds.ClientDisabled), config.WithHTTPClient(newClient()),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
				o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) { o.MaxAttempts = maxAttempts })
			})
		}))
	if err != nil {
		return nil, err
	}
	if t.Search == "" {
		return nil, errors.New("with --account, OPENSEARCH_ENDPOINT has to name the domain")
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("GetCallerIdentity, to find the account of the credentials: %w", err)
	}
	if id := aws.ToString(who.Account); id != t.Account {
		return nil, fmt.Errorf("the credentials are of account %s, --account says %s: nothing was done", id, t.Account)
	}
	return t.control(cfg, t.Account, t.Search, progress)
}

func (t target) control(cfg aws.Config, account, search string, progress func(string, int)) (*tenants.Control, error) {
	return tenants.New(tenants.Config{
		AWS: cfg, Account: account, Search: search, Table: t.Table, Bucket: cmp.Or(t.Bucket, "shiptrack-"+account), Progress: progress,
	})
}
