package upstream_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// raw answers with bytes of its own and closes the connection.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, text)
		c.Close()
	}
}

// reset closes the connection without a word.
func reset(w http.ResponseWriter, _ *http.Request) {
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_ = c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

func TestUpstreamAwayIsARetryableError(t *testing.T) {
	away := httptest.NewServer(http.NotFoundHandler())
	to := address(t, away.URL)
	away.Close()
	g := gate(t, to)
	for name, by := range map[string]localawstest.Credentials{"root": localawstest.Root, "tenant": sessionOf(t, g, "yellow")} {
		got := call(t, g, by, "GetItem", getYellow, nil, nil)
		got.want(t, 503, "ServiceUnavailable")
		if last := logged(t, g); last.Code != "ServiceUnavailable" || !strings.Contains(last.Reason, "connection refused") || last.Action != "" {
			t.Errorf("%s: logged %+v, want why", name, last)
		}
		if strings.Contains(got.body, "refused") || got.header.Get("X-Amzn-Requestid") != logged(t, g).RequestID {
			t.Errorf("%s: got %s with id %s, want no address and the id of the log", name, got.body, got.header.Get("X-Amzn-Requestid"))
		}
	}
	// An operation that looks at no table fails where it is forwarded.
	call(t, g, localawstest.Root, "ListTables", `{}`, nil, nil).want(t, 503, "ServiceUnavailable")
	if last := logged(t, g); last.Code != "ServiceUnavailable" || last.Decision != "" {
		t.Errorf("logged %+v, want a failure after the decision", last)
	}
}

func TestBrokenUpstreamIsARetryableError(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"reset":              reset,
		"garbage":            raw("\x16\x03\x01 what?\r\n\r\n"),
		"another protocol":   raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
		"oversized headers":  raw("HTTP/1.1 200 OK\r\nX-Big: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"),
		"two lengths":        raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
		"closed in a header": raw("HTTP/1.1 200 OK\r\nContent-Le"),
	} {
		t.Run(name, func(t *testing.T) {
			f := startFake(t, map[string]http.HandlerFunc{"GetItem": answer})
			g := gate(t, f.url)
			call(t, g, sessionOf(t, g, "yellow"), "GetItem", getYellow, nil, nil).want(t, 500, "InternalServerError")
			if last := logged(t, g); last.Code != "InternalServerError" || last.Reason == "" {
				t.Errorf("logged %+v, want why", last)
			}
		})
	}
}

func TestUpstreamThatDoesNotTellItsTableIsNotDecidedUpon(t *testing.T) {
	for name, tc := range map[string]struct {
		operation string
		answer    http.HandlerFunc
		status    int
		code      string
	}{
		"no JSON":           {"DescribeTable", says(200, "<html>"), 500, "InternalServerError"},
		"nothing":           {"DescribeTable", says(200, ""), 500, "InternalServerError"},
		"no table":          {"DescribeTable", says(200, "{}"), 500, "InternalServerError"},
		"another table":     {"DescribeTable", says(200, strings.ReplaceAll(notesTable, "Notes", "Other")), 500, "InternalServerError"},
		"no partition key":  {"DescribeTable", says(200, strings.ReplaceAll(notesTable, "HASH", "RANGE")), 500, "InternalServerError"},
		"two of them":       {"DescribeTable", says(200, strings.ReplaceAll(notesTable, "RANGE", "HASH")), 500, "InternalServerError"},
		"one index twice":   {"DescribeTable", says(200, strings.ReplaceAll(notesTable, "ByDate", "ByOwner")), 500, "InternalServerError"},
		"doubled members":   {"DescribeTable", says(200, strings.Replace(notesTable, `{"Table":`, `{"Table":{},"Table":`, 1)), 500, "InternalServerError"},
		"an endless answer": {"DescribeTable", says(200, notesTable+strings.Repeat(" ", 1<<20)+"x"), 500, "InternalServerError"},
		"an error of its":   {"DescribeTable", says(500, `{"__type":"x#InternalServerError"}`), 503, "ServiceUnavailable"},
		"away behind it":    {"DescribeTable", says(502, "<html>"), 503, "ServiceUnavailable"},
		"a refusal":         {"DescribeTable", says(400, `{"__type":"x#AccessDeniedException"}`), 500, "InternalServerError"},
		"a bare refusal":    {"DescribeTable", says(404, `{}`), 500, "InternalServerError"},
		"reset":             {"DescribeTable", reset, 500, "InternalServerError"},
		"half of it":        {"DescribeTable", raw("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"), 500, "InternalServerError"},
		"no tags":           {"ListTagsOfResource", says(400, `{"__type":"x#ResourceNotFoundException"}`), 500, "InternalServerError"},
		"endless tags":      {"ListTagsOfResource", says(200, `{"Tags":[],"NextToken":"x"}`), 500, "InternalServerError"},
	} {
		t.Run(name, func(t *testing.T) {
			f := startFake(t, map[string]http.HandlerFunc{tc.operation: tc.answer})
			g := gate(t, f.url)
			call(t, g, sessionOf(t, g, "yellow"), "GetItem", getYellow, nil, nil).want(t, tc.status, tc.code)
			call(t, g, localawstest.Root, "ListTables", `{}`, nil, nil).want(t, 200, "")
			if got := f.count("GetItem"); got != 0 {
				t.Errorf("forwarded %d GetItem, want none", got)
			}
		})
	}
}

func TestAnswerThatBreaksOffIsCutForTheCaller(t *testing.T) {
	for name, answer := range map[string]string{
		"counted": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"Item\"",
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n{\"Item\"\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := startFake(t, map[string]http.HandlerFunc{"GetItem": raw(answer)})
			g := gate(t, f.url)
			got := call(t, g, localawstest.Root, "GetItem", getYellow, nil, nil)
			if got.status != 200 || got.err == nil || got.body != `{"Item"` {
				t.Errorf("got %d %q, %v, want half an answer and an error", got.status, got.body, got.err)
			}
			if last := logged(t, g); !strings.Contains(last.Reason, "broke off") {
				t.Errorf("logged %+v, want that it broke off", last)
			}
		})
	}
}

func TestAnswerIsPassedOnAsItComes(t *testing.T) {
	read := make(chan struct{})
	large := strings.Repeat("x", 8<<20)
	f := startFake(t, map[string]http.HandlerFunc{"GetItem": func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-read:
			_, _ = io.WriteString(w, large)
		case <-r.Context().Done():
		}
	}})
	g := gate(t, f.url)
	response, err := client.RoundTrip(signed(t, g, localawstest.Root, "GetItem", getYellow, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, 5)
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "first" {
		t.Fatalf("got %q, %v, want the first piece while the second is not there yet", first, err)
	}
	close(read)
	rest, err := io.ReadAll(response.Body)
	if err != nil || string(rest) != large {
		t.Fatalf("got %d bytes, %v, want %d", len(rest), err, len(large))
	}
}

func TestCallerThatGoesAwayEndsTheUpstreamsRequest(t *testing.T) {
	arrived, ended := make(chan struct{}), make(chan struct{})
	f := startFake(t, map[string]http.HandlerFunc{"GetItem": func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(ended)
	}})
	g := gate(t, f.url)
	ctx, leave := context.WithCancel(t.Context())
	r := signed(t, g, localawstest.Root, "GetItem", getYellow, nil).WithContext(ctx)
	gone := make(chan error, 1)
	go func() {
		response, err := client.RoundTrip(r)
		if err == nil {
			response.Body.Close()
		}
		gone <- err
	}()
	<-arrived
	leave()
	<-ended
	if err := <-gone; err == nil {
		t.Error("got an answer, want none")
	}
}
