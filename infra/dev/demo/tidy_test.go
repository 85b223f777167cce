package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/dev/fleet"
)

// Only the file that --print-env wrote is the demo's own: a .env beside the binaries is the user's.
func TestTheEndOfARunLeavesTheUsersEnvFile(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	users, own := filepath.Join(bin, ".env"), filepath.Join(bin, "tracking-service.env")
	for _, file := range []string{users, own} {
		if err := os.WriteFile(file, []byte("KEY=value\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, without := range []string{"", "tracking-service"} {
		d := &demo{Settings: Settings{Without: without}, dir: dir, fleet: fleet.New(bin, dir)}
		if err := d.tidy(nil); err != nil {
			t.Fatalf("tidy with --without=%q: %v", without, err)
		}
		if _, err := os.Stat(users); err != nil {
			t.Errorf("with --without=%q the user's .env is gone: %v", without, err)
		}
	}
	if _, err := os.Stat(own); !os.IsNotExist(err) {
		t.Errorf("tracking-service.env is still there (%v), want it removed", err)
	}
}

// A failed run keeps its logs and says where; its secrets go. A run that was stopped keeps nothing.
func TestFailedRunKeepsItsLogsAlone(t *testing.T) {
	for _, failure := range []error{nil, errors.New("a part did not come up")} {
		dir := filepath.Join(t.TempDir(), "run")
		for _, name := range []string{"localaws.log", "decisions.jsonl", "token", "data/localaws.db"} {
			file := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("x"), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		d := &demo{dir: dir, fleet: fleet.New(t.TempDir(), dir)}
		err := d.tidy(failure)
		left, _ := filepath.Glob(filepath.Join(dir, "*"))
		if failure == nil {
			if err != nil || left != nil {
				t.Errorf("after Ctrl-C: %v, left are %v; want nothing", err, left)
			}
			continue
		}
		want := []string{filepath.Join(dir, "decisions.jsonl"), filepath.Join(dir, "localaws.log")}
		if !errors.Is(err, failure) || !strings.HasSuffix(err.Error(), "are kept in "+dir) || !slices.Equal(left, want) {
			t.Errorf("after a failure: %v, left are %v; want the failure, the folder, and %v", err, left, want)
		}
	}
}
