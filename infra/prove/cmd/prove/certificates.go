package main

import (
	"fmt"
	"os"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/infra/prove/theorem"
	"example.com/shiptrack/infra/prove/theorem/smt"
	"example.com/shiptrack/pkg/command"
)

type certificates struct {
	Dir       string `arg:"" placeholder:"DIR" help:"Where to write them: a folder that is empty, or not there yet."`
	Policies  string `default:"hardened" placeholder:"DIR|article|hardened" help:"Policies to write them for, as for run."`
	Ownership string `placeholder:"FILE" help:"Which tenant owns what, as for run."`
}

// Help is printed below the flags.
func (certificates) Help() string {
	return `One file is one obligation of the theorem, in SMT-LIB 2: a statement, a kind of access, and what the session's tag is. Its head says in words what it states, and "set-info :status" what a solver has to answer: unsat where the theorem is PROVEN, sat where it is REFUTED. .ci/certificates asks z3 and cvc5.`
}

// Run is called by kong.
func (c certificates) Run(std streams) error {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return command.Misconfigured(err)
	}
	if entries, err := os.ReadDir(c.Dir); err != nil || len(entries) > 0 {
		return command.Misconfigured(fmt.Errorf("%s is not an empty folder: what lies there could be taken for certificates", c.Dir))
	}
	source, err := policies(c.Policies, std.err)
	if err != nil {
		return err
	}
	n, err := c.write(source)
	if err != nil {
		return command.Misconfigured(err)
	}
	_, err = fmt.Fprintf(std.out, "%d certificates of %s are in %s\n", n, source.Name, c.Dir)
	return err
}

func (c certificates) write(source iam.Source) (int, error) {
	file, err := ownership(c.Ownership, c.Policies)
	if err != nil {
		return 0, err
	}
	names, err := prove.ReadNames(file)
	if err != nil {
		return 0, err
	}
	owned, err := prove.Owned(file, names.Values())
	if err != nil {
		return 0, err
	}
	loaded, err := names.Load(source)
	if err != nil {
		return 0, err
	}
	roles, err := theorem.Roles(loaded)
	if err != nil {
		return 0, err
	}
	return smt.Write(c.Dir, names.Values().Account, roles, owned)
}
