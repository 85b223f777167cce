package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"example.com/shiptrack/pkg/connlimit"
	"example.com/shiptrack/pkg/framing"
)

// errStopping is why the requests that outlast the shutdown timeout are cancelled.
var errStopping = errors.New("the service is stopping")

// Listen opens both sockets; Run calls it unless it was called before. Where an address is in use, the error
// names the address and the variable that changes it.
func (s *Server) Listen() error {
	if s.mainLn != nil {
		return nil
	}
	mainLn, err := listen(s.cfg.Addr, "LISTEN_ADDR")
	if err != nil {
		return err
	}
	metricsLn, err := listen(s.cfg.MetricsAddr, "METRICS_ADDR")
	if err != nil {
		return errors.Join(err, mainLn.Close())
	}
	s.mainLn, s.metricsLn = mainLn, metricsLn
	return nil
}

func listen(addr, variable string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is in use: stop what listens there, or set %s to another", addr, variable)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (set %s to another address): %w", addr, variable, err)
	}
	return ln, nil
}

// Addr returns the address that Listen got; it is empty before.
func (s *Server) Addr() string { return addrOf(s.mainLn) }

// MetricsAddr returns the address of /metrics that Listen got; it is empty before.
func (s *Server) MetricsAddr() string { return addrOf(s.metricsLn) }

func addrOf(ln net.Listener) string {
	if ln == nil {
		return ""
	}
	return ln.Addr().String()
}

// Run serves, and logs when and why it is not ready, until ctx is done. Then it stops: /readyz turns 503 and idle
// connections are closed; after a twentieth of the shutdown timeout, so that load balancers notice, it takes no new
// connection; requests under way may end. It returns nil after such a stop, and an error where a socket could not be
// opened, a listener failed, or requests had to be cut off at the end of the shutdown timeout.
func (s *Server) Run(ctx context.Context) error {
	if err := s.Listen(); err != nil {
		return err
	}
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(errStopping)
	s.base = base
	failed := make(chan error, 2)
	mainLn := connlimit.Apply(s.main, framing.Apply(s.main, refusalListener{s.mainLn, s.refusal}), mainLimits)
	metricsLn := connlimit.Apply(s.metricsServer, framing.Apply(s.metricsServer, s.metricsLn), metricsLimits)
	go func() { failed <- s.main.Serve(mainLn) }()
	go func() { failed <- s.metricsServer.Serve(metricsLn) }()
	s.logger.LogAttrs(ctx, slog.LevelInfo, "listening",
		slog.String("addr", s.Addr()), slog.String("metrics_addr", s.MetricsAddr()))
	go s.watchReadiness(ctx)
	go s.logRefusals(ctx)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	return errors.Join(err, s.stop(cancel))
}

func (s *Server) stop(cancel context.CancelCauseFunc) error {
	ctx, done := context.WithTimeout(context.Background(), s.cfg.ShutdownTimeout)
	defer done()
	s.logger.LogAttrs(ctx, slog.LevelInfo, "stopping")
	s.draining.Store(true)
	s.main.SetKeepAlivesEnabled(false)
	time.Sleep(s.cfg.ShutdownTimeout / 20)
	err := s.main.Shutdown(ctx)
	if err != nil {
		err = fmt.Errorf("requests were cut off after %v (SHUTDOWN_TIMEOUT)", s.cfg.ShutdownTimeout)
		cancel(errStopping)
		_ = s.main.Close() // closes what is left; there is nothing more to do about an error
	}
	s.shares.log(s.trail)
	// Last, so that the end can be observed; a scrape under way does not hold the process.
	if closeErr := s.metricsServer.Close(); closeErr != nil && !errors.Is(closeErr, http.ErrServerClosed) {
		err = errors.Join(err, closeErr)
	}
	s.logger.LogAttrs(ctx, slog.LevelInfo, "stopped")
	return err
}
