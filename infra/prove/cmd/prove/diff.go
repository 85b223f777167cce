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
}

// Help is printed below the flags.
func (diffPolicies) Help() string {
	return `It compares what the two sets allow, role by role: each request that the permission policies allow, and each AssumeRole and TagSession that the trust policies allow. It shows one request that became allowed, or says that there is none. What became denied is told too, and is no failure.

No ownership file is needed. That nothing became allowed does not say that tenants are kept apart: prove policies does.

The exit code is 0 where nothing became allowed, 1 where a request did, 3 where it is undecided, and 2 where the input cannot be used.

For a pull request:

  git worktree add /tmp/before origin/main
  prove diff /tmp/before/iam/roles iam/roles --format github`
}

// Run is called by kong.
func (c diffPolicies) Run(ctx context.Context, std streams, exit *exitCode) error {
	old, err := policyset.Read(c.Old)
	if err != nil {
		return command.Misconfigured(err)
	}
	changed, err := policyset.Read(c.New)
	if err != nil {
		return command.Misconfigured(err)
	}
	d, err := policyset.Compare(ctx, old, changed)
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
