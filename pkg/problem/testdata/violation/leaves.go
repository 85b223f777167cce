// What this package may not import: .ci/lint-rules checks that the rule leaves of .golangci.yml says so.
package problem

import _ "golang.org/x/time/rate"
