package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/command"
	"example.com/shiptrack/pkg/tenant"
)

type add struct {
	Tenants  []string `arg:"" optional:"" help:"Ids: 2 to 63 of a-z, 0-9 and '-', the first and the last a letter or a digit."`
	File     string   `placeholder:"FILE" help:"File with a line for each tenant: {\"tenant\": \"acme\"}."`
	Parallel int      `default:"16" help:"How many are added at a time (${default})."`
}

// added is the result of add.
type added struct {
	Added   []tenant.ID      `json:"added"`
	Seconds float64          `json:"seconds"`
	Before  tenants.IAMCount `json:"iamBefore"`
	After   tenants.IAMCount `json:"iamAfter"`
}

// Run adds.
func (a add) Run(ctx context.Context, c *cli, std std) error {
	ids, err := a.ids()
	if err != nil {
		return command.Misconfigured(err)
	}
	return c.with(ctx, std.err, func(control *tenants.Control) error {
		result := added{Added: ids}
		if result.Before, err = control.CountIAM(ctx); err != nil {
			return err
		}
		began := time.Now()
		if err := control.AddMany(ctx, ids, a.Parallel, progress(std.err, "added")); err != nil {
			return err
		}
		result.Seconds = time.Since(began).Seconds()
		if result.After, err = control.CountIAM(ctx); err != nil {
			return err
		}
		return c.print(std.out, result, func(out io.Writer) {
			fmt.Fprintf(out, "added %s in %.1f s, each with a KMS key and a search index\n", counted(len(ids)), result.Seconds)
			fmt.Fprintf(out, "in IAM before: %d objects, %d bytes of policies; after: %d objects, %d bytes\n",
				result.Before.Objects, result.Before.Bytes, result.After.Objects, result.After.Bytes)
		})
	})
}

func (a add) ids() ([]tenant.ID, error) {
	if (a.File == "") == (len(a.Tenants) == 0) || a.Parallel < 1 {
		return nil, errors.New("name tenants, or a file of them with --file, and --parallel of 1 or more")
	}
	if a.File == "" {
		return parseIDs(a.Tenants)
	}
	file, err := os.Open(a.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	ids, err := tenants.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: nothing was added: %w", a.File, err)
	}
	return ids, nil
}

type list struct{}

// Run lists.
func (list) Run(ctx context.Context, c *cli, std std) error {
	return c.with(ctx, std.err, func(control *tenants.Control) error {
		all, err := control.List(ctx)
		if err != nil {
			return err
		}
		return c.print(std.out, all, func(out io.Writer) {
			for _, r := range all {
				fmt.Fprintf(out, "%-30s %-9s %s  %s\n", r.Tenant, r.State, r.Since.Format(time.RFC3339), blockText(r.Block))
			}
		})
	})
}

type show struct {
	Tenant string `arg:"" help:"Id of the tenant."`
}

// shown is the result of show.
type shown struct {
	Record tenants.Record `json:"record"`
	Found  tenants.Found  `json:"found"`
}

// Run shows.
func (s show) Run(ctx context.Context, c *cli, std std) error {
	return c.about(ctx, s.Tenant, std, func(control *tenants.Control, id tenant.ID) error {
		record, err := control.Show(ctx, id)
		if err != nil {
			return err
		}
		found, err := control.Find(ctx, id)
		if err != nil {
			return err
		}
		return c.print(std.out, shown{record, found}, func(out io.Writer) {
			fmt.Fprintf(out, "%s: %s since %s %s\n", id, record.State, record.Since.Format(time.RFC3339), blockText(record.Block))
			printFound(out, found)
		})
	})
}

func printFound(out io.Writer, f tenants.Found) {
	fmt.Fprintf(out, "  rows              %d\n  object versions   %d\n  open uploads      %d\n  search index      %t\n  KMS key           %s\n", f.Rows, f.Versions, f.Uploads, f.Index, f.Key)
	if f.KeyDeletion != nil {
		fmt.Fprintf(out, "  key is deleted    %s\n", f.KeyDeletion.UTC().Format(time.RFC3339))
	}
}

// about opens the target for a command about one tenant.
func (c *cli) about(ctx context.Context, name string, std std, do func(*tenants.Control, tenant.ID) error) error {
	id, err := tenants.ParseID(name)
	if err != nil {
		return command.Misconfigured(err)
	}
	return c.with(ctx, std.err, func(control *tenants.Control) error { return do(control, id) })
}

type suspend struct {
	Tenant string `arg:"" help:"Id of the tenant."`
}

// Run suspends.
func (s suspend) Run(ctx context.Context, c *cli, std std) error {
	return c.block(ctx, s.Tenant, std, (*tenants.Control).Suspend)
}

type resume struct {
	Tenant string `arg:"" help:"Id of the tenant."`
}

// Run resumes.
func (r resume) Run(ctx context.Context, c *cli, std std) error {
	return c.block(ctx, r.Tenant, std, (*tenants.Control).Resume)
}

type revoke struct {
	Tenant string `arg:"" help:"Id of the tenant."`
}

// Run revokes.
func (r revoke) Run(ctx context.Context, c *cli, std std) error {
	return c.block(ctx, r.Tenant, std, (*tenants.Control).Revoke)
}

func (c *cli) block(ctx context.Context, name string, std std, do func(*tenants.Control, context.Context, tenant.ID) (tenants.Revocation, error)) error {
	return c.about(ctx, name, std, func(control *tenants.Control, id tenant.ID) error {
		done, err := do(control, ctx, id)
		if err != nil {
			return err
		}
		return c.print(std.out, done, func(out io.Writer) {
			state := "its sessions hold"
			if done.Block.Suspended || !done.Block.Before.IsZero() {
				state = blockText(&done.Block)
			}
			fmt.Fprintf(out, "%s: %s; the boundaries were written after %d ms\n", id, state, done.TookMS)
		})
	})
}

type remove struct {
	Tenant  string `arg:"" help:"Id of the tenant."`
	Yes     bool   `help:"Remove. Without it the command only says what it would remove."`
	KeyDays int32  `default:"30" help:"Days until KMS deletes the key, 7 to 30 (${default}): until then CancelKeyDeletion saves it."`
	Report  string `placeholder:"FILE" help:"Write what was removed, and how that was checked, into this file, as JSON."`
}

// Run removes, or says what it would remove.
func (r remove) Run(ctx context.Context, c *cli, std std) error {
	if r.KeyDays < 7 || r.KeyDays > 30 {
		return command.Misconfigured(fmt.Errorf("--key-days: %d is not in 7 to 30", r.KeyDays))
	}
	return c.about(ctx, r.Tenant, std, func(control *tenants.Control, id tenant.ID) error {
		if !r.Yes {
			found, err := control.Find(ctx, id)
			if err != nil {
				return err
			}
			return c.print(std.out, found, func(out io.Writer) {
				fmt.Fprintf(out, "%s: nothing was removed; with --yes this would be:\n", id)
				printFound(out, found)
			})
		}
		done, err := control.Remove(ctx, id, r.KeyDays)
		if writing := r.write(done); writing != nil || err != nil {
			return errors.Join(err, writing)
		}
		return c.print(std.out, done, func(out io.Writer) { printRemoval(out, done) })
	})
}

func (r remove) write(done tenants.Removal) error {
	if r.Report == "" || done.Checks == nil {
		return nil
	}
	text, err := json.Marshal(done, jsontext.Multiline(true), json.Deterministic(true))
	if err != nil {
		return err
	}
	return os.WriteFile(r.Report, append(text, '\n'), 0o600)
}

func printRemoval(out io.Writer, done tenants.Removal) {
	if done.Removed.IsNothing() {
		fmt.Fprintf(out, "%s: there was nothing to remove\n", done.Tenant)
	} else {
		fmt.Fprintf(out, "%s: removed\n", done.Tenant)
		printFound(out, done.Removed)
	}
	for _, check := range done.Checks {
		fmt.Fprintf(out, "  checked: %s (%s)\n", check.What, check.How)
	}
}

type report struct{}

// Run reports.
func (report) Run(ctx context.Context, c *cli, std std) error {
	return c.with(ctx, std.err, func(control *tenants.Control) error {
		r, err := control.Report(ctx)
		if err != nil {
			return err
		}
		return c.print(std.out, r, func(out io.Writer) {
			for _, state := range slices.Sorted(maps.Keys(r.Tenants)) {
				fmt.Fprintf(out, "%-9s %d\n", state, r.Tenants[state])
			}
			fmt.Fprintf(out, "suspended or revoked: %d; each boundary has %d of %d characters\n", len(r.Blocks), r.Document, tenants.MaxDocument)
			fmt.Fprintf(out, "in IAM: %d objects, %d bytes of policies\n", r.IAM.Objects, r.IAM.Bytes)
			for _, b := range r.Blocks {
				fmt.Fprintf(out, "  %-30s %s\n", b.Tenant, blockText(&b.Block))
			}
		})
	})
}
