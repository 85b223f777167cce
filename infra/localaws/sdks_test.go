package localaws_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestEndpointMayEndInSlashes: the SDK for Go signs each of them, where the rule (and botocore) says one.
func TestEndpointMayEndInSlashes(t *testing.T) {
	l := localawstest.Start(t)
	for _, slashes := range []string{"", "/", "//", "///"} {
		config := l.Config(localawstest.Root)
		config.BaseEndpoint = aws.String(*config.BaseEndpoint + slashes)
		for service, call := range map[string]func() error{
			"sts":      func() error { _, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), nil); return err },
			"iam":      func() error { _, err := awsiam.NewFromConfig(config).ListRoles(t.Context(), nil); return err },
			"dynamodb": func() error { _, err := dynamodb.NewFromConfig(config).ListTables(t.Context(), nil); return err },
			"kms":      func() error { _, err := kms.NewFromConfig(config).ListKeys(t.Context(), nil); return err },
			"s3": func() error {
				client := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
				bucket := "bucket" + strings.ReplaceAll(slashes, "/", "-slash")
				if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
					return err
				}
				_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("/key")})
				return err
			},
		} {
			if err := call(); err != nil {
				t.Errorf("%s at an endpoint that ends in %q: %v", service, slashes, err)
			}
		}
		config.Credentials = l.Config(localawstest.Credentials{AccessKeyID: "test", SecretAccessKey: "tesT"}).Credentials
		_, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), nil)
		localawstest.WantFailure(t, err, "SignatureDoesNotMatch", 403)
	}
}

// TestPresignedIdentityIsGoodFor15Minutes: so EKS takes a token, which is such a link.
func TestPresignedIdentityIsGoodFor15Minutes(t *testing.T) {
	l := localawstest.Start(t)
	for name, options := range map[string]func(*sts.PresignOptions){
		"as the SDK for Go makes it": func(*sts.PresignOptions) {},
		"as EKS's clients make it": func(o *sts.PresignOptions) {
			o.ClientOptions = append(o.ClientOptions, func(o *sts.Options) {
				o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue("x-k8s-aws-id", "cluster"), smithyhttp.SetHeaderValue("X-Amz-Expires", "60"))
			})
		},
	} {
		link, err := sts.NewPresignClient(sts.NewFromConfig(l.Config(localawstest.Root))).PresignGetCallerIdentity(t.Context(), nil, options)
		if err != nil {
			t.Fatal(err)
		}
		follow := func() (int, []byte) {
			r, err := http.NewRequestWithContext(t.Context(), link.Method, link.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			for key, values := range link.SignedHeader {
				r.Header[key] = values
			}
			return localawstest.Send(t, r)
		}
		if status, body := follow(); status != 200 || !strings.Contains(string(body), "<Arn>arn:aws:iam::000000000000:root</Arn>") {
			t.Errorf("%s: %d %s", name, status, body)
		}
		l.Advance(14*time.Minute + 30*time.Second)
		if status, body := follow(); status != 200 {
			t.Errorf("%s, after 14 minutes: %d %s", name, status, body)
		}
		l.Advance(time.Minute)
		if status, body := follow(); status != 403 || !strings.Contains(string(body), "SignatureDoesNotMatch") {
			t.Errorf("%s, after 15 minutes: %d %s, want 403 SignatureDoesNotMatch", name, status, body)
		}
		l.Advance(-15*time.Minute - 30*time.Second)
	}
}
