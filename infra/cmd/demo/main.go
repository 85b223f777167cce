// Command demo runs all of Shiptrack on this machine until Ctrl-C.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"example.com/shiptrack/infra/demo"
	"example.com/shiptrack/pkg/command"
	"github.com/alecthomas/kong"
)

type cli struct {
	demo.Settings
}

// Run is called by kong.
func (c cli) Run(ctx context.Context, out io.Writer) error { return demo.Run(ctx, c.Settings, out) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return command.Run(&cli{}, args, stdout, stderr, kong.Name("demo"),
		kong.Description("Run all of Shiptrack on this machine, check that tenants are kept apart, and print what to try. Ctrl-C stops everything."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
}
