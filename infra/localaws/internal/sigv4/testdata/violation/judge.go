// What this package may not import: .ci/lint-rules checks that the rule judge of .golangci.yml says so.
package sigv4

import _ "example.com/shiptrack/pkg/tenant"
