package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

func TestHealthOfServedCredentialsIsThatASessionIsHandedOut(t *testing.T) {
	server := serveOnAnyPort(t)
	server.makeRole(t, "TaskRole", trustsTasks)
	server.makeRole(t, "OtherRole", trustsOther)
	other := filepath.Join(t.TempDir(), "other-token")
	if err := os.WriteFile(other, []byte("another token, long enough"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, role, file string
		code             int
		want             string
	}{
		{"a session", "TaskRole", "", 0, ""},
		{"another token", "TaskRole", other, 1, "Unauthorized"},
		{"no token", "TaskRole", other + ".missing", 1, "--token-file"},
		{"a role that does not trust tasks", "OtherRole", "", 1, "AccessDenied"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token")
			endpoint := start(t, server.env(), "credentials", "serve", "--role", tc.role, "--listen", "127.0.0.1:0", "--token-file", file)
			asked := tc.file
			if asked == "" {
				asked = file
			}
			code, _, stderr := once(t, nil, "credentials", "health", "--listen", endpoint.address, "--token-file", asked)
			if code != tc.code || !strings.Contains(stderr, tc.want) {
				t.Errorf("exit %d, %q, want %d with %q", code, stderr, tc.code, tc.want)
			}
			endpoint.end()
			code, _, stderr = once(t, nil, "credentials", "health", "--listen", endpoint.address, "--token-file", file)
			if code != 1 || !strings.Contains(stderr, "localaws credentials serve does so") {
				t.Errorf("after its end: exit %d, %q, want 1 and what starts it", code, stderr)
			}
		})
	}
}

func TestEndpointThatIsNoURLIsAConfigurationError(t *testing.T) {
	for _, endpoint := range []string{"nonsense", "http://", "127.0.0.1:4566", "http://127.0.0.1:99999", "http://a b", "ftp://user:secret@h"} {
		for _, command := range [][]string{{"health"}, {"why", "some-id"}, {"credentials", "--role", "TaskRole"}} {
			code, _, stderr := once(t, map[string]string{"AWS_ENDPOINT_URL": endpoint}, command...)
			if want := "localaws: AWS_ENDPOINT_URL is not the URL of a server, such as http://127.0.0.1:4566\n"; code != 2 || stderr != want {
				t.Errorf("%s with %s: exit %d, %q, want 2 and %q", command, endpoint, code, stderr, want)
			}
		}
	}
}

func TestPauseEndsWhenItIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, []string{"pause"}, func(string) string { return "" }, io.Discard, io.Discard)
		}()
		synctest.Wait()
		select {
		case code := <-ended:
			t.Fatalf("ended by itself with %d", code)
		default:
		}
		interrupt()
		if code := <-ended; code != 0 {
			t.Errorf("exit %d, want 0", code)
		}
	})
}
