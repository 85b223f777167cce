package thirdparty

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsInstalledIsKeptAndWhatFailedIsMadeAnew(t *testing.T) {
	p, err := New(filepath.Join(t.TempDir(), "cache"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	calls, broken := 0, errors.New("broken")
	install := func(result error) error {
		_, err := p.install("program-1", func(folder string) error {
			calls++
			return errors.Join(os.MkdirAll(folder, 0o700), result)
		})
		return err
	}
	for i, step := range []struct {
		result, want error
		calls        int
	}{{broken, broken, 1}, {nil, nil, 2}, {broken, nil, 2}} {
		if err := install(step.result); !errors.Is(err, step.want) || calls != step.calls {
			t.Errorf("step %d: %v after %d calls, want %v after %d", i, err, calls, step.want, step.calls)
		}
	}
}

func TestWithoutDockerAnImageIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if got := Image(t.Context(), "any"); got != "there is no Docker" {
		t.Errorf("got %q", got)
	}
	folder := t.TempDir()
	t.Setenv("PATH", folder)
	for script, want := range map[string]string{
		"exit 1":            "no engine of Docker answers",
		`[ "$1" != image ]`: "Docker has no image any",
		`[ "$1 $2 $3" = "image inspect any" ] || [ "$1" = info ]`: "",
	} {
		if err := os.WriteFile(filepath.Join(folder, "docker"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		if got := Image(t.Context(), "any"); got != want {
			t.Errorf("%s: got %q, want %q", script, got, want)
		}
	}
}

func TestAContainerIsRemovedByStopAndWhereItDoesNotStart(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	for failing, wantCalls := range map[string]string{"none": "run port rm", "run": "run rm", "port": "run port rm"} {
		calls := filepath.Join(t.TempDir(), "calls")
		script := fmt.Sprintf("#!/bin/sh\nprintf '%%s ' \"$1\" >>'%s'\necho 127.0.0.1:1\n[ \"$1\" != %s ]\n", calls, failing)
		if err := os.WriteFile(filepath.Join(folder, "docker"), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		running, err := Container(t.Context(), "image", "8000")
		if (err != nil) != (failing != "none") {
			t.Fatalf("%s fails: %v", failing, err)
		}
		if err == nil {
			if running.URL != "http://127.0.0.1:1" {
				t.Errorf("URL %s", running.URL)
			}
			running.Stop()
		}
		if got, err := os.ReadFile(calls); err != nil || strings.TrimSpace(string(got)) != wantCalls {
			t.Errorf("%s fails: calls %q (%v), want %q", failing, got, err, wantCalls)
		}
	}
}
