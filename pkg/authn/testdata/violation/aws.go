// What this package may not import: .ci/lint-rules checks that the rule aws of .golangci.yml says so.
package authn

import _ "github.com/aws/aws-sdk-go-v2/aws"
