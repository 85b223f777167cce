// What this package may not import: .ci/lint-rules checks that the rule config of .golangci.yml says so.
package config

import (
	_ "example.com/shiptrack/pkg/problem"
	_ "github.com/caarlos0/env/v11"
)
