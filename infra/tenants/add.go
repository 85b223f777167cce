package tenants

import (
	"context"
	"errors"
	"fmt"

	"example.com/shiptrack/pkg/tenant"
)

// Add makes what the stores need for a tenant: its KMS key with tag and alias, and its search index. It makes nothing in IAM. A tenant that is
// there is looked after: what is missing is made, what is there stays. Errors are ErrRemoved, ErrRemoving, ErrBusy, or say which step failed;
// the same call again finishes the work.
func (c *Control) Add(ctx context.Context, id tenant.ID) error {
	r, err := c.record(ctx, id)
	if err != nil {
		return about(id, fmt.Errorf("read its record: %w", err))
	}
	return about(id, c.add(ctx, r, c.strays))
}

// add is Add for a record that was read. strays are looked for where an earlier run was cut off.
func (c *Control) add(ctx context.Context, r Record, strays func(context.Context) (map[string][]*string, error)) (err error) {
	switch r.State {
	case Removed:
		return ErrRemoved
	case Removing:
		return ErrRemoving
	case Adding:
		if err := c.nameStray(ctx, r.Tenant, strays); err != nil {
			return fmt.Errorf("look for a key that an earlier run has made: %w", err)
		}
	case Active:
	default:
		if r, err = c.put(ctx, r, Adding); err != nil {
			return fmt.Errorf("begin its record: %w", err)
		}
	}
	if err := MakeKey(ctx, c.keys, KeyTag, r.Tenant); err != nil {
		return fmt.Errorf("its KMS key: %w", err)
	}
	if err := MakeIndex(ctx, c.search, r.Tenant); err != nil {
		return fmt.Errorf("its search index: %w", err)
	}
	if r.State == Active {
		return nil
	}
	_, err = c.put(ctx, r, Active)
	if err = c.unless(ctx, r.Tenant, Active, err); err != nil {
		return fmt.Errorf("end its record: %w", err)
	}
	return nil
}

// unless returns nil in place of ErrBusy where the other run has brought the tenant to the same state.
func (c *Control) unless(ctx context.Context, id tenant.ID, wanted State, err error) error {
	if !errors.Is(err, ErrBusy) {
		return err
	}
	if now, failure := c.record(ctx, id); failure == nil && now.State == wanted {
		return nil
	}
	return err
}

// nameStray gives the tenant's alias to the key that a run made which ended before it could.
func (c *Control) nameStray(ctx context.Context, id tenant.ID, strays func(context.Context) (map[string][]*string, error)) error {
	all, err := strays(ctx)
	if err != nil {
		return err
	}
	for _, key := range all[id.String()] {
		if err := nameKey(ctx, c.keys, KeyTag, id, key); err != nil {
			return err
		}
	}
	return nil
}

// known returns the record of a tenant that is there. One that was made by other means, as those of the demonstration, is taken into the
// registry.
func (c *Control) known(ctx context.Context, id tenant.ID) (Record, error) {
	r, err := c.record(ctx, id)
	if err != nil {
		return r, err
	}
	switch r.State {
	case Removed:
		return r, ErrRemoved
	case Removing:
		return r, ErrRemoving
	case "":
		key, err := c.keyOf(ctx, id)
		if err != nil {
			return r, err
		}
		if key == nil {
			return r, ErrUnknown
		}
		return c.put(ctx, r, Active)
	}
	return r, nil
}
