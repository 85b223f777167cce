package tenants

import (
	"context"
	"fmt"
	"time"

	"example.com/shiptrack/pkg/tenant"
)

// Revocation is how the sessions of a tenant were ended.
type Revocation struct {
	Tenant tenant.ID `json:"tenant"`
	Block  Block     `json:"block"`
	TookMS int64     `json:"tookMilliseconds"` // until the boundaries were written; AWS may need some seconds to apply them everywhere
}

// Revoke ends the sessions of a tenant that were vended until now; sessions that are vended after Revoke has returned hold. AWS tells when a
// session was vended in whole seconds. So those of the second that is running are ended too, and Revoke returns when that is over.
func (c *Control) Revoke(ctx context.Context, id tenant.ID) (Revocation, error) {
	return c.change(ctx, id, func(b *Block, now time.Time) {
		if end := now.Truncate(time.Second).Add(time.Second); end.After(b.Before) {
			b.Before = end.UTC()
		}
	})
}

// Suspend denies everything to all sessions of a tenant, until Resume.
func (c *Control) Suspend(ctx context.Context, id tenant.ID) (Revocation, error) {
	return c.change(ctx, id, func(b *Block, _ time.Time) { b.Suspended = true })
}

// Resume ends a suspension. A revocation stays.
func (c *Control) Resume(ctx context.Context, id tenant.ID) (Revocation, error) {
	return c.change(ctx, id, func(b *Block, _ time.Time) { b.Suspended = false })
}

func (c *Control) change(ctx context.Context, id tenant.ID, change func(*Block, time.Time)) (Revocation, error) {
	began := time.Now()
	if _, err := c.known(ctx, id); err != nil {
		return Revocation{}, about(id, err)
	}
	now, err := c.now(ctx)
	if err != nil {
		return Revocation{}, about(id, err)
	}
	asked := time.Now()
	b, err := c.block(ctx, id, func(b *Block) { change(b, now) })
	if err != nil {
		return Revocation{}, about(id, fmt.Errorf("keep that it is blocked: %w", err))
	}
	if err := c.enforce(ctx, now); err != nil {
		return Revocation{}, about(id, err)
	}
	done := Revocation{Tenant: id, Block: b, TookMS: time.Since(began).Milliseconds()}
	if left := b.Before.Sub(now.Add(time.Since(asked))); left > 0 {
		err = c.config.Wait(ctx, left)
	}
	return done, about(id, err)
}
