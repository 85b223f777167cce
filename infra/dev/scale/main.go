// Command scale simulates a fleet of tracking services, whose traffic follows Zipf's law, under several ways to keep sessions. It
// writes infra/docs/figures/scale.svg, and prints the table of infra/docs/SCALE.md. Each run gives the same.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/pkg/command"
)

type cli struct {
	Figure string `default:"infra/docs/figures/scale.svg" placeholder:"FILE" help:"The figure that is written (${default})."`
}

const description = `Simulate 10,000 tenants on 50 instances for two hours, under several ways to keep sessions: count calls of STS, and requests that wait for one.

Example:

  scale --figure scale.svg
      the table on the terminal, the figure beside it`

func main() {
	os.Exit(command.Run(&cli{}, os.Args[1:], os.Stdout, os.Stderr, kong.Name("scale"), kong.Description(description), kong.BindTo(os.Stdout, (*io.Writer)(nil))))
}

// Run is called by kong.
func (c cli) Run(out io.Writer) error {
	outcomes, err := run(context.Background())
	if err != nil {
		return err
	}
	figure, err := draw(outcomes[:drawn])
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Figure, figure, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprint(out, table(outcomes))
	return err
}
