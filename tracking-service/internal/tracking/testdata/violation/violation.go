// Package violation breaks the import rule of the domain on purpose: .ci/lint-rules checks that the linter says so.
package violation

import "github.com/labstack/echo/v4"

// Transport is what the domain must not know.
type Transport = echo.Context
