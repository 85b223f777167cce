package localaws_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/encoding/cbor"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shiptrack/infra/localaws"
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

// TestWhatIsNotServedSaysSo, in the error that the protocol has for it, and not with one about signatures.
func TestWhatIsNotServedSaysSo(t *testing.T) {
	l := localawstest.Start(t)
	config := l.Config(localawstest.Root)
	anonymous := l.Config(localawstest.Root)
	anonymous.Credentials = aws.AnonymousCredentials{}
	tokens, roles := sts.NewFromConfig(anonymous), awsiam.NewFromConfig(config)
	role := aws.String("arn:aws:iam::000000000000:role/Task")
	for operation, call := range map[string]func() error{
		"AssumeRoleWithWebIdentity": func() error {
			_, err := tokens.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
				RoleArn: role, RoleSessionName: aws.String("session"), WebIdentityToken: aws.String(strings.Repeat("token", 4000)),
			})
			return err
		},
		"AssumeRoleWithSAML": func() error {
			_, err := tokens.AssumeRoleWithSAML(t.Context(), &sts.AssumeRoleWithSAMLInput{RoleArn: role, PrincipalArn: role, SAMLAssertion: aws.String("assertion")})
			return err
		},
		"GetSessionToken": func() error {
			_, err := sts.NewFromConfig(config).GetSessionToken(t.Context(), nil)
			return err
		},
		"CreateInstanceProfile": func() error {
			_, err := roles.CreateInstanceProfile(t.Context(), &awsiam.CreateInstanceProfileInput{InstanceProfileName: aws.String("profile")})
			return err
		},
	} {
		err := call()
		localawstest.WantFailure(t, err, "InvalidAction", 400)
		if err == nil || !strings.Contains(err.Error(), "localaws does not serve "+operation) {
			t.Errorf("%s: %v", operation, err)
		}
	}
	_, err := dynamodb.NewFromConfig(config).ListBackups(t.Context(), nil)
	localawstest.WantFailure(t, err, "UnknownOperationException", 400)
	_, err = sts.NewFromConfig(anonymous).GetCallerIdentity(t.Context(), nil)
	localawstest.WantFailure(t, err, "MissingAuthenticationToken", 403)
}

func TestErrorOfRPCv2CBORIsInCBOR(t *testing.T) {
	l := localawstest.Start(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL+"/service/DynamoDB_20120810/operation/ListTables", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	r.Header.Set("Content-Type", "application/cbor")
	status, body := l.Do(t, r, nil, localawstest.Root, "dynamodb")
	value, err := cbor.Decode(body)
	if err != nil {
		t.Fatalf("%d %q: %v", status, body, err)
	}
	fields, _ := value.(cbor.Map)
	if kind, _ := fields["__type"].(cbor.String); status != 400 || !strings.HasSuffix(string(kind), "#UnknownOperationException") {
		t.Errorf("got %d %v", status, fields)
	}
	if text, _ := fields["message"].(cbor.String); !strings.Contains(string(text), "rpc-v2-cbor") {
		t.Errorf("got %v", fields)
	}
}

// TestPageOfOperations: OPERATIONS.md lists what is served. With UPDATE=yes it is written anew.
func TestPageOfOperations(t *testing.T) {
	const page = "OPERATIONS.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(text), "\n## ")
	var want strings.Builder
	want.WriteString(head)
	served := localaws.Operations()
	for _, service := range []struct{ name, title string }{
		{"sts", "STS"}, {"iam", "IAM"}, {"dynamodb", "DynamoDB"}, {"kms", "KMS"}, {"s3", "S3"},
	} {
		names := served[service.name]
		fmt.Fprintf(&want, "\n## %s\n%d operations: %s.\n", service.title, len(names), strings.Join(names, ", "))
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want.String() != string(text) {
		t.Errorf("%s is not what is served: UPDATE=yes go test -run TestPageOfOperations . writes it anew", page)
	}
}
