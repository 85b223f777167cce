//go:build awscli

package e2e

import "testing"

// TestAWSCLI drives the demo's localaws with the AWS CLI, which nobody here wrote. It needs `aws` on the path, and fails
// without it; make test-aws-cli runs it.
func TestAWSCLI(t *testing.T) { runScripts(t, "testdata/awscli") }
