// Command tenants is the life of a tenant: add, list, show, suspend, resume, revoke, remove and report.
package main

import (
	"context"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/pkg/command"
)

type cli struct {
	target
	Format string `enum:"text,json" default:"text" help:"text or json (${default})."`

	Add     add     `cmd:"" help:"Make what the stores need for a tenant: a KMS key and a search index. Nothing in IAM: that is counted."`
	List    list    `cmd:"" help:"List all tenants, with their states."`
	Show    show    `cmd:"" help:"Show what there is of a tenant."`
	Suspend suspend `cmd:"" help:"Deny everything to a tenant's sessions until resume. The API then answers it 403 tenant-suspended."`
	Resume  resume  `cmd:"" help:"End a suspension."`
	Revoke  revoke  `cmd:"" help:"End the sessions that a tenant has now. New ones hold."`
	Remove  remove  `cmd:"" help:"Remove a tenant with all that it has. Its id is never given again."`
	Report  report  `cmd:"" help:"Say how many tenants there are, who is suspended or revoked, and what is in IAM."`
}

const description = `The life of a tenant of Shiptrack. Each command looks first, and changes what is not yet so: a command that was cut off is finished by the same command again.

Without --account it works on the localaws at AWS_ENDPOINT_URL, which make demo and make up start, in the role TrackingTenantsRole. With --account it works on that account of AWS, with the SDK's own settings (AWS_REGION, AWS_PROFILE ...), in whatever role these have: take TrackingTenantsRole.

Examples:

  tenants add acme
  tenants add --file tenants.jsonl       a line for each: {"tenant": "acme"}
  tenants revoke acme                    after a token or a key of the service was stolen
  tenants remove acme                    says what would be removed
  tenants remove acme --yes`

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// std is where a command prints: its result to out, how far it is to err.
type std struct{ out, err io.Writer }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	grammar := &cli{}
	return command.Run(grammar, args, stdout, stderr, kong.Name("tenants"), kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(std{stdout, stderr}), kong.Bind(grammar))
}
