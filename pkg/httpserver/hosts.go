package httpserver

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/allowedhosts"
	"example.com/shiptrack/pkg/problem"
)

// HostNames are names of a service. As a setting they have commas between them.
type HostNames []string

// UnmarshalText is encoding.TextUnmarshaler's. It refuses what no Host can be: a name with upper case, a port or a star.
func (n *HostNames) UnmarshalText(text []byte) error {
	names := strings.Split(string(text), ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	*n = names
	_, err := allowedhosts.New(names...)
	return err
}

var errMisdirected = problem.New(problem.Misdirected, "the service does not answer for the Host of this request")

// ownHosts refuses a Host that is not the service's, where Config names its hosts. It says nothing of the Host itself: the
// caller chose it.
func (s *Server) ownHosts(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.cfg.AllowedHosts != nil && !s.hosts.Allows(c.Request()) {
			return errMisdirected
		}
		return next(c)
	}
}

// ownMetricsHosts does the same for /metrics, always: those who collect metrics ask an address.
func (s *Server) ownMetricsHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hosts.Allows(r) {
			problem.Write(w, r, errMisdirected, "")
			return
		}
		next.ServeHTTP(w, r)
	})
}
