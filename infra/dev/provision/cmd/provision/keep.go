package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
)

// How often provision asks localaws whether it is ready and reads the policies, and how often it asks whether the table is
// still there even if localaws was ready all the time.
const (
	readyInterval = time.Second
	tableInterval = 30 * time.Second
)

type keep struct {
	put
	Mark string `required:"" placeholder:"FILE" help:"This file exists while all is in place, and only then: health looks at it."`
}

// Help is printed below the flags.
func (keep) Help() string {
	return `It looks twice a minute, and whenever localaws becomes ready again, for example after a restart of the endpoint behind it. It changes only what is not in place.

It reads the policies every second, and applies a change that two readings in a row agree on: a checkout or a save may be half done at the first. It brings the roles to what the files say, deletes a role whose folder is gone, and says so in one line. Policies that cannot be read or do not parse are named once: the roles stay as they were, and health fails until the files are right again, because the roles in place are not those on disk.`
}

// Run runs until ctx ends. It prints a failure and tries again: nobody would restart it.
func (k keep) Run(ctx context.Context, out io.Writer) error {
	if err := makeKey(k.CursorKey); err != nil {
		return fmt.Errorf("--cursor-key: %w", err)
	}
	if err := unmark(k.Mark); err != nil {
		return fmt.Errorf("--mark: %w", err)
	}
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	keeper, said := keeper{keep: k, out: out}, ""
	for {
		said = say(ctx, out, said, keeper.round(ctx))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// say prints err, unless it is the same as before.
func say(ctx context.Context, out io.Writer, before string, err error) string {
	if err == nil || ctx.Err() != nil {
		return ""
	}
	if err.Error() != before {
		fmt.Fprintf(out, "provision: not in place, trying again: %v\n", err)
	}
	return err.Error()
}

// keeper is the state of keep: what it has done so far.
type keeper struct {
	keep
	out     io.Writer
	read    string                // SHA-256 of the policies at the last reading; empty: they could not be read
	inPlace string                // SHA-256 of the policies whose roles are all in place; empty: not all of any policies
	tried   map[string]iam.Source // by SHA-256: policies whose roles may be there
	filled  bool                  // the table has had its rows
	looked  time.Time             // when all was found in place
}

// round reads the policies, and calls look where they changed or it is time to.
func (k *keeper) round(ctx context.Context) error {
	err := k.ready(ctx)
	if err == nil {
		err = k.follow(ctx)
	}
	if err != nil {
		k.looked = time.Time{} // look at once when the failure is over
	}
	return err
}

func (k *keeper) follow(ctx context.Context) error {
	d, err := k.demonstration(k.out)
	before := k.read
	k.read = d.Policies.SHA256
	if err == nil {
		if k.read != before {
			return nil // the files may be half written: the next reading tells
		}
		if d.Policies.SHA256 == k.inPlace && time.Since(k.looked) < tableInterval {
			return nil
		}
		err = k.look(ctx, d)
	}
	if err != nil {
		return errors.Join(err, unmark(k.Mark))
	}
	k.looked = time.Now()
	return nil
}

// look puts in place what is missing: the roles where the policies changed; everything where the table is missing or this
// process has put nothing yet.
func (k *keeper) look(ctx context.Context, d provision.Demonstration) error {
	there, err := d.InPlace(ctx)
	if err != nil {
		return err
	}
	said := "all is in place, under"
	if there && k.filled && k.inPlace != d.Policies.SHA256 {
		said = "the policies changed; in place are now"
	}
	if !there || k.inPlace != d.Policies.SHA256 {
		if err := k.putRoles(ctx, d); err != nil {
			return err
		}
	}
	if !there || !k.filled {
		k.filled = false
		if err := errors.Join(unmark(k.Mark), d.PutRows(ctx)); err != nil {
			return err
		}
		k.filled = true
	}
	if _, err := os.Stat(k.Mark); err == nil {
		return nil
	}
	fmt.Fprintf(k.out, "provision: %s %s\n", said, d.Policies)
	return os.WriteFile(k.Mark, nil, 0o600)
}

func (k *keeper) putRoles(ctx context.Context, d provision.Demonstration) error {
	if err := unmark(k.Mark); err != nil {
		return err
	}
	if k.tried == nil {
		k.tried = map[string]iam.Source{}
	}
	k.inPlace, k.tried[d.Policies.SHA256] = "", d.Policies
	if err := d.PutRoles(ctx, slices.Collect(maps.Values(k.tried))...); err != nil {
		return err
	}
	k.inPlace, k.tried = d.Policies.SHA256, map[string]iam.Source{d.Policies.SHA256: d.Policies}
	return nil
}

func unmark(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

type health struct {
	Mark string `required:"" placeholder:"FILE" help:"As given to keep."`
}

// Run is the exit code.
func (h health) Run() error {
	if _, err := os.Stat(h.Mark); err != nil {
		return fmt.Errorf("not all is in place yet: %w", err)
	}
	return nil
}
