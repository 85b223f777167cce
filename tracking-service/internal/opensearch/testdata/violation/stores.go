// What this package may not import: .ci/lint-rules checks that the rule stores of .golangci.yml says so.
package opensearch

import _ "example.com/shiptrack/tracking-service/internal/seed"
