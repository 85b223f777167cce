package main

import (
	"context"
	"fmt"

	"example.com/shiptrack/infra/prove/policyset"
	"example.com/shiptrack/pkg/command"
)

type diffPolicies struct {
	Old    string `arg:"" placeholder:"OLD" help:"The policies before, as for prove policies."`
	New    string `arg:"" placeholder:"NEW" help:"The policies after."`
	Format string `enum:"text,json,junit,markdown,github" default:"text" help:"As for prove policies."`
	First  bool   `help:"OLD may be missing in its checkout, since the first policies come with NEW: what these allow is listed, and is no failure."`
}

// Help is printed below the flags.
func (diffPolicies) Help() string {
	return `It compares what the two sets allow, role by role: each request that the permission policies allow, and each AssumeRole and TagSession that the trust policies allow. It shows one request that became allowed, or says that there is none. What became denied is told too, and is no failure.

No ownership file is needed. That nothing became allowed does not say that tenants are kept apart: prove policies does.

The exit code is 0 where nothing became allowed, 1 where a request did, 3 where it is undecided, and 2 where the input cannot be used.

For a pull request:

  git worktree add /tmp/before origin/main
  prove diff /tmp/before/iam/roles iam/roles --first --format github

With --first a folder OLD that its checkout does not have is a set without roles, unless the change took another folder of roles away: that was renamed, and has to be named as OLD.`
}

// Run is called by kong.
func (c diffPolicies) Run(ctx context.Context, std streams, exit *exitCode) error {
	d, err := c.compare(ctx)
	if err != nil {
		return command.Misconfigured(err)
	}
	if err := d.Write(std.out, c.Format); err != nil {
		return err
	}
	exit.code = d.ExitCode()
	if exit.code != 0 {
		return fmt.Errorf("%s", d.Summary())
	}
	return nil
}

func (c diffPolicies) compare(ctx context.Context) (*policyset.Diff, error) {
	changed, err := policyset.ReadAfter(c.New, c.Old)
	if err != nil {
		return nil, err
	}
	var old *policyset.Set
	none := false
	if c.First {
		old, none, err = policyset.ReadBefore(c.Old, changed)
	} else {
		old, err = policyset.Read(c.Old)
	}
	if err != nil {
		return nil, err
	}
	d, err := policyset.Compare(ctx, old, changed)
	if err != nil {
		return nil, err
	}
	if none {
		d.WithoutBefore()
	}
	return d, nil
}
