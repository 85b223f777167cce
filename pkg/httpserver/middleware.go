package httpserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"

	"example.com/shiptrack/pkg/httpclient"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/requestid"
)

const maxRequestID = 64

// handler is the chain of handlers that each request passes: those that need no route come first.
func (s *Server) handler() http.Handler { return s.identify(s.traced(s.echo)) }

// traced makes each request a span of its caller's trace. Where no spans are made, the trace goes on into the log and to the
// next service all the same.
func (s *Server) traced(next http.Handler) http.Handler {
	tel := s.cfg.Telemetry
	if tel.TracerProvider == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if ctx := tel.Propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header)); ctx != r.Context() {
				r = r.WithContext(ctx)
			}
			next.ServeHTTP(w, r)
		})
	}
	return otelhttp.NewHandler(next, s.cfg.Service,
		otelhttp.WithTracerProvider(tel.TracerProvider),
		otelhttp.WithPropagators(tel.Propagator),
		otelhttp.WithMeterProvider(noopmetric.NewMeterProvider()), // Prometheus has ours
		otelhttp.WithFilter(func(r *http.Request) bool { return !isHealth(r.URL.Path) }),
	)
}

type methodKey struct{}

// identify gives each request its id, each answer the headers that all have, and HEAD the answer of GET,
// whose body net/http then leaves out.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rand.Text()
		h := w.Header()
		h.Set(httpclient.RequestIDHeader, id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store") // every answer is one tenant's
		caller := ""
		if inbound := r.Header[httpclient.RequestIDHeader]; len(inbound) == 1 && isRequestID(inbound[0]) {
			caller = inbound[0]
		}
		r = r.WithContext(requestid.NewContext(&untilCutOff{Context: s.base, values: r.Context(), method: r.Method}, id, caller))
		r.URL = normalize(r.URL)
		if r.Method == http.MethodHead {
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// untilCutOff is a context with the values of a request's, which ends only with the server's: when a stop of it runs out of time.
// net/http ends a request's context when it reads the end of the client's side. Then the client is gone, or it
// has sent everything and waits for its answer (a half-close): the two look the same until the server writes
// something. So the request is answered in both cases; its deadline bounds the work for a client that is gone.
type untilCutOff struct {
	context.Context // the server's
	values          context.Context
	method          string // as the client sent it
}

// Value asks the server's context first: package context finds there, by a key of its own, what ends this one.
func (c *untilCutOff) Value(key any) any {
	if key == (methodKey{}) {
		return c.method
	}
	if v := c.Context.Value(key); v != nil {
		return v
	}
	return c.values.Value(key)
}

func isRequestID(id string) bool {
	if id == "" || len(id) > maxRequestID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("._-", rune(c)) {
			return false
		}
	}
	return true
}

// panicError is a handler's panic; the caller learns of an internal error alone.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			value := recover()
			if value == nil {
				return
			}
			if abort, ok := value.(error); ok && errors.Is(abort, http.ErrAbortHandler) {
				panic(value) // means: drop the connection; net/http takes care of it
			}
			err = &panicError{value: value, stack: debug.Stack()}
		}()
		return next(c)
	}
}

// limit refuses targets and bodies that are too large; how large that of a Stream may be is its handler's matter. net/http refuses a too large header before (see refusalListener).
func (s *Server) limit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if len(r.RequestURI) > maxTarget {
			return problem.New(problem.Invalid, fmt.Sprintf("the request target is longer than %d bytes", maxTarget))
		}
		if s.isStream(c) && hasBody(r.Method) {
			if err := checkLength(r); err != nil {
				return err
			}
			return next(c)
		}
		if r.ContentLength > s.cfg.MaxBody {
			return tooLarge(&http.MaxBytesError{Limit: s.cfg.MaxBody})
		}
		if r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(c.Response(), r.Body, s.cfg.MaxBody)
		}
		return next(c)
	}
}

func tooLarge(err *http.MaxBytesError) *problem.Error {
	return problem.Wrap(problem.TooLarge, err, fmt.Sprintf("the body is larger than %d bytes", err.Limit))
}

// serverOptions answers OPTIONS *, which concerns the server and no resource (RFC 9110 section 9.3.7). net/http
// would answer it itself, without a request id and without a log line.
func serverOptions(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r := c.Request(); r.Method == http.MethodOptions && r.RequestURI == "*" {
			return c.NoContent(http.StatusNoContent)
		}
		return next(c)
	}
}

// wholeSegments answers 404 where a parameter holds a slash: echo lets the last parameter of a route take
// the rest of the path, so that /things/:id would answer for /things/1/2.
func wholeSegments(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		for _, value := range c.ParamValues() {
			if strings.Contains(value, "/") {
				return echo.ErrNotFound
			}
		}
		return next(c)
	}
}

// deadline bounds the request by RequestTimeout, or by what the caller is willing to wait. Of a Stream it bounds how long
// nothing may pass.
func (s *Server) deadline(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		timeout, err := requestTimeout(r.Header[httpclient.TimeoutHeader], s.cfg.RequestTimeout)
		if err != nil {
			return problem.InvalidField(httpclient.TimeoutHeader, err.Error())
		}
		if s.isStream(c) {
			return withProgress(c, timeout, next)
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

func requestTimeout(inbound []string, limit time.Duration) (time.Duration, error) {
	if len(inbound) == 0 {
		return limit, nil
	}
	ms, err := strconv.ParseInt(inbound[0], 10, 64)
	if len(inbound) > 1 || err != nil || ms < 1 {
		return 0, errors.New("must be one whole number of milliseconds, at least 1")
	}
	if ms >= limit.Milliseconds() {
		return limit, nil
	}
	return time.Duration(ms) * time.Millisecond, nil
}
