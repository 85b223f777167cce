package httpserver_test

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
)

// onlyOne refuses every request whose path parameter id is not 1.
type onlyOne struct{}

func (onlyOne) CheckRequest(operationID string, _ *http.Request, pathParameter func(string) string) error {
	if operationID != "GetThing" || pathParameter("id") != "1" {
		return problem.InvalidField("id", "must be 1")
	}
	return nil
}

func TestRequestThatTheRulesRefuseReachesNoHandler(t *testing.T) {
	handled := 0
	s := start(t, func(e *echo.Echo) {
		e.GET("/things/:id", func(c echo.Context) error { handled++; return c.NoContent(http.StatusOK) },
			httpserver.CheckRequest(onlyOne{}, "GetThing"))
	}, nil)
	if a := s.do(t, http.MethodGet, "/things/1", nil, nil); a.status != http.StatusOK || handled != 1 {
		t.Fatalf("/things/1: status %d, handled %d times, want 200 and once", a.status, handled)
	}
	wantProblem(t, s.do(t, http.MethodGet, "/things/2", nil, nil), problem.Invalid)
	if handled != 1 {
		t.Errorf("the handler saw the request that was refused")
	}
}
