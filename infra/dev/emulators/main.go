// Command emulators puts the policies of infra/iam to the local AWS emulators that can be installed from a package registry
// or run as an image, and writes what each one enforces as a page: infra/docs/EMULATORS.md.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/pkg/command"
)

type cli struct {
	Page  string `default:"infra/docs/EMULATORS.md" placeholder:"FILE" help:"The page that is written (${default})."`
	Cache string `env:"EMULATORS_CACHE" placeholder:"DIR" help:"Where emulators are installed (the user's cache folder)."`
	Bin   string `default:"bin" placeholder:"DIR" help:"Where the binary of localaws is (${default})."`
	Only  string `placeholder:"NAME" help:"Try this emulator alone, print its rows, and write no page."`

	Without []string `placeholder:"NAME,..." help:"Leave these emulators out. Their rows of the page say so."`
}

const description = `Install the local AWS emulators (PyPI, crates.io, images of Docker), start each on a free loopback port with its IAM switched on, put the article's policies and the hardened ones to it, and write the page on what it enforces. Whatever was started is ended.

Example:

  emulators --only moto
      rows of moto on the terminal`

func main() {
	ctx, stop := command.Interruptible(context.Background())
	code := command.Run(&cli{}, os.Args[1:], os.Stdout, os.Stderr, kong.Name("emulators"), kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)))
	stop()
	os.Exit(code)
}

// Run is called by kong. An emulator that cannot be tried is an error, unless it is left out.
func (c cli) Run(ctx context.Context, out io.Writer) error {
	for _, name := range append(c.Without, c.Only) {
		if name != "" && !slices.Contains(names(), name) {
			return command.Misconfigured(fmt.Errorf("there is no emulator %s, but %s", name, strings.Join(names(), ", ")))
		}
	}
	place, err := newPlace(c.Cache, c.Bin)
	if err != nil {
		return err
	}
	defer place.remove()
	rows, err := c.rows(ctx, place)
	if err != nil {
		return err
	}
	if c.Only != "" {
		_, err := io.WriteString(out, table(rows))
		return err
	}
	page, err := render(rows, time.Now())
	if err != nil {
		return err
	}
	return os.WriteFile(c.Page, page, 0o644)
}

func (c cli) rows(ctx context.Context, p *place) (rows []row, err error) {
	for _, e := range emulators {
		if c.Only != "" && c.Only != e.Name {
			continue
		}
		for _, set := range []iam.Set{iam.Article, iam.Hardened} {
			r := row{emulator: e, set: set}
			if !slices.Contains(c.Without, e.Name) {
				fmt.Fprintf(os.Stderr, "%s %s, %s policies\n", e.Name, e.Version, set)
				if r.answers, err = try(ctx, p, e, set); err != nil {
					return nil, fmt.Errorf("%s, %s policies: %w", e.Name, set, err)
				}
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// try starts an emulator, asks it everything, and ends it.
func try(ctx context.Context, p *place, e emulator, set iam.Set) ([]answer, error) {
	running, err := e.start(ctx, p, e.Version)
	if err != nil {
		return nil, err
	}
	defer running.Stop()
	if err := running.Await(ctx, running.ready); err != nil {
		return nil, err
	}
	return ask(ctx, running, set)
}
