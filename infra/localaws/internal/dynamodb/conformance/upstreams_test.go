//go:build upstreams

package conformance

import (
	"net/url"
	"os"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/upstream"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// behind is an endpoint that others made, reached as users reach it: through localaws. Its URL stands in an environment
// variable, without which the test fails.
func behind(t testing.TB, name, variable string) endpoint {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Fatalf("%s is not set: it is the URL of %s", variable, name)
	}
	addresses, err := upstream.ParseAddresses([]string{address})
	if err != nil {
		t.Fatal(err)
	}
	return newEndpoint(name, localawstest.StartGateway(t, map[string]*url.URL{"dynamodb": addresses["dynamodb"]}))
}

func dynamodbLocal(t testing.TB) endpoint { return behind(t, "dynamodb-local", "DYNAMODB_LOCAL_URL") }

func TestDynamoDBLocalConforms(t *testing.T) { runScripts(t, dynamodbLocal(t)) }

func TestLocalStackConforms(t *testing.T) {
	runScripts(t, behind(t, "localstack", "LOCALSTACK_URL"))
}
