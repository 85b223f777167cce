package httpserver

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// RequestChecker knows what a request of each operation looks like; *openapi.Contract is one.
type RequestChecker interface {
	// CheckRequest returns a problem where r is not a request of the operation. pathParameter returns a path
	// parameter as it stands in the request's path.
	CheckRequest(operationID string, r *http.Request, pathParameter func(name string) string) error
}

// CheckRequest is the middleware of the route of one operation: it refuses a request that rules refuse,
// before the handler sees it.
func CheckRequest(rules RequestChecker, operationID string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := rules.CheckRequest(operationID, c.Request(), c.Param); err != nil {
				return err
			}
			return next(c)
		}
	}
}
