// What this package may not import: .ci/lint-rules checks that the rule methods of .golangci.yml says so.
package prove

import _ "example.com/shiptrack/infra/methods"
