package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/pkg/command"
)

const embedded = "embedded"

// open gets the target ready, and the roles for it; close gives it back.
func (c attack) open(ctx context.Context, out io.Writer) (target prove.Target, roles []localaws.Role, closing func() error, err error) {
	closing = func() error { return nil }
	if (c.Account == "") == (c.Target == "aws") {
		return target, nil, nil, command.Misconfigured(errors.New("--target aws needs --account, the id of the account that it may use, and no other target does"))
	}
	if c.Target == "aws" {
		if target.Account, err = prove.OpenAccount(ctx, c.Account); err != nil {
			return target, nil, nil, command.Misconfigured(fmt.Errorf("--target aws: %w", err))
		}
		roles, err = target.Account.Load(iam.Set(c.Policies))
		if err == nil {
			fmt.Fprintf(out, "prove: this makes %s\n", target.Account.Creates(roles))
		}
		return target, roles, closing, err
	}
	if e, ok := emulators[c.Target]; ok {
		if target.Upstream, closing, err = e.start(ctx, out); err != nil {
			return target, nil, nil, err
		}
	}
	roles, err = prove.Load(iam.Set(c.Policies))
	return target, roles, closing, err
}
