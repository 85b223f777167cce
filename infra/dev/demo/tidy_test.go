package main

import (
	"os"
	"path/filepath"
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
