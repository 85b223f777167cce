package httpserver

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/httpclient"
)

// What a page of an allowed origin may send and read, and for how many seconds a browser may remember it.
var (
	corsMethods = "GET, HEAD, PUT"
	corsRequest = strings.Join([]string{
		echo.HeaderAuthorization, httpclient.RequestIDHeader, httpclient.TimeoutHeader, echo.HeaderContentType,
		"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since",
	}, ", ")
	corsResponse = strings.Join([]string{
		httpclient.RequestIDHeader, echo.HeaderRetryAfter, "RateLimit", "RateLimit-Policy", echo.HeaderWWWAuthenticate,
		echo.HeaderContentDisposition, "Content-Range", "ETag",
	}, ", ")
	corsMaxAge = "600"
)

// CORSSettings are the operator's settings for pages of other origins, for package config.
type CORSSettings struct {
	AllowedOrigins config.List `env:"CORS_ALLOWED_ORIGINS" help:"the origins whose pages may read answers, such as https://app.example.com; with commas between them; none where it is not set"`
}

// Validate checks what a type alone cannot.
func (s *CORSSettings) Validate() error {
	var wrong []error
	for _, origin := range s.AllowedOrigins {
		if err := checkOrigin(origin); err != nil {
			wrong = append(wrong, config.Invalid(&s.AllowedOrigins, "%.100q %v", origin, err))
		}
	}
	return errors.Join(wrong...)
}

// checkOrigin refuses what no browser sends as Origin, and what would be a hole: a wildcard, null (which a page in a
// sandbox sends), and http elsewhere than on this machine.
func checkOrigin(origin string) error {
	if strings.Contains(origin, "*") {
		return errors.New("must name one origin: a wildcard is not supported")
	}
	u, err := url.Parse(origin)
	if err != nil || config.CheckURL(origin) != nil || u.Scheme+"://"+u.Host != origin || strings.ToLower(origin) != origin ||
		u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		return errors.New("must be scheme, host and port as a browser sends them, such as https://app.example.com: lower case, no path, no default port")
	}
	if u.Scheme == "http" && !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()) {
		return errors.New("must be https; http is for localhost, 127.0.0.1 and [::1]")
	}
	return nil
}

// CORS lets pages of the origins read answers, by the CORS protocol of the Fetch standard. Requests are answered all the
// same without it: what a page may do is the token's matter alone. It never sends Access-Control-Allow-Credentials:
// nothing here is authenticated by a cookie.
func CORS(origins []string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, h := c.Request(), c.Response().Header()
			h.Add(echo.HeaderVary, echo.HeaderOrigin)
			sent := r.Header[echo.HeaderOrigin]
			if len(sent) != 1 || !slices.Contains(origins, sent[0]) {
				return next(c)
			}
			h.Set(echo.HeaderAccessControlAllowOrigin, sent[0])
			if r.Method != http.MethodOptions || r.Header.Get(echo.HeaderAccessControlRequestMethod) == "" {
				h.Set(echo.HeaderAccessControlExposeHeaders, corsResponse)
				return next(c)
			}
			h.Set(echo.HeaderAccessControlAllowMethods, corsMethods)
			h.Set(echo.HeaderAccessControlAllowHeaders, corsRequest)
			h.Set(echo.HeaderAccessControlMaxAge, corsMaxAge)
			return c.NoContent(http.StatusNoContent)
		}
	}
}
