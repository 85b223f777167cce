package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/pkg/command"
)

type attack struct {
	Policies    string `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies to attack with: hardened (what everything uses), article (the AWS article's own text), or a folder that holds one folder per role."`
	Ownership   string `placeholder:"FILE" help:"Which tenant owns what, for the theorem (ownership.json beside the folder of the policies, else the project's own)."`
	Target      string `enum:"embedded,localstack,dynamodb-local,opensearch,aws" default:"embedded" help:"What is attacked: embedded (localaws in this process), localstack, dynamodb-local or opensearch (behind it, in Docker), or aws."`
	Account     string `placeholder:"ID" help:"For --target aws: the account that may be used. Any other is refused."`
	Existing    bool   `help:"For --target aws: attack the roles, table and bucket that are there, with tenants of its own. It makes and deletes no role and no table."`
	TaskProfile string `placeholder:"NAME" help:"For --existing: a profile of the AWS SDK whose credentials are a session of the role of the tracking service."`
	SeedProfile string `placeholder:"NAME" help:"For --existing: the same for the role of the seed's task; without it, attacks by the seed are left out."`
	DryRun      bool   `help:"For --target aws: print every call that the run would make, in order, and make none."`
	Only        string `placeholder:"PREFIX" help:"Only the attacks whose names begin with this text, such as dynamodb/ or sts/no-tag."`
	Quick       bool   `help:"Only decide the theorem, and attack: no mutants, and no random search."`
	Failures    bool   `help:"Print only what does not hold. Reports in files stay whole."`
	Requests    int    `default:"100000" placeholder:"N" help:"How many random requests to search with (${default})."`
	Seed        uint64 `placeholder:"N" help:"Search with the requests of an earlier run, which printed its seed (0: another each time)."`
	Bin         string `placeholder:"DIR" help:"Where the binaries of the services are (the folder of this one)."`
	JSON        bool   `name:"json" help:"Print the figures as JSON in place of the table."`
	Markdown    string `placeholder:"FILE" help:"Write a report that can be handed to an auditor: every attack, whether it holds or not."`
	Out         string `placeholder:"DIR" help:"Write prove.json and prove.xml (JUnit) into this folder; for another target than embedded prove-TARGET.json and prove-TARGET.xml."`
}

// Run is called by kong.
func (c attack) Run(ctx context.Context, std streams) (err error) {
	defer func() {
		if ctx.Err() != nil {
			err = errors.New("interrupted: nothing is proven")
		}
	}()
	if c.Bin == "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		c.Bin = filepath.Dir(self)
	}
	names, owned, err := c.names()
	if err != nil {
		return command.Misconfigured(err)
	}
	attacks, _ := keep(names.Attacks(), func(a *prove.Attack) bool { return strings.HasPrefix(a.Name, c.Only) })
	var unknown error
	if len(attacks) == 0 {
		unknown = fmt.Errorf("--only %s: no attack begins so", c.Only)
	}
	if err := errors.Join(unknown, c.check()); err != nil {
		return command.Misconfigured(err)
	}
	source, err := policies(c.Policies, std.err)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.dryRun(ctx, names, source, std)
	}
	target, roles, closing, err := c.open(ctx, names, source, std.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	report := &prove.Report{Policies: source, Target: c.Target, Date: time.Now(), Version: version()}
	if report.Theorem, err = c.theorem(roles, target, owned); err != nil {
		return command.Misconfigured(err)
	}
	attacks, report.Left = keep(attacks, target.Has)
	attacks, report.Absent = keep(attacks, func(a *prove.Attack) bool { return a.Concerns(roles) })
	fmt.Fprintf(std.err, "prove: %d attacks (%s), each beside its control\n", len(attacks), c.Target)
	if report.Rows, report.Audit, err = prove.CarryOut(ctx, target, roles, attacks, c.Bin, progress(std.err, "attacks")); err != nil {
		return err
	}
	report.Left += len(attacks) - len(report.Rows) // for which there was no session
	if report.Theorem != nil && c.Target == embedded {
		if err := report.Theorem.Try(ctx, roles, report.Rows); err != nil {
			return err
		}
	}
	switch {
	case c.whole() && !report.Holds():
		fmt.Fprintln(std.err, "prove: no mutants and no random search: every attack has to be denied first")
	case c.whole():
		if report.Mutations, err = prove.Mutations(ctx, names, roles, attacks, report.Theorem, progress(std.err, "mutants of the policies")); err != nil {
			return err
		}
		if report.Search, err = c.search(ctx, names, roles, std.err); err != nil {
			return err
		}
	}
	if err := c.write(report, std.out); err != nil {
		return err
	}
	if !report.Holds() {
		return errors.New(report.Summary())
	}
	if !c.JSON {
		fmt.Fprintf(std.out, "\n%s\n", report.Summary())
	}
	return nil
}

// check refuses, before anything is attacked, what would fail only once all is done.
func (c attack) check() (err error) {
	if c.Requests < 1 {
		err = fmt.Errorf("--requests %d: want 1 or more; --quick leaves the search out", c.Requests)
	}
	if c.Out != "" && !isFolder(c.Out) {
		err = errors.Join(err, fmt.Errorf("--out %s: there is no such folder; make it first", c.Out))
	}
	if c.Markdown != "" && (!isFolder(filepath.Dir(c.Markdown)) || isFolder(c.Markdown)) {
		err = errors.Join(err, fmt.Errorf("--markdown %s: want a file in a folder that is there", c.Markdown))
	}
	return err
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (c attack) search(ctx context.Context, names prove.Names, roles []localaws.Role, out io.Writer) (*prove.Search, error) {
	if c.Seed == 0 {
		c.Seed = rand.Uint64()
	}
	fmt.Fprintf(out, "prove: searching with %d random requests, --seed %d\n", c.Requests, c.Seed)
	return prove.SearchFor(ctx, names, roles, c.Seed, c.Requests, progress(out, "random requests"))
}

// whole reports whether to run mutants and the random search: not with a selection of the attacks, which would notice few
// mutants, and only on the embedded target, since both run in an embedded localaws.
func (c attack) whole() bool { return !c.Quick && c.Only == "" && c.Target == embedded }

// keep returns the attacks that are wanted, and how many are not.
func keep(attacks []*prove.Attack, wanted func(*prove.Attack) bool) (kept []*prove.Attack, left int) {
	kept = slices.DeleteFunc(slices.Clone(attacks), func(a *prove.Attack) bool { return !wanted(a) })
	return kept, len(attacks) - len(kept)
}

func (c attack) write(r *prove.Report, stdout io.Writer) error {
	printed := r.Print
	switch {
	case c.JSON:
		printed = r.JSON
	case c.Failures:
		printed = r.PrintFailures
	}
	if err := printed(stdout); err != nil {
		return err
	}
	files := map[string]func(io.Writer) error{}
	if c.Markdown != "" {
		files[c.Markdown] = r.Markdown
	}
	if c.Out != "" {
		name := "prove"
		if c.Target != embedded {
			name += "-" + c.Target
		}
		files[filepath.Join(c.Out, name+".json")], files[filepath.Join(c.Out, name+".xml")] = r.JSON, r.JUnit
	}
	for name, write := range files {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
