package command

import (
	"context"
	"net"
	"net/http"
	"time"

	"example.com/shiptrack/pkg/framing"
)

// drainTime is how long requests under way may take once Serve has been asked to stop.
const drainTime = time.Second

// Serve answers requests on listener until ctx ends, then gives those under way at most a second. It is for the
// tools that run on a developer's machine; the services drain as package httpserver says.
func Serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	stopped := make(chan error, 1)
	go func() { stopped <- framing.Serve(server, listener) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return server.Close()
	}
	return nil
}
