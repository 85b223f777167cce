package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"example.com/shiptrack/pkg/command"
	"example.com/shiptrack/pkg/config"
)

// Connections to AWS: how many stay open between requests, for each of DynamoDB and STS (the SDK keeps 10, and opens one anew
// for each request beyond), and how long opening one may take.
const (
	maxIdlePerHost = 256
	dialTimeout    = 3 * time.Second
)

// taskEndpointBackoff bounds the wait between two tries of the container-credentials endpoint: it is on this machine, and
// at a start it may come up a moment after the service.
const taskEndpointBackoff = 100 * time.Millisecond

// load reads the settings and the AWS SDK's own configuration. The error lists all that is wrong with either.
func load[T any](ctx context.Context, environ []string) (T, aws.Config, error) {
	settings, err := config.Load[T](environ)
	cfg, wrong := awsConfig(ctx)
	if len(wrong) == 0 {
		return settings, cfg, command.Misconfigured(err)
	}
	all := &config.Error{}
	if known, ok := errors.AsType[*config.Error](err); ok {
		all.Problems = append(all.Problems, known.Problems...)
	}
	all.Problems = append(all.Problems, wrong...)
	return settings, cfg, command.Misconfigured(all)
}

// awsConfig returns the SDK's configuration, with the task's own credentials, or all that is wrong with it. The credentials
// may only assume the access role, and are used for STS alone.
func awsConfig(ctx context.Context) (aws.Config, []config.Problem) {
	// The SDK's own client, so that AWS_CA_BUNDLE and HTTPS_PROXY work as the SDK documents them.
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 2*maxIdlePerHost, maxIdlePerHost
	}).WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout })
	cfg, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithHTTPClient(client),
		awsconfig.WithEndpointCredentialOptions(func(o *endpointcreds.Options) {
			o.Retryer = retry.AddWithMaxBackoffDelay(retry.NewStandard(), taskEndpointBackoff)
		}))
	return cfg, awsProblems(cfg, err, os.Environ())
}

// sdkLog writes the messages of the SDK's clients to the service's own log, in its format and without secrets. The SDK's
// default is plain text on stderr.
type sdkLog struct{ logger *slog.Logger }

// Logf is logging.Logger's.
func (l sdkLog) Logf(kind logging.Classification, format string, v ...any) {
	level := slog.LevelDebug
	if kind == logging.Warn {
		level = slog.LevelWarn
	}
	l.logger.LogAttrs(context.Background(), level, "AWS SDK", slog.String("said", fmt.Sprintf(format, v...)))
}

// baseCheck checks whether sessions can be vended at all: there are base credentials, and STS accepts them.
type baseCheck struct {
	client *sts.Client
	passed atomic.Bool
}

// Ready calls GetCallerIdentity, which needs no permission, until STS has answered once. After that it returns nil: an
// outage of STS must not stop a service that has valid sessions.
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
