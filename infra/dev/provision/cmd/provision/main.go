// Command provision puts the demonstration in place on localaws: roles, table and rows. It is what Terraform is
// on AWS.
package main

import (
	"context"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/pkg/command"
)

type cli struct {
	Put    put    `cmd:"" default:"withargs" help:"Bring roles, table and rows to what they should be, once (what provision alone does)."`
	Keep   keep   `cmd:"" help:"Do the same and keep running: bring them back where the endpoint behind localaws lost them, and follow an edit of the policies."`
	Health health `cmd:"" help:"Exit 0 if a running keep has all in place, 1 if not."`
}

const description = `Puts Shiptrack's demonstration in place on localaws, as its root: roles and policies, the table TrackingData, and the rows of the demonstration's tenants (tracking-service/internal/seed/data).

The policies are read from disk when it runs. --policies names a set (hardened, article), which is the folder infra/iam/NAME of the checkout that you are in, or a folder that holds one folder per role. Without a checkout a name is the copy that the binary was built with.

Examples:

  provision --seed bin/tracking-service
      once; it can be repeated, and leaves what is as it should be

  provision keep --seed /tracking-service --mark /run/mark
      in Docker Compose: LocalStack keeps its tables in memory, and forgets them at its end; it follows an edit of the policies`

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return command.Run(&cli{}, args, stdout, stderr, kong.Name("provision"),
		kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(stdout, (*io.Writer)(nil)))
}
