// What this package may not import: .ci/lint-rules checks that the rule transport of .golangci.yml says so.
package rest

import _ "example.com/shiptrack/tracking-service/internal/dynamo"
