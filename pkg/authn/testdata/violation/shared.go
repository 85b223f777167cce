// What this package may not import: .ci/lint-rules checks that the rule shared of .golangci.yml says so.
package authn

import _ "example.com/shiptrack/infra/iam"
