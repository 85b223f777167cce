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
	"path/filepath"
)

// micro runs Go's own benchmarks. What go test prints is what benchstat reads.
type micro struct {
	Benchtime string   `default:"1s" help:"How long, or how often (100x), each benchmark runs."`
	Count     int      `default:"1" help:"How often each runs; benchstat wants 10."`
	Short     bool     `help:"Fewer data, where a benchmark prepares many: that it runs, not how fast it is."`
	Packages  []string `arg:"" help:"Package patterns, such as ./pkg/..."`
}

// Run is called by kong.
func (m micro) Run(ctx context.Context, out io.Writer) error {
	packages, err := withBenchmarks(ctx, m.Packages)
	if err != nil {
		return err
	}
	args := append([]string{"test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", m.Benchtime, fmt.Sprintf("-count=%d", m.Count), fmt.Sprintf("-short=%t", m.Short)}, packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	return nil
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
