// What this package may not import: .ci/lint-rules checks that the rule leaves of .golangci.yml says so.
package tenant

import _ "example.com/shiptrack/pkg/problem"
