package openapitest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/problem"
)

// Client sends requests byte for byte to a server under test, without the clean-up of an HTTP library, and compares
// each answer with the document.
type Client struct {
	Addr     string
	Document *Document
	// HalfClose ends the client's side of the connection after each request (TCP's half-close), and then reads.
	HalfClose bool
}

// Answer is what came back.
type Answer struct {
	*http.Response
	Content []byte // the whole body
}

// Do sends a request with target and header lines as they are, on a new connection. Where the document has the
// target but not the answer, it fails the test.
func (c Client) Do(t testing.TB, method, target string, header ...string) Answer {
	t.Helper()
	conn, err := net.Dial("tcp", c.Addr)
	if err != nil {
		t.Fatalf("openapitest: %v", err)
	}
	defer conn.Close()
	lines := append([]string{method + " " + target + " HTTP/1.1", "Host: " + c.Addr, "Connection: close"}, header...)
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatalf("openapitest: %v", err)
	}
	if c.HalfClose {
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatalf("contracttest: %v", err)
		}
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("openapitest: %s %s: %v", method, target, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("openapitest: %s %s: %v", method, target, err)
	}
	if operation := c.Document.match(method, target); operation != "" {
		if err := c.Document.CheckResponse(operation, resp.StatusCode, resp.Header, body); err != nil {
			t.Errorf("%s %s: %v", method, target, err)
		}
	}
	return Answer{Response: resp, Content: body}
}

// match returns the operation that target is for, empty where there is none.
func (d *Document) match(method, target string) string {
	path, _, _ := strings.Cut(target, "?")
	segments := strings.Split(path, "/")
	for _, operation := range d.Operations() {
		verb, template, _ := strings.Cut(operation, " ")
		if parts := strings.Split(template, "/"); verb == method && len(parts) == len(segments) && fits(parts, segments) {
			return operation
		}
	}
	return ""
}

func fits(parts, segments []string) bool {
	for i, part := range parts {
		if isParameter := strings.HasPrefix(part, "{"); segments[i] != part && (!isParameter || segments[i] == "") {
			return false
		}
	}
	return true
}

// Problem returns the answer's problem document, and fails the test where it is none.
func (a Answer) Problem(t testing.TB) problem.Document {
	t.Helper()
	var doc problem.Document
	if err := json.Unmarshal(a.Content, &doc); err != nil || a.Header.Get("Content-Type") != problem.ContentType {
		t.Fatalf("%d %s %s: not a problem: %v", a.StatusCode, a.Header.Get("Content-Type"), a.Content, err)
	}
	return doc
}

// FirstField returns the name of the first field that the problem names, empty where there is none.
func (a Answer) FirstField(t testing.TB) string {
	t.Helper()
	if doc := a.Problem(t); len(doc.Errors) > 0 && doc.Errors[0].Reason != "" {
		return doc.Errors[0].Name
	}
	return ""
}

// WithoutRequestID returns the body less the id of its request, to compare bodies.
func (a Answer) WithoutRequestID(t testing.TB) string {
	t.Helper()
	return string(bytes.Replace(a.Content, []byte(a.Problem(t).RequestID), nil, 1))
}
