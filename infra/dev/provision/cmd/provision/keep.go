package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"example.com/shiptrack/infra/dev/provision"
)

// How often localaws is asked whether it is ready, and how often whether the table is still there although
// it never was away.
const (
	readyInterval = time.Second
	tableInterval = 30 * time.Second
)

type keep struct {
	put
	Mark string `required:"" placeholder:"FILE" help:"Made once all is in place, and gone while it is not: what health looks at."`
}

// Help is printed below the flags.
func (keep) Help() string {
	return `It looks whenever localaws has become ready anew, as after a restart of what is behind it, and twice a minute. What it finds in place it leaves alone.`
}

// Run stays until ctx ends. What fails is said and tried again: nobody would start it anew.
func (k keep) Run(ctx context.Context, out io.Writer) error {
	if err := makeKey(k.CursorKey); err != nil {
		return fmt.Errorf("--cursor-key: %w", err)
	}
	if err := unmark(k.Mark); err != nil {
		return fmt.Errorf("--mark: %w", err)
	}
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	looked, said := time.Time{}, ""
	for {
		err := k.ready(ctx)
		if err == nil && time.Since(looked) >= tableInterval {
			looked = time.Now()
			err = k.look(ctx, k.demonstration(out))
		}
		if err != nil {
			looked = time.Time{} // it comes back as it never was
		}
		said = say(ctx, out, said, err)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// say tells what is wrong where it is something else than before.
func say(ctx context.Context, out io.Writer, before string, err error) string {
	if err == nil || ctx.Err() != nil {
		return ""
	}
	if err.Error() != before {
		fmt.Fprintf(out, "provision: not in place, trying again: %v\n", err)
	}
	return err.Error()
}

// look puts all in place where the table is missing, or where this process has not done so yet.
func (k keep) look(ctx context.Context, d provision.Demonstration) error {
	there, err := d.InPlace(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Stat(k.Mark); err == nil && there {
		return nil
	}
	if err := unmark(k.Mark); err != nil {
		return err
	}
	if err := d.Put(ctx); err != nil {
		return err
	}
	fmt.Fprintln(d.Out, "provision: all is in place")
	return os.WriteFile(k.Mark, nil, 0o600)
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
