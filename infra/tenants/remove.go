package tenants

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/pkg/tenant"
)

// maxRounds is how often what is left is removed: a write that was under way when the tenant was blocked may come after the first.
const maxRounds = 5

// Found is what there is of a tenant in the stores.
type Found struct {
	Rows        int        `json:"rows"`
	Versions    int        `json:"objectVersions"` // with delete markers
	Uploads     int        `json:"uploads"`        // of several parts, not completed
	Index       bool       `json:"index"`
	Key         string     `json:"key,omitempty"`         // ARN
	KeyDeletion *time.Time `json:"keyDeletion,omitempty"` // when KMS deletes the key
}

// IsNothing reports whether nothing was found.
func (f Found) IsNothing() bool { return f == Found{} }

// Check is one look at what must be so after a removal.
type Check struct {
	What string `json:"what"`
	How  string `json:"how"`
	OK   bool   `json:"ok"`
}

// Removal says what was removed, and how that was checked.
type Removal struct {
	Tenant  tenant.ID `json:"tenant"`
	At      time.Time `json:"at"`
	Removed Found     `json:"removed"` // by this run; an earlier one that was cut off may have removed more
	Checks  []Check   `json:"checks"`
	Denied  time.Time `json:"sessionsDeniedUntil"` // the last session that could have been vended before is over by then
}

// ErrLeft is the error of a removal after which a check does not hold.
var ErrLeft = errors.New("something of it is left: look who still writes for it, then run the same command again")

// Find looks for what there is of a tenant, and changes nothing.
func (c *Control) Find(ctx context.Context, id tenant.ID) (Found, error) {
	found, err := c.stored(ctx, id)
	if err != nil {
		return found, about(id, err)
	}
	key, err := c.keyOf(ctx, id)
	if key != nil {
		found.Key, found.KeyDeletion = aws.ToString(key.Arn), key.DeletionDate
	}
	return found, about(id, err)
}

// Remove ends the tenant's sessions, deletes its rows, all versions of its objects and its index, schedules the deletion of its key in days
// (7 to 30), and checks that nothing is left. Its id stays in the registry, so that no second tenant gets it. A removal that was cut off is
// finished by the same call; one that is finished finds nothing. Errors are ErrUnknown, ErrBusy, ErrLeft, or say which step failed.
func (c *Control) Remove(ctx context.Context, id tenant.ID, days int32) (Removal, error) {
	done, err := c.remove(ctx, id, days)
	return done, about(id, err)
}

func (c *Control) remove(ctx context.Context, id tenant.ID, days int32) (Removal, error) {
	done := Removal{Tenant: id}
	r, err := c.record(ctx, id)
	if err != nil {
		return done, err
	}
	if r.State == "" {
		if there, err := c.Find(ctx, id); err != nil || there.IsNothing() {
			return done, errors.Join(err, ErrUnknown)
		}
	}
	wasCutOff := r.State == Adding || r.State == Removing
	if r.State != Removed {
		if r, err = c.put(ctx, r, Removing); err != nil {
			return done, fmt.Errorf("begin the removal in its record: %w", err)
		}
	}
	now, err := c.now(ctx)
	if err != nil {
		return done, err
	}
	if done.Denied, err = c.end(ctx, r, now); err != nil {
		return done, fmt.Errorf("end its sessions: %w", err)
	}
	if done.Removed, err = c.clear(ctx, id); err != nil {
		return done, err
	}
	key, deletion, err := c.removeKey(ctx, id, days, wasCutOff)
	if err != nil {
		return done, fmt.Errorf("its KMS key: %w", err)
	}
	done.Removed.Key, done.Removed.KeyDeletion, done.At = key, deletion, now.UTC()
	if done.Checks, err = c.check(ctx, id, now); err != nil || r.State == Removed {
		return done, err
	}
	_, err = c.put(ctx, r, Removed)
	return done, c.unless(ctx, id, Removed, err)
}

// end denies all to the tenant's sessions, until the last that could have been vended before is over.
func (c *Control) end(ctx context.Context, r Record, now time.Time) (until time.Time, err error) {
	b, err := c.block(ctx, r.Tenant, func(b *Block) {
		if b.Suspended && !b.Until.IsZero() {
			return // an earlier run has ended them
		}
		b.Suspended, b.Until = true, now.Add(MaxSession+time.Minute).Truncate(time.Second).UTC()
	})
	if err != nil {
		return until, err
	}
	return b.Until, c.enforce(ctx, now)
}

// clear deletes rows, objects and index until it finds none, and returns how much it deleted.
func (c *Control) clear(ctx context.Context, id tenant.ID) (Found, error) {
	var all Found
	for range maxRounds {
		rows, err := c.removeRows(ctx, id)
		if err != nil {
			return all, fmt.Errorf("its rows: %w", err)
		}
		versions, err := c.removeVersions(ctx, id)
		if err != nil {
			return all, fmt.Errorf("its objects: %w", err)
		}
		uploads, err := c.removeUploads(ctx, id)
		if err != nil {
			return all, fmt.Errorf("its uploads: %w", err)
		}
		index, err := c.removeIndex(ctx, id)
		if err != nil {
			return all, fmt.Errorf("its search index: %w", err)
		}
		if rows+versions+uploads == 0 && !index {
			break
		}
		all.Rows, all.Versions, all.Uploads, all.Index = all.Rows+rows, all.Versions+versions, all.Uploads+uploads, all.Index || index
	}
	return all, nil
}

// check looks again for all that must not be there.
func (c *Control) check(ctx context.Context, id tenant.ID, now time.Time) ([]Check, error) {
	left, err := c.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	denied, err := c.isDenied(ctx, id, now.Add(MaxSession))
	if err != nil {
		return nil, err
	}
	record, err := c.block(ctx, id, func(*Block) {})
	if err != nil {
		return nil, err
	}
	denied = denied || record.isOver(now)
	all := []Check{
		{"no row", "Query of the partition, consistent", left.Rows == 0},
		{"no object, in no version", "ListObjectVersions of the prefix", left.Versions == 0},
		{"no upload that is not completed", "ListMultipartUploads of the prefix", left.Uploads == 0},
		{"no search index", "HEAD of the index", !left.Index},
		{"no key that documents could be encrypted with", "DescribeKey of the alias", left.Key == ""},
		{"no live session", "the documents of the three permissions boundaries, read back", denied},
	}
	for _, check := range all {
		if !check.OK {
			return all, fmt.Errorf("%w: not so: %s", ErrLeft, check.What)
		}
	}
	return all, nil
}
