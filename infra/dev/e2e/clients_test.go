//go:build clients

package e2e

import "testing"

// TestClients drives localaws with the AWS CLI and boto3, which nobody here wrote. It needs `aws`, and a `python3` that has
// boto3, on the path, and fails without them; make test-clients runs it.
func TestClients(t *testing.T) { runScripts(t, "testdata/clients") }
