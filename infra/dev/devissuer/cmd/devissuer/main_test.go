package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0", "[::]:0"} {
		var stderr bytes.Buffer
		if code := run(t.Context(), []string{"serve", "--listen", address}, io.Discard, &stderr); code != 2 || !strings.Contains(stderr.String(), "loopback") {
			t.Errorf("serve --listen %s: code %d, %q; want 2 and the reason", address, code, &stderr)
		}
	}
}

// TestAllFaultsOfACommandLineAreSaidAtOnce, before anything is listened on or asked.
func TestAllFaultsOfACommandLineAreSaidAtOnce(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{[]string{"serve", "--listen", "127.0.0.1:99999", "--issuer", "foo", "--audience", "", "--tenant-claim", "", "--allowed-host", "a b"},
			[]string{`--listen "127.0.0.1:99999"`, `--issuer "foo"`, "--audience is empty", "--tenant-claim is empty", "--allowed-host: "}},
		{[]string{"token", "--tenant", "yellow", "--issuer", "foo"}, []string{`--issuer "foo" is not the URL`}},
		{[]string{"token", "--tenant", "yellow", "--issuer", "http://127.0.0.1:"}, []string{"is not the URL"}},
		{[]string{"health", "--issuer", "http://127.0.0.1:99999"}, []string{"is not the URL"}},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), tc.args, io.Discard, &stderr)
		for _, want := range tc.want {
			if code != 2 || !strings.Contains(stderr.String(), want) {
				t.Errorf("%q: code %d, %q; want 2 and %q", tc.args, code, &stderr, want)
			}
		}
	}
}

func TestBeyondLoopbackIsListenedOnWhereItIsAskedFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // it listens, and ends
	var stderr bytes.Buffer
	if code := run(ctx, []string{"serve", "--listen", "0.0.0.0:0", "--beyond-loopback", "--issuer", "http://devissuer:8082"}, io.Discard, &stderr); code != 0 || !strings.Contains(stderr.String(), "anyone who reaches http://devissuer:8082") {
		t.Errorf("code %d, %q; want 0 and its warning", code, &stderr)
	}
}

// TestServeAndToken runs serve until its token command has been answered.
func TestServeAndToken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	served := make(chan int, 1)
	go func() {
		served <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0"}, io.Discard, writer)
		_ = writer.Close() // a pipe always closes
	}()
	line := make([]byte, 256)
	n, err := reader.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	said := string(line[:n])
	_, rest, ok := strings.Cut(said, "anyone who reaches ")
	url, _, _ := strings.Cut(rest, " ")
	if !ok || !strings.Contains(said, "DEVELOPMENT ONLY") {
		t.Fatalf("serve says %q, want a loud warning with its URL", said)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()

	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"token", "--tenant", "yellow", "--issuer", url}, &stdout, &stderr); code != 0 || strings.Count(stdout.String(), ".") != 2 || strings.Count(stdout.String(), "\n") != 1 {
		t.Errorf("token: code %d, %q, %q; want the token alone", code, &stdout, &stderr)
	}
	stdout.Reset()
	if code := run(ctx, []string{"token", "--tenant", "Yellow!", "--issuer", url}, &stdout, &stderr); code != 1 || stdout.Len() != 0 {
		t.Errorf("token of a tenant that cannot be: code %d, %q; want 1 and nothing on stdout", code, &stdout)
	}
	if code := run(ctx, []string{"health", "--issuer", url}, &stdout, &stderr); code != 0 {
		t.Errorf("health: code %d, %q; want 0", code, &stderr)
	}
	if code := run(ctx, []string{"health", "--issuer", url + "/elsewhere"}, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "404") {
		t.Errorf("health of what is no issuer: code %d, %q; want 1 and its status", code, &stderr)
	}
	resp, err := http.Get(url + "/token")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET /token: %d, want 405", resp.StatusCode)
	}
	cancel()
	if code := <-served; code != 0 {
		t.Errorf("serve ends with %d, want 0", code)
	}
	stderr.Reset()
	if code := run(t.Context(), []string{"health", "--issuer", url}, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "devissuer serve") {
		t.Errorf("health of a stopped issuer: code %d, %q; want 1 and what starts one", code, &stderr)
	}
}
