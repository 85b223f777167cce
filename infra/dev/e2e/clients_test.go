//go:build clients

package e2e

import (
	"os"
	"testing"
)

// The tests of this file drive localaws with the AWS CLI, boto3 and opensearch-py, which nobody here wrote. They need `aws`, and a `python3`
// that has the other two, on the path, and fail without them; make test-clients runs them.

// TestClientsOfIdentity asks for what localaws answers by itself, whatever stands behind it, and for S3 by the AWS CLI: on Compose
// it is part of the long form alone (LONG=yes). There boto3 asks for S3, in TestClientsOfTables.
func TestClientsOfIdentity(t *testing.T) {
	if onCompose() && os.Getenv("LONG") == "" {
		t.Skip("what localaws answers by itself is the same on the demo; LONG=yes runs it here too")
	}
	runScripts(t, "testdata/clients")
}

// TestClientsOfTables asks for what a gateway forwards.
func TestClientsOfTables(t *testing.T) { runScripts(t, "testdata/tables") }
