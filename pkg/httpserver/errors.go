package httpserver

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/requestid"
)

// renderError is echo's HTTPErrorHandler: every error of every handler becomes a problem document here.
func renderError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	known := classify(c.Request().Context(), err)
	id := requestid.FromContext(c.Request().Context())
	if known.Kind == problem.NotFound {
		id = "" // the same bytes for another tenant's resource and for one that nobody has; the header has the id
	}
	problem.Write(c.Response(), c.Request(), known, id)
}

// classify returns err, with which the handling of a request in ctx ended, as one of the known kinds.
func classify(ctx context.Context, err error) *problem.Error {
	var large *http.MaxBytesError
	var known *problem.Error
	var fromEcho *echo.HTTPError
	switch {
	case errors.As(err, &large): // first: a handler may have called it a malformed body
		return tooLarge(large)
	case errors.As(err, &known):
		return known
	case errors.As(err, &fromEcho):
		return classifyEcho(fromEcho)
	case errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), errStopping):
		return problem.WrapUnavailable(err, "the service is stopping", time.Second)
	case errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), context.DeadlineExceeded): // a Stream stood still
		return problem.From(context.Cause(ctx))
	}
	return problem.From(err)
}

// classifyEcho maps the errors of echo's router and binder, and those of code generated for it, which has
// an error of its own for a parameter that does not fit the document.
func classifyEcho(err *echo.HTTPError) *problem.Error {
	switch err.Code {
	case http.StatusNotFound:
		return problem.Wrap(problem.NotFound, err, "there is nothing at this path")
	case http.StatusMethodNotAllowed:
		return problem.Wrap(problem.MethodNotAllowed, err, "this path does not have that method; see the Allow header")
	case http.StatusRequestEntityTooLarge:
		return problem.Wrap(problem.TooLarge, err, "the body is too large")
	case http.StatusUnsupportedMediaType:
		return problem.Wrap(problem.UnsupportedMedia, err, "the body's media type is not supported")
	case http.StatusUnauthorized:
		return problem.Wrap(problem.Unauthenticated, err, "")
	case http.StatusForbidden:
		return problem.Wrap(problem.Denied, err, "")
	case http.StatusServiceUnavailable:
		return problem.WrapUnavailable(err, "", time.Second)
	}
	if err.Code >= http.StatusInternalServerError || err.Code < http.StatusBadRequest {
		return problem.Wrap(problem.Internal, err, "an unexpected error occurred")
	}
	detail, _ := err.Message.(string)
	return problem.Wrap(problem.Invalid, err, detail)
}

// addHead completes the Allow header that echo puts on 405 and on its answers to OPTIONS: whatever has GET has HEAD.
func addHead(h http.Header) {
	if allow := h.Get(echo.HeaderAllow); strings.Contains(allow, http.MethodGet) && !strings.Contains(allow, http.MethodHead) {
		h.Set(echo.HeaderAllow, allow+", "+http.MethodHead)
	}
}
