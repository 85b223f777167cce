// Command bench measures what isolation costs: `bench` fills the table of infra/docs/BENCHMARKS.md, `bench micro` runs the Go
// benchmarks of packages.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.com/shiptrack/infra/dev/bench/measure"
	"example.com/shiptrack/infra/dev/bench/rows"
	"example.com/shiptrack/pkg/command"
	"github.com/alecthomas/kong"
)

type cli struct {
	Table table `cmd:"" default:"withargs" help:"Measure the rows of the table (the default)."`
	Micro micro `cmd:"" help:"Run Go benchmarks, in the form that benchstat reads."`
}

type table struct {
	Only   []string `placeholder:"ROW,..." help:"Measure these rows alone."`
	Rounds int      `default:"7" help:"How often the two sides of a ratio take turns."`
	Bin    string   `default:"bin" help:"Folder of the binaries that make build makes."`
	Output string   `short:"o" default:"bin/bench.json" help:"File for the JSON object, a flat one of row to number."`
}

const description = `Measure ratios side by side in one run: both sides take turns, and the median of the turns' ratios counts. It asks loopback alone. Ctrl-C ends all that it started.

Example:

  bench --only isolation_tax,over_floor
      two rows, with what they need`

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := command.Run(&cli{}, os.Args[1:], os.Stdout, os.Stderr, kong.Name("bench"), kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)))
	stop()
	os.Exit(code)
}

// Run is called by kong. Progress goes to stderr.
func (t table) Run(ctx context.Context, out io.Writer) error {
	if t.Rounds < 1 {
		return command.Misconfigured(errors.New("--rounds: at least 1"))
	}
	groups, err := rows.Select(t.Only)
	if err != nil {
		return command.Misconfigured(fmt.Errorf("--only: %w", err))
	}
	bin, err := filepath.Abs(t.Bin)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "shiptrack-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	results, failed := rows.Measure(ctx, rows.Place{Bin: bin, Work: work, Rounds: t.Rounds, Progress: os.Stderr}, groups)
	if results == nil {
		return failed
	}
	if err := measure.Table(out, results); err != nil {
		return err
	}
	text, err := measure.JSON(results)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(t.Output, text, 0o644), failed)
}
