//go:build upstreams

package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/tracking-service/internal/opensearch/opensearchtest"
)

// TestLocalStackWithoutLocalawsInFrontIsNotServed: LocalStack has the table, and evaluates no IAM. Its URL stands in LOCALSTACK_URL,
// without which the test fails; it must answer STS and DynamoDB. Behind localaws, as Compose has it, the same is served.
func TestLocalStackWithoutLocalawsInFrontIsNotServed(t *testing.T) {
	address := os.Getenv("LOCALSTACK_URL")
	if address == "" {
		t.Fatal("LOCALSTACK_URL is not set: it is the URL of LocalStack")
	}
	w := backend{local: &localawstest.Local{URL: address, Region: "us-east-1", Account: "000000000000"}, domain: opensearchtest.Start(t), issuer: authntest.Start(t)}
	w.domain.Refuse(otherIndexes)
	isolate(t, w.local.Region)
	root := aws.Config{Region: w.local.Region, BaseEndpoint: &address, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	if err := provision.Table(t.Context(), root, "TrackingData"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ENDPOINT_URL", address)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	for mode, want := range map[string]string{"enforce": notIsolated, "report": ""} {
		s := start(t, w.environ("ISOLATION_CHECK="+mode))
		s.awaitLog(t, `"msg":"ISOLATION DOES NOT HOLD"`, "other-key: AWS allowed it", "no-tag: AWS allowed it")
		if want == "" { // the control: it could serve
			s.awaitReady(t)
			if status, body := s.get(t, "/shipments/1001/eta", w.issuer.Token("yellow", "ana")); status != http.StatusNotFound {
				t.Errorf("under %s: %d %s, want 404, since there are no rows", mode, status, strings.TrimSpace(body))
			}
			continue
		}
		s.awaitNotIsolated(t)
		s.wantNothingServed(t, w, want)
		s.wantMetric(t, `shiptrack_isolation_holds{store="dynamodb"} 0`)
	}
}
