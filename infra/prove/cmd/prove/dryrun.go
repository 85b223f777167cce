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
	region := cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	switch {
	case c.Target != "aws" || !accountID.MatchString(c.Account):
		return command.Misconfigured(errors.New("--dry-run is for --target aws, with --account, twelve digits"))
	case region == "":
		return command.Misconfigured(errors.New("no region: set AWS_REGION"))
	}
	fmt.Fprintf(std.err, "prove: a localaws in this process stands for account %s: no call is made\n", c.Account)
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
		fmt.Fprintln(std.out, "Attacks by token/ and http/ are not among them: they start the two services, which call AWS as the roles of their tasks.")
	}
	return nil
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
