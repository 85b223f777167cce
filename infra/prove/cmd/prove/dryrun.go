package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/pkg/command"
)

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// dryRun prints the calls of a run against an account, and makes none.
func (c attack) dryRun(ctx context.Context, names prove.Names, source iam.Source, std streams) error {
	region, err := c.dry(std)
	if err != nil {
		return err
	}
	attacks, _ := keep(names.OnAWS(), func(a *prove.Attack) bool { return strings.HasPrefix(a.Name, c.Only) })
	last := &lines{out: std.out}
	rehearsal := prove.Rehearsal{Names: names, Account: c.Account, Region: region, Policies: source, Existing: c.Existing, Attacks: attacks, Called: func(call prove.CalledOnce) { last.add(call.String()) }}
	rows, err := rehearsal.CarryOut(ctx)
	if err != nil {
		return err
	}
	last.add("")
	name := "run"
	if c.Existing {
		name = "existing"
	}
	fmt.Fprintf(std.out, "%d calls, for %d attacks. The policy that their caller needs is infra/prove/caller/%s.json.\n", last.total, len(rows), name)
	if !c.Existing {
		fmt.Fprintln(std.out, "A run that is killed is removed by prove clean, whose --dry-run prints the calls of that.")
		fmt.Fprintln(std.out, "Attacks by token/ and http/ are not among them: they start the two services, which call AWS as the roles of their tasks.")
	}
	return nil
}

// dry returns the region of what is only printed.
func (c attack) dry(std streams) (region string, err error) {
	region = cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	switch {
	case c.Target != "aws" || !accountID.MatchString(c.Account):
		return "", command.Misconfigured(errors.New("--dry-run is for --target aws, with --account, twelve digits"))
	case region == "":
		return "", command.Misconfigured(errors.New("no region: set AWS_REGION"))
	}
	fmt.Fprintf(std.err, "prove: a localaws in this process stands for account %s: no call is made\n", c.Account)
	return region, nil
}

// dryClean prints the calls that remove a run which had made everything, and makes none.
func (c attack) dryClean(ctx context.Context, names prove.Names, source iam.Source, std streams) error {
	region, err := c.dry(std)
	if err != nil {
		return err
	}
	last := &lines{out: std.out}
	found, err := prove.Rehearsal{Names: names, Account: c.Account, Region: region, Policies: source, Called: func(call prove.CalledOnce) { last.add(call.String()) }}.Clean(ctx)
	if err != nil {
		return err
	}
	last.add("")
	_, err = fmt.Fprintf(std.out, "%d calls, for %d things. The policy that their caller needs is infra/prove/caller/run.json.\n", last.total, len(found.Removed))
	return err
}

// lines prints a line once for each run of the same, with how often it comes.
type lines struct {
	out          io.Writer
	line         string
	times, total int
}

func (l *lines) add(line string) {
	if line == l.line {
		l.times, l.total = l.times+1, l.total+1
		return
	}
	switch {
	case l.times == 1:
		fmt.Fprintln(l.out, l.line)
	case l.times > 1:
		fmt.Fprintf(l.out, "%s (%d times)\n", l.line, l.times)
	}
	if l.line, l.times = line, 1; line == "" {
		l.times = 0
		return
	}
	l.total++
}
