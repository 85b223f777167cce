// Command tracking-service owns the tracking data: `serve` answers its API, `seed` writes the demonstration's
// shipments, `health` asks a running one whether it can answer.
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
	Serve  serve       `cmd:"" default:"1" help:"Answer the API until SIGINT or SIGTERM (the default)."`
	Seed   seedCommand `cmd:"" help:"Write the shipments of the demonstration's tenants, their documents and what searches find them by, over those of the same ids. It needs a role that may write: set TRACKING_ACCESS_ROLE_ARN to TrackingSeedRole's, and run it as TrackingSeedTaskRole. Of the variables it reads TRACKING_TABLE, DOCUMENTS_BUCKET, OPENSEARCH_ENDPOINT, TRACKING_ACCESS_ROLE_ARN, INSTANCE_ID and AWS_*."`
	Health health      `cmd:"" help:"Ask the /readyz of the service on LISTEN_ADDR; exit 0 if it can answer requests, else 1."`
}

const description = `The owner of Shiptrack's tracking data. It authenticates each request itself, and reads the table, the bucket and the indexes with a session of TrackingAccessRole that is tagged with the tenant of the token. It stores documents with one of TrackingWriteRole. Its own role may do nothing but assume these two.

It is configured by environment variables (name, default, meaning), by the AWS SDK's own AWS_* (region, endpoint, base credentials), and by OpenTelemetry's further OTEL_*:

`

// process is what a command gets of the process that it runs in. The AWS SDK reads its AWS_* from the real
// environment, not from environ.
type process struct {
	environ        []string
	stdout, stderr io.Writer
}

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with all that it depends on as parameters. It returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	return command.Run(&cli{}, args, stdout, stderr, kong.Name(name),
		kong.Description(description+config.Usage[settings]()),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(process{environ: environ, stdout: stdout, stderr: stderr}))
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
