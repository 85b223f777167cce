package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/httpserver"
)

// taskEndpointBackoff bounds the wait between two tries of the container-credentials endpoint: it is on this machine, and
// at a start it may come up a moment after the service.
const taskEndpointBackoff = 100 * time.Millisecond

// load reads the settings and the AWS SDK's own configuration. The error lists all that is wrong with either.
func load[T any](ctx context.Context, environ []string) (T, aws.Config, error) {
	settings, err := config.Load[T](environ)
	cfg, awsErr := awsConfig(ctx)
	if awsErr == nil {
		return settings, cfg, wrap(err)
	}
	all := &config.Error{}
	if known, ok := errors.AsType[*config.Error](err); ok {
		all.Problems = append(all.Problems, known.Problems...)
	}
	all.Problems = append(all.Problems, *awsErr)
	return settings, cfg, misconfigured{all}
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return misconfigured{err}
}

// awsConfig returns the SDK's configuration, whose credentials are the task's own. They may do nothing but assume the
// access role, and are used for STS alone.
func awsConfig(ctx context.Context) (aws.Config, *config.Problem) {
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithHTTPClient(httpserver.NewClient(httpserver.ClientConfig{})),
		awsconfig.WithEndpointCredentialOptions(func(o *endpointcreds.Options) {
			o.Retryer = retry.AddWithMaxBackoffDelay(retry.NewStandard(), taskEndpointBackoff)
		}))
	switch {
	case err != nil:
		return cfg, &config.Problem{Variable: "AWS_*", Reason: err.Error()}
	case cfg.Region == "":
		return cfg, &config.Problem{Variable: "AWS_REGION", Reason: "is required but not set; the region of the table, such as us-east-1"}
	}
	return cfg, nil
}

// baseCheck tells whether sessions can be vended at all: base credentials are to be had, and STS knows them.
type baseCheck struct {
	client *sts.Client
	passed atomic.Bool
}

// Ready asks STS until it has once answered, which needs no permission. After that it is nil: an outage of STS must not
// take a service out that answers from valid sessions.
func (b *baseCheck) Ready(ctx context.Context) error {
	if b.passed.Load() {
		return nil
	}
	_, err := b.client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.Options) { o.Retryer = aws.NopRetryer{} })
	if err == nil {
		b.passed.Store(true)
	}
	return err
}
