// Command bench runs the project's benchmarks, prints them as a table, and writes them as a flat JSON object of
// name -> number for tools that compare runs.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"example.com/shiptrack/pkg/command"
	"github.com/alecthomas/kong"
	"golang.org/x/perf/benchfmt"
)

type cli struct {
	Benchtime string   `default:"1s" help:"How long, or how often (100x), each benchmark runs."`
	Output    string   `short:"o" default:"bin/bench.json" help:"File for the JSON object."`
	Packages  []string `arg:"" help:"Package patterns, such as ./pkg/..."`
}

const description = `Run Go benchmarks, print a table and write a JSON object of "package.Benchmark/unit" to number.

Example:

  bench --benchtime 100x -o bench.json ./pkg/tokenvending ./infra/localaws/policy
      each benchmark a hundred times`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Run(&cli{}, os.Args[1:], os.Stdout, os.Stderr, kong.Name("bench"),
		kong.Description(description),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.BindTo(os.Stdout, (*io.Writer)(nil)))
	stop()
	os.Exit(code)
}

// Run is called by kong. Progress, and all output of go test that is not a result, goes to stderr.
func (c cli) Run(ctx context.Context, out io.Writer) error {
	packages, err := withBenchmarks(ctx, c.Packages)
	if err != nil {
		return err
	}
	args := append([]string{"test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", c.Benchtime}, packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = os.Stderr
	results, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	// A failing test's output stands among the results: it is shown where the run fails.
	var all strings.Builder
	figures, readErr := report(io.TeeReader(results, &all), out)
	if err := cmd.Wait(); err != nil {
		fmt.Fprint(os.Stderr, all.String())
		return fmt.Errorf("go test: %w", err)
	}
	if readErr != nil {
		return readErr
	}
	encoded, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.Output, append(encoded, '\n'), 0o644)
}

// withBenchmarks returns those packages of the patterns that have a benchmark. go test would compile and link the others too,
// which takes longer than the benchmarks. It is an error if there is none.
func withBenchmarks(ctx context.Context, patterns []string) ([]string, error) {
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-json=Dir,ImportPath,TestGoFiles,XTestGoFiles"}, patterns...)...)
	list.Stderr = os.Stderr
	listed, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var found []string
	for each := json.NewDecoder(bytes.NewReader(listed)); ; {
		var p struct {
			Dir, ImportPath           string
			TestGoFiles, XTestGoFiles []string
		}
		if err := each.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for _, file := range append(p.TestGoFiles, p.XTestGoFiles...) {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				return nil, err
			}
			if bytes.Contains(text, []byte("\nfunc Benchmark")) {
				found = append(found, p.ImportPath)
				break
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no package of %v has a benchmark", patterns)
	}
	return found, nil
}

// report prints each result of go test's output as it comes, and returns all figures by
// "package.Benchmark/unit".
func report(results io.Reader, out io.Writer) (map[string]float64, error) {
	figures := map[string]float64{}
	reader := benchfmt.NewReader(results, "go test")
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name := path.Base(result.GetConfig("pkg")) + "." + withoutProcs(result.Name)
		fmt.Fprintf(out, "%-40s", name)
		for _, value := range result.Values {
			number, unit := value.Value, value.Unit
			if value.OrigUnit != "" {
				number, unit = value.OrigValue, value.OrigUnit
			}
			figures[name+"/"+unit] = number
			fmt.Fprintf(out, "%14.6g %-10s", number, unit)
		}
		fmt.Fprintln(out)
	}
	return figures, reader.Err()
}

// withoutProcs takes the GOMAXPROCS suffix off, so that a name is the same on every machine.
func withoutProcs(name benchfmt.Name) string {
	base, parts := name.Parts()
	full := string(base)
	for _, part := range parts {
		if part[0] == '/' {
			full += string(part)
		}
	}
	return full
}
