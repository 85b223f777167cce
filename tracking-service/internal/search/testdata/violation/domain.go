// What this package may not import: .ci/lint-rules checks that the rule domain of .golangci.yml says so.
package search

import (
	_ "example.com/shiptrack/pkg/config"
	_ "github.com/caarlos0/env/v11"
)
