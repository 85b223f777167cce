package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/policyset"
	"example.com/shiptrack/infra/prove/theorem"
	"example.com/shiptrack/pkg/command"
)

// policiesOf are the commands about anybody's policies.
type policiesOf struct {
	Check checkPolicies `cmd:"" default:"withargs" help:"Say whether the policies keep tenants apart (what prove policies alone does)."`
	Init  initPolicies  `cmd:"" help:"Write a first ownership file from what the policies say."`
}

// Help is printed below the commands.
func (policiesOf) Help() string { return checkPolicies{}.Help() }

type checkPolicies struct {
	Policies  string `arg:"" name:"dir" placeholder:"DIR" help:"A folder with one folder per role, or a file of aws iam get-account-authorization-details or terraform show -json."`
	Ownership string `placeholder:"FILE" help:"Which tenant owns what (ownership.json beside DIR)."`
	Format    string `enum:"text,json,junit,markdown,github" default:"text" help:"text for people, json, junit (XML), markdown, or github (annotations on the policies' lines)."`
	Out       string `placeholder:"FILE" help:"Write the report into a file in place of the terminal; the last line is printed all the same."`
}

// Help is printed below the flags.
func (checkPolicies) Help() string {
	return `It decides from the policies alone: for every two tenants and every request, no session that a trust policy gives to one may touch what is the other's. A refutation is a request that the policies allow. It is sent to a localaws in this process, with a table, bucket, key or index made to fit; for services that localaws does not store, IAM's policy simulator is asked.

Where to get DIR:

  DIR/ROLE/trust.json and DIR/ROLE/POLICY.json
      a folder of your repository

  aws iam get-account-authorization-details > account.json
      what an account has

  terraform show -json plan.out > plan.json
      what a plan will make; without plan.out: what a state has

What it needs to know beside them is who owns what: the tag that names a session's tenant, and for each kind of resource which part of its name is the tenant. That is the ownership file. prove policies init DIR writes a first one.

The exit code is 0 where all is proven, 1 where something is refuted, 3 where something is undecided, and 2 where the input cannot be used.

Examples:

  prove policies init iam/roles && prove policies iam/roles
  prove policies account.json --ownership ownership.json --format markdown --out isolation.md
  prove policies iam/roles --format github      in a workflow: annotations on the lines

infra/docs/YOUR-POLICIES.md goes from nothing to a verdict, with three examples.`
}

// exitCode is what the process ends with, where a command says another code than that of its error.
type exitCode struct{ code int }

// Run is called by kong.
func (c checkPolicies) Run(ctx context.Context, std streams, exit *exitCode) error {
	r, err := c.check(ctx, std.err)
	if err != nil {
		return command.Misconfigured(err)
	}
	if err := c.write(r, std.out); err != nil {
		return err
	}
	exit.code = r.ExitCode()
	if exit.code != 0 {
		return fmt.Errorf("%s", r.Summary())
	}
	return nil
}

func (c checkPolicies) check(ctx context.Context, out io.Writer) (*policyset.Report, error) {
	s, err := policyset.Read(c.Policies)
	if err != nil {
		return nil, err
	}
	name := c.Ownership
	if name == "" {
		name = ownershipBeside(c.Policies)
	}
	owned, err := readOwnership(name, c.Policies)
	if err != nil {
		return nil, err
	}
	return policyset.Check(ctx, s, name, owned, progress(out, "roles"))
}

// ownershipBeside is where the ownership file of a set stands: beside its folder, or beside its file.
func ownershipBeside(set string) string {
	return filepath.Join(filepath.Dir(filepath.Clean(set)), iam.OwnershipFile)
}

func readOwnership(name, set string) (*theorem.Ownership, error) {
	text, err := os.ReadFile(name)
	switch {
	case os.IsNotExist(err):
		return nil, fmt.Errorf("%s: there is no such file, and without it nobody knows which tenant owns what: write a first one with `prove policies init %s`, or name yours with --ownership", name, command.Quoted(set))
	case err != nil:
		return nil, err
	}
	return prove.Owned(iam.Ownership{Name: name, Text: text}, prove.Names{}.Values())
}

func (c checkPolicies) write(r *policyset.Report, stdout io.Writer) (err error) {
	out := stdout
	if c.Out != "" {
		file, err := os.Create(c.Out)
		if err != nil {
			return command.Misconfigured(fmt.Errorf("--out: %w", err))
		}
		defer func() {
			if closed := file.Close(); err == nil {
				err = closed
			}
		}()
		out = file
	}
	if err := r.Write(out, c.Format); err != nil || c.Out == "" {
		return err
	}
	_, err = fmt.Fprintln(stdout, r.Summary())
	return err
}

type initPolicies struct {
	Policies string `arg:"" name:"dir" placeholder:"DIR" help:"The policies, as for prove policies."`
	Out      string `placeholder:"FILE" help:"Where to write it (ownership.json beside DIR). A file that is there is never overwritten."`
}

// Help is printed below the flags.
func (initPolicies) Help() string {
	return `It looks for the tag that the policies compare, the condition keys that they hold to it, such as dynamodb:LeadingKeys, and the ARNs that it stands in. It asks nothing. What it had to guess is listed under "guessed": read each line, correct the file where the guess is wrong, and delete the line. Until then each report repeats it.

The guesses that matter most: "mayTag" (who is trusted to have verified which tenant asks), and what has the owner "everybody" or "nobody".`
}

// Run is called by kong.
func (c initPolicies) Run(std streams) error {
	s, err := policyset.Read(c.Policies)
	if err != nil {
		return command.Misconfigured(err)
	}
	text, guessed, err := policyset.Guess(s)
	if err != nil {
		return command.Misconfigured(err)
	}
	name := c.Out
	if name == "" {
		name = ownershipBeside(c.Policies)
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if os.IsExist(err) {
		return command.Misconfigured(fmt.Errorf("%s is there already, and is left as it is: name another with --out", name))
	}
	if err != nil {
		return command.Misconfigured(err)
	}
	if _, err = file.Write(text); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	for _, g := range guessed {
		fmt.Fprintln(std.out, "guessed: "+g)
	}
	_, err = fmt.Fprintf(std.out, "%s is written. Read it, and correct what is guessed (%d); then: prove policies %s\n", name, len(guessed), command.Quoted(c.Policies))
	return err
}
