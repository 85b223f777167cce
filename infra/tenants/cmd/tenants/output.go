package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/tenant"
)

// print writes a result: as JSON, or as text says.
func (c *cli) print(out io.Writer, result any, text func(io.Writer)) error {
	if c.Format == "json" {
		return json.MarshalWrite(out, result, jsontext.Multiline(true), json.Deterministic(true))
	}
	text(out)
	return nil
}

// interval is how often a long command says how far it is.
const interval = time.Second

// progress says how far a command is, at most once in an interval, and at its end.
func progress(out io.Writer, doing string) func(done, all int) {
	var mu sync.Mutex
	began := time.Now()
	last := began
	return func(done, all int) {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		if now.Sub(last) < interval && (done < all || now.Sub(began) < interval) {
			return
		}
		last = now
		fmt.Fprintf(out, "tenants: %s: %d of %d, %.0f a second\n", doing, done, all, float64(done)/now.Sub(began).Seconds())
	}
}

// removed says how much a removal has deleted, at most once in an interval.
func removed(out io.Writer) func(what string, n int) {
	last := time.Now()
	return func(what string, n int) {
		if now := time.Now(); n > 0 && now.Sub(last) >= interval {
			last = now
			fmt.Fprintf(out, "tenants: deleted: %d %s\n", n, what)
		}
	}
}

// counted is how many tenants there are, in words.
func counted(n int) string {
	if n == 1 {
		return "1 tenant"
	}
	return fmt.Sprintf("%d tenants", n)
}

// parseIDs returns the tenants that arguments name; the error is about all that are wrong.
func parseIDs(texts []string) (all []tenant.ID, err error) {
	var wrong []error
	for _, text := range texts {
		id, err := tenants.ParseID(text)
		all, wrong = append(all, id), append(wrong, err)
	}
	return all, errors.Join(wrong...)
}

// with opens the target for the time of a command.
func (t target) with(ctx context.Context, stderr io.Writer, do func(*tenants.Control) error) error {
	control, closing, err := t.open(ctx, removed(stderr))
	if err != nil {
		return err
	}
	err = do(control)
	if ctx.Err() != nil {
		err = fmt.Errorf("stopped before the end; the same command again finishes the work: %w", err)
	}
	return errors.Join(err, closing())
}

// blockText is a block in words.
func blockText(b *tenants.Block) string {
	switch {
	case b == nil:
		return ""
	case b.Suspended && !b.Until.IsZero():
		return "sessions denied until " + b.Until.Format(time.RFC3339)
	case b.Suspended:
		return "suspended"
	}
	return "sessions from before " + b.Before.Format(time.RFC3339) + " denied"
}
