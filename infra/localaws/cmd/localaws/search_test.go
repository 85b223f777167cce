package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

func TestWrongFlagsOfSearchAreOneLine(t *testing.T) {
	for _, args := range [][]string{
		{`--search-domain: the search domain "Test"`, "--search-domain", "Test"},
		{`--search-domain: the search domain ""`, "--search-domain", ""},
		{"--search-guard needs --upstream es=URL", "--search-guard"},
		{"--search-guard needs --upstream es=URL", "--search-guard", "--upstream", "http://127.0.0.1:1"},
		{"--search-guard needs --upstream es=URL", "--search-guard", "--upstream", "es=embedded"},
	} {
		want, args := args[0], args[1:]
		code, stdout, stderr := once(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: exit %d, stdout %q, stderr %q, want 2 and one line with %q", args, code, stdout, stderr, want)
		}
	}
}

// TestSearchFlagsReachTheServer: the domain stands in the ARN of a denial's log line, and the guard refuses.
func TestSearchFlagsReachTheServer(t *testing.T) {
	behind := serveOnAnyPort(t)
	front := serveOnAnyPort(t, "--search-domain", "orders", "--search-guard", "--upstream", "es=http://"+behind.address)
	for body, status := range map[string]int{`{}`: 404, `{"pit":{}}`: 400} {
		if got := front.search(t, body); got != status {
			t.Errorf("%s: got %d, want %d", body, got, status)
		}
	}
	front.end()
	if out := front.stdout.String(); !strings.Contains(out, `"resource":"arn:aws:es:us-east-1:000000000000:domain/orders/i/_search"`) {
		t.Errorf("logged %s, want the domain orders", out)
	}
}

// search searches the index i as root and returns the status.
func (r *running) search(t *testing.T, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+r.address+"/i/_search", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	root := sigv4.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	if err := sigv4.Sign(request, []byte(body), root, "us-east-1", "es", time.Now()); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}
