// What this package may not import: .ci/lint-rules checks that the rule vending of .golangci.yml says so.
package tokenvending

import (
	_ "example.com/shiptrack/pkg/authn"
	_ "github.com/maypok86/otter/v2"
)
