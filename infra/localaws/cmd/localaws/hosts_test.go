package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	rolecreds "example.com/shiptrack/infra/localaws/internal/credentials"
)

// statusAt asks for path by a name, and returns the status.
func (r *running) statusAt(t *testing.T, path, host, authorization string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	request.Header.Set("Authorization", authorization)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestNamesAreAllowedByFlag(t *testing.T) {
	server := serveOnAnyPort(t, "--allowed-host", "localaws", "--allowed-host", "aws.test")
	server.makeRole(t, "TaskRole", trustsTasks)
	file := filepath.Join(t.TempDir(), "token")
	task := start(t, server.env(), "credentials", "serve", "--role", "TaskRole", "--listen", "127.0.0.1:0", "--token-file", file, "--allowed-host", "localaws")
	token, err := rolecreds.ReadToken(file)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]int{"localhost": 200, "localaws:4566": 200, "aws.test": 200, "other": 421} {
		if got := server.statusAt(t, "/_localaws/health", host, ""); got != want {
			t.Errorf("localaws, Host %s: got %d, want %d", host, got, want)
		}
	}
	for host, want := range map[string]int{"localhost": 200, "localaws:4566": 200, "other": 421} {
		if got := task.statusAt(t, rolecreds.Path, host, token); got != want {
			t.Errorf("credentials, Host %s: got %d, want %d", host, got, want)
		}
	}
}

func TestANameThatNoHostHasIsSaid(t *testing.T) {
	for _, args := range [][]string{
		{"serve", "--listen", "127.0.0.1:0"},
		{"credentials", "serve", "--role", "TaskRole", "--listen", "127.0.0.1:0", "--token-file", filepath.Join(t.TempDir(), "token")},
	} {
		code, _, stderr := once(t, nil, append(args, "--allowed-host", "LocalAWS:4566")...)
		if code != 2 || !strings.Contains(stderr, `"LocalAWS:4566" cannot be a Host`) {
			t.Errorf("%v: exit %d, %s, want 2 and the name", args, code, stderr)
		}
	}
}
