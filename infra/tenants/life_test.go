package tenants_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/shiptrack/infra/tenants"
)

func TestAddMakesKeyAndIndexAndNothingInIAM(t *testing.T) {
	w := newWorld(t)
	c := w.control()
	before, err := c.CountIAM(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time all is there
		if err := c.Add(t.Context(), id(t, "acme")); err != nil {
			t.Fatal(err)
		}
	}
	after, err := c.CountIAM(t.Context())
	if err != nil || after != before || before.Objects == 0 || before.Bytes == 0 {
		t.Errorf("in IAM %+v before and %+v after, %v", before, after, err)
	}
	w.fill("acme") // with the key and the index
	r, err := c.Show(t.Context(), id(t, "acme"))
	if err != nil || r.State != tenants.Active {
		t.Errorf("Show: %+v, %v, want active", r, err)
	}
	if got := w.usableKeys()["acme"]; got != 1 {
		t.Errorf("%d keys, want 1", got)
	}
}

func TestRemoveLeavesNothingAndTouchesNoTwin(t *testing.T) {
	w := newWorld(t)
	c := w.control(noWait)
	twins := []string{"acme-eu", "acme2", "ac", "a-acme", "acme-shipments"}
	for _, name := range append(twins, "acme") {
		if err := c.Add(t.Context(), id(t, name)); err != nil {
			t.Fatal(err)
		}
		w.fill(name)
	}
	before := map[string]string{}
	for _, name := range twins {
		before[name] = w.holding(name)
	}
	done, err := c.Remove(t.Context(), id(t, "acme"), 7)
	if err != nil {
		t.Fatal(err)
	}
	if f := done.Removed; f.Rows != 3 || f.Versions != 3 || f.Uploads != 1 || !f.Index || f.Key == "" || f.KeyDeletion == nil {
		t.Errorf("removed %+v, want 3 rows, 3 versions, an upload, an index and a key", f)
	}
	for _, check := range done.Checks {
		if !check.OK {
			t.Errorf("check %+v", check)
		}
	}
	if left := w.holding("acme"); left != "" || len(done.Checks) == 0 {
		t.Errorf("left of acme: %s; checks %v", left, done.Checks)
	}
	for _, name := range twins {
		if now := w.holding(name); now != before[name] {
			t.Errorf("%s was\n%s\nand is\n%s", name, before[name], now)
		}
	}
	again, err := c.Remove(t.Context(), id(t, "acme"), 7)
	if err != nil || !again.Removed.IsNothing() {
		t.Errorf("the second run: %+v, %v, want nothing", again, err)
	}
	if err := c.Add(t.Context(), id(t, "acme")); !errors.Is(err, tenants.ErrRemoved) {
		t.Errorf("the id was given again: %v", err)
	}
}

func TestBadInputSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"Acme": `"Acme"`, "": `""`, "a": `"a"`, "acme/eu": "acme/eu", "check.a": "it is reserved for the isolation check", "@tenants": "@tenants",
	} {
		if _, err := tenants.ParseID(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseID(%q): %v, want an error with %s", text, err, want)
		}
	}
	_, err := tenants.ReadFile(strings.NewReader("{\"tenant\": \"acme\"}\n{\"tenant\": \"Bad\"}\n\n{\"name\": \"x\"}\n{\"tenant\": \"acme\"}\nx\n"))
	for _, want := range []string{"line 2: ", "line 4: ", "line 5: acme stands in line 1 already", "line 6: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadFile: %v, want %s", err, want)
		}
	}
	if all, err := tenants.ReadFile(lines("acme", "acme-eu")); err != nil || len(all) != 2 {
		t.Errorf("ReadFile: %v, %v", all, err)
	}
	if _, err := tenants.ReadFile(strings.NewReader("")); err == nil {
		t.Error("an empty file was read")
	}
}

func TestUnknownTenantIsNeitherBlockedNorRemoved(t *testing.T) {
	w := newWorld(t)
	c := w.control(noWait)
	if _, err := c.Suspend(t.Context(), id(t, "nobody")); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("Suspend: %v", err)
	}
	if _, err := c.Revoke(t.Context(), id(t, "nobody")); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("Revoke: %v", err)
	}
	if _, err := c.Remove(t.Context(), id(t, "nobody"), 7); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("Remove: %v", err)
	}
	if _, err := c.Show(t.Context(), id(t, "nobody")); !errors.Is(err, tenants.ErrUnknown) {
		t.Errorf("Show: %v", err)
	}
	if all, err := c.List(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("List: %v, %v", all, err)
	}
}
