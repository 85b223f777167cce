package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/infra/prove/mutate"
	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/tenant"
)

const ourRole = "TrackingTenantsRole"

// rolesAsTheyAre are the hardened roles.
func (w world) rolesAsTheyAre() []localaws.Role {
	w.t.Helper()
	all, err := iam.Load(iam.Hardened, localaws.Values{Region: w.Region, Account: w.Account, Bucket: localawstest.Bucket})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// life carries out every command on tenants whose names begin with prefix, as bin/tenants does, and returns the first error.
func (w world) life(c *tenants.Control, prefix string) error {
	ctx, one, twin := context.Background(), id(w.t, prefix), id(w.t, prefix+"-eu")
	if _, err := c.CountIAM(ctx); err != nil {
		return err
	}
	if err := c.AddMany(ctx, []tenant.ID{one, twin}, 1, func(int, int) {}); err != nil {
		return err
	}
	w.fill(prefix)
	for _, do := range []func() error{
		func() error { _, err := c.List(ctx); return err },
		func() error { _, err := c.Show(ctx, one); return err },
		func() error { _, err := c.Find(ctx, one); return err },
		func() error { _, err := c.Suspend(ctx, one); return err },
		func() error { _, err := c.Resume(ctx, one); return err }, // what is left of it is forgotten
		func() error { _, err := c.Revoke(ctx, twin); return err },
		func() error { _, err := c.Report(ctx); return err },
		func() error { _, err := c.Remove(ctx, one, 7); return err },
		func() error { _, err := c.Remove(ctx, twin, 7); return err },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// TestEachPartOfThePolicyIsNeeded: under its policy every command works, and without any statement, action, resource or value of it one does
// not, since it is denied.
func TestEachPartOfThePolicyIsNeeded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds (make check)")
	}
	w := newWorld(t)
	all := w.rolesAsTheyAre()
	mutants, _, err := mutate.First(all)
	if err != nil {
		t.Fatal(err)
	}
	steady := w.control(noWait)
	for n := range 6 { // a boundary has five versions at most
		if err := w.life(steady, fmt.Sprintf("steady-%d", n)); err != nil {
			t.Fatalf("under the policy as it is: %v", err)
		}
	}
	removals, tried := []string{"statement removed", "action removed", "resource removed", "value removed"}, 0
	for i, m := range mutants {
		if m.Role != ourRole || m.Direction != mutate.Narrows || !slices.Contains(removals, m.Kind) {
			continue
		}
		tried++
		w.PutRoles(t, all...)
		stray := id(t, fmt.Sprintf("stray-%d", i))
		if err := w.control(noWait, killedAfter(4, false)).Add(t.Context(), stray); !errors.Is(err, errCut) { // its key is made, and has no name
			t.Fatalf("add was not killed: %v", err)
		}
		less, err := m.Apply(all)
		if err != nil {
			t.Fatal(err)
		}
		w.PutRoles(t, less...)
		err = errors.Join(w.life(steady, fmt.Sprintf("acme-%d", i)), steady.Add(t.Context(), stray))
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") && !strings.Contains(err.Error(), "not authorized") {
			t.Errorf("%s: every command works: %v", m.Name, err)
		}
	}
	if tried < 40 {
		t.Errorf("%d parts were taken away, want 40 or more", tried)
	}
}
