// Command methods compares three methods of tenant isolation, prints what it finds, and writes the page infra/docs/METHODS.md with its plot.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/infra/methods"
	"example.com/shiptrack/pkg/command"
)

type cli struct {
	Docs string `default:"infra/docs" placeholder:"DIR" help:"Where METHODS.md and figures/methods.svg are written (${default})."`
}

// drawn is a figure of the same folder, whose colours the plot has.
const drawn = "methods-idea.svg"

const description = `Compare RBAC, generated session policies and ABAC: what each needs in IAM, what it lets through, and how long it takes, on localaws in this process. It takes some minutes, and says how far it is.`

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := command.Run(&cli{}, os.Args[1:], os.Stdout, os.Stderr, kong.Name("methods"), kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)))
	stop()
	os.Exit(code)
}

// Run is called by kong.
func (c cli) Run(ctx context.Context, out io.Writer) error {
	figures := filepath.Join(c.Docs, "figures")
	other, err := os.ReadFile(filepath.Join(figures, drawn))
	if err != nil {
		return command.Misconfigured(err)
	}
	fmt.Fprintln(os.Stderr, "what each method needs in IAM and lets through")
	results, err := methods.Compare(ctx)
	if err != nil {
		return err
	}
	plot, err := methods.Plot(results, other)
	if err != nil {
		return err
	}
	machine := fmt.Sprintf("%d cores%s, %s, %s", runtime.NumCPU(), load(), runtime.Version(), time.Now().UTC().Format("2 January 2006"))
	times, err := methods.MeasureAll(ctx, os.Stderr)
	if err != nil {
		return err
	}
	page, err := methods.Page(results, times, machine)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, methods.Tables(results, times)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(figures, "methods.svg"), plot, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Docs, "METHODS.md"), page, 0o644)
}

// load says how busy Linux is with other work, which times depend on.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	average, _, _ := strings.Cut(string(text), " ")
	return " with a load average of " + average + " before"
}
