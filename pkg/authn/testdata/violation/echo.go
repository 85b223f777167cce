// What this package may not import: .ci/lint-rules checks that the rule echo of .golangci.yml says so.
package authn

import _ "github.com/labstack/echo/v4"
