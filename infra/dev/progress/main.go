// Command progress runs go test with its own arguments, and prints a line for each package as it ends: how many are
// done, after how long. The output of a test is shown where it fails.
//
//	progress -count=1 work
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"example.com/shiptrack/pkg/command"
)

func main() {
	ctx, stop := command.Interruptible(context.Background())
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "progress:", err)
		os.Exit(1)
	}
}

// run returns an error where a test fails, and where not all packages were tested.
func run(ctx context.Context, args []string, out io.Writer) error {
	var patterns []string
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			patterns = append(patterns, arg)
		}
	}
	list := exec.CommandContext(ctx, "go", append([]string{"list"}, patterns...)...)
	list.Stderr = os.Stderr
	packages, err := list.Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	total := strings.Count(string(packages), "\n")
	fmt.Fprintf(out, "testing %d packages: all of the project take about four minutes on two cores, and the first time some minutes more to compile what they need\n", total)

	test := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	test.Stderr = os.Stderr
	test.Cancel = func() error { return test.Process.Signal(os.Interrupt) } // go test ends its tests
	events, err := test.StdoutPipe()
	if err != nil {
		return err
	}
	if err := test.Start(); err != nil {
		return err
	}
	began := time.Now()
	s, readErr := summarize(events, out, total, func() time.Duration { return time.Since(began) })
	if err := errors.Join(readErr, test.Wait()); err != nil {
		return errors.Join(err, s.failure())
	}
	fmt.Fprintf(out, "ok: %d packages in %s\n", s.done, clock(time.Since(began)))
	return s.failure()
}
