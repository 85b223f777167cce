package httpserver

import (
	"errors"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/problem"
)

// Authenticate is the middleware of every route with data behind it: it verifies the request's one bearer
// token (RFC 6750 section 2.1; never from the query or a form) and puts principal, tenant and token in the
// request's context, where package authn and package tenant find them. Errors are those of
// authn.Verifier.Verify; the access log has the reason.
func Authenticate(v *authn.Verifier) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			token, err := bearerToken(r.Header[echo.HeaderAuthorization])
			if err != nil {
				refusal := problem.Wrap(problem.Unauthenticated, err, authn.Detail)
				refusal.NoToken = errors.Is(err, authn.Missing)
				return refusal
			}
			principal, err := v.Verify(r.Context(), token)
			if err != nil {
				return err
			}
			c.SetRequest(r.WithContext(authn.NewContext(r.Context(), principal, token)))
			return next(c)
		}
	}
}

// bearerToken returns the token of the one Authorization header. Of several, a proxy before us and we
// might each look at another one.
func bearerToken(headers []string) (string, error) {
	switch len(headers) {
	case 0:
		return "", authn.Missing
	case 1:
	default:
		return "", authn.Several
	}
	// RFC 9110 section 11.4: auth-scheme 1*SP token68, the scheme in any case. net/http has trimmed the ends.
	scheme, token, _ := strings.Cut(headers[0], " ")
	token = strings.TrimLeft(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", authn.Missing
	}
	return token, nil
}
