package tenants_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/tenant"
)

// command is one command about one tenant, as the property test carries it out.
type command struct {
	name string
	do   func(*testing.T, *tenants.Control, tenant.ID) error
}

var lifeCommands = []command{
	{"add", func(t *testing.T, c *tenants.Control, id tenant.ID) error { return c.Add(t.Context(), id) }},
	{"suspend", func(t *testing.T, c *tenants.Control, id tenant.ID) error {
		_, err := c.Suspend(t.Context(), id)
		return err
	}},
	{"resume", func(t *testing.T, c *tenants.Control, id tenant.ID) error {
		_, err := c.Resume(t.Context(), id)
		return err
	}},
	{"revoke", func(t *testing.T, c *tenants.Control, id tenant.ID) error {
		_, err := c.Revoke(t.Context(), id)
		return err
	}},
	{"remove", func(t *testing.T, c *tenants.Control, id tenant.ID) error {
		_, err := c.Remove(t.Context(), id, 7)
		return err
	}},
}

// crowd are 50 tenants whose ids begin with one another.
func crowd() (names []string) {
	for n := range 10 {
		names = append(names, fmt.Sprintf("acme%d", n), fmt.Sprintf("acme%d-eu", n), fmt.Sprintf("acme%d%d", n, n), fmt.Sprintf("acme%d-shipments", n), fmt.Sprintf("x-acme%d", n))
	}
	return names
}

// TestKilledCommandsTouchNobodyElseAndTheSameCommandAgainFinishesThem: 50 tenants, random commands, each killed after a random number of
// requests and then given again.
func TestKilledCommandsTouchNobodyElseAndTheSameCommandAgainFinishesThem(t *testing.T) {
	w := newWorld(t)
	names := crowd()
	var ids []tenant.ID
	for _, name := range names {
		ids = append(ids, id(t, name))
	}
	steady := w.control(noWait)
	if err := steady.AddMany(t.Context(), ids[:len(ids)-5], 8, func(int, int) {}); err != nil { // the last five are added by the commands
		t.Fatal(err)
	}
	state := map[string]tenants.State{}
	for _, name := range names[:len(ids)-5] {
		w.fill(name)
		state[name] = tenants.Active
	}
	held := map[string]string{}
	for _, name := range names {
		held[name] = w.holding(name)
	}
	kills := 0
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom(names).Draw(r, "tenant")
		what := rapid.SampledFrom(lifeCommands).Draw(r, "command")
		after := rapid.IntRange(0, 30).Draw(r, "requests until the kill")
		who := id(t, name)
		if err := what.do(t, w.control(noWait, killedAfter(after, rapid.Bool().Draw(r, "only the answer is lost"))), who); errors.Is(err, errCut) {
			kills++
		}
		err := what.do(t, steady, who)
		switch want := outcome(what.name, state[name]); {
		case !errors.Is(err, want):
			r.Fatalf("%s %s, a tenant that was %q: %v, want %v", what.name, name, state[name], err, want)
		case err == nil && what.name == "add":
			state[name] = tenants.Active
		case err == nil && what.name == "remove":
			state[name] = tenants.Removed
		}
		w.checkOthers(r, held, name)
		now := w.holding(name)
		if state[name] == tenants.Removed && now != "" {
			r.Fatalf("%s %s left %s", what.name, name, now)
		}
		if what.name != "remove" && what.name != "add" && now != held[name] {
			r.Fatalf("%s %s changed what it has, from\n%s\nto\n%s", what.name, name, held[name], now)
		}
		held[name] = now
	})
	t.Logf("%d commands were killed", kills)
	w.checkKeys(names, state)
}

// outcome is the error that a command has to have on a tenant in a state; nil: none.
func outcome(command string, state tenants.State) error {
	switch {
	case state == tenants.Removed && command != "remove":
		return tenants.ErrRemoved
	case state == "" && command != "add":
		return tenants.ErrUnknown
	}
	return nil
}

func (w world) checkOthers(r *rapid.T, held map[string]string, but string) {
	for name, before := range held {
		if name == but {
			continue
		}
		if now := w.holding(name); now != before {
			r.Fatalf("a command about %s changed %s, from\n%s\nto\n%s", but, name, before, now)
		}
	}
}

// checkKeys: a tenant that is there has one key that can be used, one that is not has none, whatever was killed.
func (w world) checkKeys(names []string, state map[string]tenants.State) {
	usable := w.usableKeys()
	for _, name := range names {
		want := 0
		if state[name] == tenants.Active {
			want = 1
		}
		if usable[name] != want {
			w.t.Errorf("%s (%s) has %d keys that can be used, want %d", name, state[name], usable[name], want)
		}
	}
}
