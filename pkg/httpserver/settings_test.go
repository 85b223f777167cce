package httpserver_test

import (
	"strings"
	"testing"

	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/httpserver"
)

type serverSettings struct{ httpserver.Settings }

func (s *serverSettings) Defaults() {
	s.ListenAddr, s.MetricsAddr = "127.0.0.1:8080", "127.0.0.1:9080"
}

func TestEachWrongSettingIsRefusedAndItsNeighbourIsNot(t *testing.T) {
	for _, tt := range []struct{ variable, wrong, reason, right string }{
		{"LISTEN_ADDR", "127.0.0.1", "host:port", "127.0.0.1:0"},
		{"LISTEN_ADDR", ":70000", "host:port", ":7000"},
		{"LISTEN_ADDR", ":http", "host:port", ":80"},
		{"LISTEN_ADDR", "http://127.0.0.1:80", "host:port", "localhost:80"},
		{"LISTEN_ADDR", "user@host:80", "host:port", "a-host.example.com:80"},
		{"LISTEN_ADDR", "a b:80", "host:port", "[::1]:80"},
		{"LISTEN_ADDR", "*:80", "host:port", "0.0.0.0:80"},
		{"METRICS_ADDR", "127.0.0.1:8080", "must differ", "127.0.0.1:8081"},
		{"METRICS_ADDR", ":8080", "must differ", "127.0.0.2:8080"},
		{"METRICS_ADDR", "[::]:8080", "must differ", "[::]:0"},
		{"ALLOWED_HOSTS", "api.example:80", "cannot be a Host", "api.example"},
		{"ALLOWED_HOSTS", "Api.example", "cannot be a Host", "a.example,b-c.example"},
		{"ALLOWED_HOSTS", "a.example,", "cannot be a Host", "a.example, b.example"},
		{"ALLOWED_HOSTS", "*.example", "cannot be a Host", "localhost"},
		{"REQUEST_TIMEOUT", "0s", "outside", "1ms"},
		{"REQUEST_TIMEOUT", "61s", "outside", "60s"},
		{"SHUTDOWN_TIMEOUT", "3m", "outside", "2m"},
		{"SHUTDOWN_TIMEOUT", "-1s", "outside", "1ms"},
	} {
		if _, err := config.Load[serverSettings]([]string{tt.variable + "=" + tt.right}); err != nil {
			t.Errorf("%s=%s is refused: %v", tt.variable, tt.right, err)
		}
		_, err := config.Load[serverSettings]([]string{tt.variable + "=" + tt.wrong})
		if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), "  "+tt.variable+": ") || !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s=%s: got %v, want one problem with %q", tt.variable, tt.wrong, err, tt.reason)
		}
	}
}
