// What this package may not import: .ci/lint-rules checks that the rule signer of .golangci.yml says so.
package sigv4

import _ "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
