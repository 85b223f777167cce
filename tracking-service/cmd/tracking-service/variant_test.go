//go:build bench

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/pkg/tenant"
)

// TestMain is the service as make bench compares it with: the same code, whose calls of DynamoDB are signed with other
// credentials. It stands in a test, so that no build of the product has it.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_VARIANT") == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := serveVariant(ctx, os.Getenv("BENCH_VARIANT"))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveVariant(ctx context.Context, name string) error {
	s, cfg, err := load[settings](ctx, os.Environ())
	if err != nil {
		return err
	}
	var from aws.CredentialsProvider = credentials.NewStaticCredentialsProvider("test", "test", "")
	if name == "assume" {
		away, err := time.ParseDuration(os.Getenv("BENCH_STS_DELAY"))
		if err != nil {
			return err
		}
		from = perRequest(sts.NewFromConfig(cfg), s.Access.RoleARN, away)
	}
	cfg.ServiceOptions = append(cfg.ServiceOptions, func(_ string, options any) {
		if o, ok := options.(*dynamodb.Options); ok {
			o.AuthSchemes = []smithyhttp.AuthScheme{scheme{from, v4.NewSigner()}}
		}
	})
	return serveWith(ctx, s, cfg, os.Stdout)
}

// perRequest asks STS for a session each time, as the article's function does. STS is so far away.
func perRequest(client *sts.Client, role string, away time.Duration) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		id, err := tenant.FromContext(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		answered := time.NewTimer(away)
		defer answered.Stop()
		out, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: &role, RoleSessionName: aws.String(id.String() + "@bench"),
			Tags: []types.Tag{{Key: aws.String("TenantID"), Value: aws.String(id.String())}}, TransitiveTagKeys: []string{"TenantID"},
		})
		if err != nil {
			return aws.Credentials{}, err
		}
		<-answered.C
		c := out.Credentials
		return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}, nil
	})
}

// scheme signs with credentials of its own, whatever the client's are.
type scheme struct {
	from   aws.CredentialsProvider
	signer *v4.Signer
}

type identity struct{ aws.Credentials }

func (i identity) Expiration() time.Time { return i.Expires }

func (scheme) SchemeID() string { return "aws.auth#sigv4" }

func (s scheme) IdentityResolver(auth.IdentityResolverOptions) auth.IdentityResolver { return s }

func (s scheme) Signer() smithyhttp.Signer { return s }

func (s scheme) GetIdentity(ctx context.Context, _ smithy.Properties) (auth.Identity, error) {
	c, err := s.from.Retrieve(ctx)
	return identity{c}, err
}

func (s scheme) SignRequest(ctx context.Context, r *smithyhttp.Request, who auth.Identity, properties smithy.Properties) error {
	service, _ := smithyhttp.GetSigV4SigningName(&properties)
	region, _ := smithyhttp.GetSigV4SigningRegion(&properties)
	return s.signer.SignHTTP(ctx, who.(identity).Credentials, r.Request, v4.GetPayloadHash(ctx), service, region, time.Now())
}
