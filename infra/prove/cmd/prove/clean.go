package main

import (
	"context"
	"fmt"

	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/pkg/command"
)

type cleanCommand struct {
	Account   string `required:"" placeholder:"ID" help:"The account. Credentials of any other are refused."`
	Policies  string `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies of the run, as for run."`
	Ownership string `placeholder:"FILE" help:"Which tenant owns what, as for run."`
	DryRun    bool   `help:"Print every call that removes a run which had made everything, in order, and make none."`
}

// Help is printed below the flags.
func (cleanCommand) Help() string {
	return `It removes what "prove --target aws" made and could not delete, since it was killed: tables, bucket, KMS keys, roles and the policies that are their boundaries. It takes for its own what has a name of the attacks and the tag MadeBy=bin/prove, which each thing gets when it is made; a bucket also where it is empty and never had versions. It names what has such a name and no tag, and leaves it. Keys are deleted after seven days.

Start it while no run is under way in the account: it would take that one's things away. The same command again goes on where it failed. Its caller needs infra/prove/caller/run.json, as the run's.

A run on what is there (--existing) needs no cleaning: the same command again removes what a killed one left.

  prove clean --account 123456789012`
}

// Run is called by kong.
func (c cleanCommand) Run(ctx context.Context, std streams) error {
	source, err := policies(c.Policies, std.err)
	if err != nil {
		return err
	}
	a := attack{Policies: c.Policies, Ownership: c.Ownership, Target: "aws", Account: c.Account}
	names, _, err := a.names()
	if err != nil {
		return command.Misconfigured(err)
	}
	if c.DryRun {
		return a.dryClean(ctx, names, source, std)
	}
	account, err := prove.OpenAccount(ctx, names, c.Account, std.err)
	if err != nil {
		return command.Misconfigured(fmt.Errorf("clean: %w", err))
	}
	roles, err := attackable(names, source, account.Load)
	if err != nil {
		return err
	}
	found, err := account.Clean(ctx, roles)
	for _, what := range found.Removed {
		fmt.Fprintf(std.out, "removed: %s\n", what)
	}
	for _, what := range found.Left {
		fmt.Fprintf(std.out, "left, since no run made it: %s\n", what)
	}
	if err != nil {
		return fmt.Errorf("not all is removed; the same command again goes on: %w", err)
	}
	_, err = fmt.Fprintf(std.out, "%d removed, %d left\n", len(found.Removed), len(found.Left))
	return err
}
