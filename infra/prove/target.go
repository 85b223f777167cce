package prove

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/infra/localaws"
)

// Target is what is attacked. The zero Target is localaws with its embedded store, in this process.
type Target struct {
	Names     Names
	Upstreams map[string]*url.URL // of an emulator that localaws stands in front of, by service: dynamodb, s3; nil: none
	Account   *Account            // of AWS, in place of localaws; nil: none
}

// Has reports whether a can be carried out there: an account of AWS gets no attack that changes more than a run creates.
func (t Target) Has(a *Attack) bool {
	if t.Account != nil && t.Account.existing != nil {
		return a.existing() != nil
	}
	return t.Account == nil || !a.local
}

func (t Target) world(ctx context.Context, roles []localaws.Role) (*World, error) {
	if t.Account != nil {
		return accountWorld(ctx, t.Account, roles)
	}
	w, err := localWorld(t.Names, &decisions{byID: map[string][]localaws.Entry{}}, t.Upstreams)
	if err != nil {
		return nil, err
	}
	if err := w.populate(ctx, roles, crowd); err != nil {
		return nil, err
	}
	if err := w.strayDocuments(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func localWorld(names Names, log *decisions, upstreams map[string]*url.URL) (*World, error) {
	c := localaws.Config{SearchGuard: true, SearchDomain: names.domain}
	if len(upstreams) > 0 {
		c.Upstreams = upstreams
	}
	w, err := configured(c, log)
	if err == nil {
		w.names = names
	}
	return w, err
}

// configured is an empty World of a localaws with the settings of c.
func configured(c localaws.Config, log *decisions) (*World, error) {
	dir, err := os.MkdirTemp("", "prove-")
	if err != nil {
		return nil, err
	}
	c.Data, c.AllowedHosts = dir, []string{host}
	if log != nil {
		c.Log = log
	}
	w := &World{log: log, dir: dir, foreign: len(c.Upstreams) > 0, callers: map[string]aws.Credentials{root: {AccessKeyID: "test", SecretAccessKey: "test"}}}
	if w.server, err = localaws.New(c); err != nil {
		_ = os.RemoveAll(dir) // the first error is what is told
		return nil, err
	}
	return w, nil
}

func accountWorld(ctx context.Context, a *Account, roles []localaws.Role) (*World, error) {
	own, err := a.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", err)
	}
	if a.existing != nil {
		return existingWorld(ctx, a, own, roles)
	}
	if err := a.vacant(ctx, roles); err != nil {
		return nil, err
	}
	a.config = marking(a.config)
	w := &World{names: a.names, account: a, callers: map[string]aws.Credentials{root: own}}
	return w, w.populate(ctx, roles, crowd)
}

// eventually carries out do until it succeeds: in an account a change of roles holds after some seconds, in localaws at once.
func (w *World) eventually(ctx context.Context, times int, do func() error) error {
	if w.account == nil {
		return do()
	}
	return w.within(ctx, propagation, times, do)
}

// within is eventually, for at most so long.
func (w *World) within(ctx context.Context, most time.Duration, times int, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for seen := 0; ; {
		err := do()
		if err == nil {
			seen++
		} else {
			seen = 0
		}
		if seen == times || errors.Is(err, errExpired) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, for %s", err, most)
		case <-tick.C:
		}
	}
}

// settle returns when the trust policies that were put last are in force: a session without a tag is refused, and a tenant's
// session can read.
func (w *World) settle(ctx context.Context) error {
	if w.account == nil {
		return nil
	}
	return w.eventually(ctx, settled, func() error {
		if a, err := w.send(ctx, ofTenant(attacker).untagged().with("by", other).request()); err != nil || a.Code != "AccessDenied" {
			return fmt.Errorf("a session without a tag is not refused: %d %s %w", a.Status, a.Message, err)
		}
		if a, err := w.send(ctx, operation{"", "GetItem", `{"TableName":"~table~","Key":` + key + `}`}.of(attacker, attacker)); err != nil || !a.ok() {
			return fmt.Errorf("%s cannot read: %s %w", attacker, a.Message, err)
		}
		return nil
	})
}
