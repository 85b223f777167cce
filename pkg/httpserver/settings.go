package httpserver

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/pkg/config"
)

// The longest timeouts that make sense for a request that a user waits for, and for a stop that an
// orchestrator waits for (Amazon ECS kills a task at most 120 s after it asked it to stop).
const (
	maxRequestTimeout  = time.Minute
	maxShutdownTimeout = 2 * time.Minute
)

// Settings are the operator's settings for a server, for package config. ListenAddr and MetricsAddr have no
// default here: the program's Defaults method sets them.
type Settings struct {
	ListenAddr      string        `env:"LISTEN_ADDR" help:"host:port to serve on"`
	MetricsAddr     string        `env:"METRICS_ADDR" help:"host:port to serve /metrics on, for the operator alone"`
	AllowedHosts    HostNames     `env:"ALLOWED_HOSTS" help:"names of the service, with commas between them: a request with another Host is refused, unless it is an IP address or localhost; not set: any Host is answered, and /metrics for an IP address or localhost alone"`
	RequestTimeout  time.Duration `env:"REQUEST_TIMEOUT" envDefault:"5s" help:"deadline of a request, 1ms to 1m"`
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"10s" help:"how long a stop may take, 1ms to 2m"`
}

// Validate checks what a type alone cannot.
func (s *Settings) Validate() error {
	var wrong []error
	for _, addr := range []*string{&s.ListenAddr, &s.MetricsAddr} {
		if !isAddr(*addr) {
			wrong = append(wrong, config.Invalid(addr, "%q is not host:port with a port of 0 to 65535, such as 127.0.0.1:8080", *addr))
		}
	}
	if overlap(s.ListenAddr, s.MetricsAddr) {
		wrong = append(wrong, config.Invalid(&s.MetricsAddr, "must differ from LISTEN_ADDR, %s", s.ListenAddr))
	}
	if outside(s.RequestTimeout, maxRequestTimeout) {
		wrong = append(wrong, config.Invalid(&s.RequestTimeout, "%v is outside 1ms to %v", s.RequestTimeout, maxRequestTimeout))
	}
	if outside(s.ShutdownTimeout, maxShutdownTimeout) {
		wrong = append(wrong, config.Invalid(&s.ShutdownTimeout, "%v is outside 1ms to %v", s.ShutdownTimeout, maxShutdownTimeout))
	}
	return errors.Join(wrong...)
}

// isAddr reports whether addr is what a server can listen on: an IP address, a host name or nothing, and a port.
func isAddr(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}

// overlap reports whether two sockets cannot listen on a and b at once.
func overlap(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || isUnspecified(hostA) || isUnspecified(hostB)
}

// isUnspecified reports whether host stands for every address of this machine.
func isUnspecified(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

func outside(d, most time.Duration) bool { return d < time.Millisecond || d > most }
