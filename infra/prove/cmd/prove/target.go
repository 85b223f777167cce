package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove"
	"example.com/shiptrack/pkg/command"
)

const embedded = "embedded"

// open prepares the target, and the roles for it; close releases it.
func (c attack) open(ctx context.Context, names prove.Names, policies iam.Source, out io.Writer) (target prove.Target, roles []localaws.Role, closing func() error, err error) {
	closing = func() error { return nil }
	target.Names = names
	if (c.Account == "") == (c.Target == "aws") {
		return target, nil, nil, command.Misconfigured(errors.New("--target aws needs --account, the id of the account that it may use, and no other target does"))
	}
	if (c.Existing || c.TaskProfile != "") != (c.Target == "aws" && c.Existing && c.TaskProfile != "") || c.SeedProfile != "" && !c.Existing {
		return target, nil, nil, command.Misconfigured(errors.New("--existing is for --target aws, and goes with --task-profile, a profile whose credentials are a session of the role of the tracking service"))
	}
	if c.Target == "aws" {
		if target.Account, err = prove.OpenAccount(ctx, names, c.Account, out); err != nil {
			return target, nil, nil, command.Misconfigured(fmt.Errorf("--target aws: %w", err))
		}
		if roles, err = attackable(names, policies, target.Account.Load); err != nil {
			return target, nil, nil, err
		}
		if !c.Existing {
			fmt.Fprintf(out, "prove: this makes %s\n", target.Account.Creates(roles))
			return target, roles, closing, nil
		}
		if err := target.Account.Existing(ctx, c.TaskProfile, c.SeedProfile); err != nil {
			return target, nil, nil, command.Misconfigured(fmt.Errorf("--existing: %w", err))
		}
		fmt.Fprintf(out, "prove: this %s\n", target.Account.Touches())
		return target, roles, closing, nil
	}
	if roles, err = attackable(names, policies, names.Load); err != nil {
		return target, nil, nil, err
	}
	if e, ok := emulators[c.Target]; ok {
		at, stop, err := e.start(ctx, out)
		if err != nil {
			return target, nil, nil, err
		}
		target.Upstreams, closing = map[string]*url.URL{}, stop
		for _, service := range e.services {
			target.Upstreams[service] = at
		}
	}
	return target, roles, closing, nil
}

func attackable(names prove.Names, policies iam.Source, load func(iam.Source) ([]localaws.Role, error)) ([]localaws.Role, error) {
	roles, err := load(policies)
	if err != nil {
		return nil, command.Misconfigured(err)
	}
	if err := names.Attackable(roles); err != nil {
		return nil, command.Misconfigured(fmt.Errorf("%s: %w", policies.Name, err))
	}
	return roles, nil
}

// policies reads the files that --policies names, and says which they are.
func policies(where string, out io.Writer) (iam.Source, error) {
	dir, err := os.Getwd()
	if err != nil {
		return iam.Source{}, err
	}
	source, err := iam.Open(where, dir)
	if err != nil {
		return source, command.Misconfigured(fmt.Errorf("--policies: %w", err))
	}
	if source.Embedded {
		fmt.Fprintf(out, "prove: %s lies in no checkout of Shiptrack, so the policies are those that this binary was built with\n", dir)
	}
	fmt.Fprintf(out, "prove: policies %s\n", source)
	return source, nil
}
