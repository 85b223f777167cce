// Command shipment-service is the public face of Shiptrack: `serve` answers the API, `health` asks a running
// one whether it can.
package main

import (
	"context"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/pkg/command"
	"example.com/shiptrack/pkg/config"
	"example.com/shiptrack/pkg/httpserver"
)

type cli struct {
	Serve  serve  `cmd:"" default:"1" help:"Answer the API until SIGINT or SIGTERM (the default)."`
	Health health `cmd:"" help:"Ask the /readyz of the service on LISTEN_ADDR; exit 0 if it can answer requests, else 1."`
}

const description = `The public face of Shiptrack: authenticates each request, asks the tracking service on behalf of the caller, and answers. It holds no data and needs no AWS credentials.

It is configured by environment variables (name, default, meaning), and by OpenTelemetry's further OTEL_*:

`

// process is what a command gets of the process that it runs in.
type process struct {
	environ []string
	stdout  io.Writer
}

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with all that it depends on as parameters. It returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	return command.Run(&cli{}, args, stdout, stderr, kong.Name("shipment-service"),
		kong.Description(description+config.Usage[settings]()),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(process{environ: environ, stdout: stdout}))
}

type health struct{}

// Run asks the service that the same environment configures.
func (health) Run(ctx context.Context, p process) error {
	where, err := config.Load[address](p.environ)
	if err != nil {
		return command.Misconfigured(err)
	}
	return httpserver.Probe(ctx, where.ListenAddr)
}
