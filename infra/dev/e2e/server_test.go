//go:build suites || mappers

package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// server is a localaws of a test's own.
type server struct {
	port string
	aws  aws.Config // root's
}

func startServer(t *testing.T) *server {
	t.Helper()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	startLocalaws(t, ports[0], t.TempDir())
	endpoint := "http://127.0.0.1:" + ports[0]
	return &server{ports[0], aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}}
}
