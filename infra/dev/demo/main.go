// Command demo runs all of Shiptrack on this machine until Ctrl-C.
package main

import (
	"context"
	"io"
	"os"

	"example.com/shiptrack/pkg/command"
	"github.com/alecthomas/kong"
)

type cli struct {
	Settings
}

const description = `Run all of Shiptrack on this machine, check that tenants are kept apart, and print what to try. Ctrl-C stops everything.

Examples:

  make demo
      builds the binaries first

  SHIPMENT_PORT=18080 LOCALAWS_PORT=14566 make demo
      on other ports; what it prints names them

  bin/demo --policies article
      under the AWS article's own policies, which do not pass tracking-service's isolation check: it reports that, and
      serves all the same; a folder that holds one folder per role works too

  bin/demo --limits limits.json
      with limits of your own for each tenant: requests a second, and in flight

  bin/demo --without tracking-service --print-env
      all but one service, which you start from your IDE with the environment that is printed

It exits with 1 where a part does not come up or the check fails, and says where the logs are. OTEL_* reach the services (traces); their other settings are the demo's own, and refused here.`

// Run is called by kong.
func (c cli) Run(ctx context.Context, out io.Writer) error {
	if err := refuseForeign(os.Environ()); err != nil {
		return err
	}
	return runDemo(ctx, c.Settings, out)
}

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return command.Run(&cli{}, args, stdout, stderr, kong.Name("demo"),
		kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
}
