package conformance

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// endpoint is one OpenSearch.
type endpoint interface {
	name() string
	// do answers one request. What was written before is found by a search. An answer without a body is an empty text of JSON.
	do(t testing.TB, method, path, body string) (status int, answer []byte)
}

// domain is a domain of OpenSearch Service, reached as users reach it: through localaws.
type domain struct{ local *localawstest.Local }

func newEmbedded(t testing.TB) domain {
	t.Helper()
	return domain{localawstest.Start(t)}
}

func (domain) name() string { return "embedded" }

func (d domain) do(t testing.TB, method, path, body string) (int, []byte) {
	t.Helper()
	d.local.ResetLog() // nobody reads it
	request, err := http.NewRequestWithContext(t.Context(), method, d.local.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	status, answer := d.local.Do(t, request, []byte(body), localawstest.Root, "es")
	if answer = bytes.TrimSpace(answer); len(answer) == 0 {
		answer = []byte(`""`)
	}
	return status, answer
}
