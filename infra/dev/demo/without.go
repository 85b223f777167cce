package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.com/shiptrack/pkg/command"
)

// checkWithout refuses a flag that would have no effect.
func (s Settings) checkWithout() error {
	if s.PrintEnv && s.Without == "" {
		return command.Misconfigured(errors.New("--print-env is for the service that --without names: add --without tracking-service or --without shipment-service"))
	}
	return nil
}

// leaveOut prints what the service that the user starts needs, and waits for it without a time limit.
func (d *demo) leaveOut(ctx context.Context, settings []string) error {
	d.step("%s is left out: it is waited for on %s", d.Without, d.address(d.Without))
	if d.PrintEnv {
		if err := d.printEnv(settings); err != nil {
			return err
		}
	}
	return d.await(ctx, d.Without, "http://"+d.address(d.Without)+"/healthz")
}

// envFile is the file with the settings of the service that is left out. Its name is the same in each run.
func (d *demo) envFile() string { return filepath.Join(d.fleet.Bin, d.Without+".env") }

// printEnv prints the settings for a shell or for the run configuration of an IDE, and writes them to envFile. They hold
// no secret, only the names of files with secrets. The line for a shell sets them in a subshell: left in the shell, the
// demo would refuse them, and the AWS CLI would find none of its profiles.
func (d *demo) printEnv(settings []string) error {
	var lines strings.Builder
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		fmt.Fprintf(&lines, "%s=%s\n", name, command.Quoted(value))
	}
	if err := os.WriteFile(d.envFile(), []byte(lines.String()), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(d.out, `
%s
These lines are its environment, for the run configuration of an IDE. They are in %s too:

  (set -a; . %s; go run ./%s/cmd/%s)

`, &lines, d.envFile(), command.Quoted(d.envFile()), d.Without, d.Without)
	return nil
}
