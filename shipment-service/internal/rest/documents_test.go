package rest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/openapi/openapitest"
	"example.com/shiptrack/pkg/problem"
)

const pod = "/shipments/1001/documents/pod.pdf"

func (s *service) bearer() string { return "Authorization: Bearer " + s.issuer.Token("yellow", "ana") }

// put sends a document, or a part of it.
func (s *service) put(content string, header ...string) openapitest.Answer {
	s.t.Helper()
	lines := append([]string{s.bearer(), "Content-Type: application/pdf", fmt.Sprintf("Content-Length: %d", len(content))}, header...)
	return s.Do(s.t, http.MethodPut, pod, append(lines, "", content)...)
}

func TestDocumentIsPassedOnWithWhatIsSaidOfIt(t *testing.T) {
	s := start(t)
	s.tracking.will(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Content-Type": "application/pdf", "ETag": `"1"`, "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT", "Accept-Ranges": "bytes",
			"Content-Disposition": `attachment; filename="pod.pdf"`, "Content-Range": "bytes 2-4/10", "X-Secret": "s", "Set-Cookie": "a=b",
		} {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Length", "3")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = io.WriteString(w, "234")
	})
	header := []string{
		"Range: bytes=2-4", `If-Range: "1"`, `If-Match: "1"`, `If-Match: "2"`, `If-None-Match: "3"`,
		"If-Modified-Since: Sun, 01 Mar 2026 12:00:00 GMT", "If-Unmodified-Since: Sun, 01 Mar 2026 12:00:01 GMT",
	}
	a := s.get(pod, header...)
	if a.StatusCode != http.StatusPartialContent || string(a.Content) != "234" || a.Header.Get("Content-Range") != "bytes 2-4/10" || a.Header.Get("Etag") != `"1"` ||
		a.Header.Get("Content-Disposition") != `attachment; filename="pod.pdf"` || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v %s", a.StatusCode, a.Header, a.Content)
	}
	if a.Header.Get("X-Secret") != "" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("passed on more than is said of the document: %v", a.Header)
	}
	asked := s.tracking.requests()
	if len(asked) != 1 || asked[0].URL.String() != pod || !strings.HasPrefix(asked[0].Header.Get("Authorization"), "Bearer ") || asked[0].Header.Get("X-Request-Timeout-Ms") != "" {
		t.Fatalf("asked %v", asked)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		if got := asked[0].Header.Get(name); got != value && got != `"1", "2"` {
			t.Errorf("passed on %s: %q, want %q", name, got, value)
		}
	}
	s.get(pod)
	if h := s.tracking.requests()[1].Header; h.Get("Range")+h.Get("If-Match")+h.Get("If-None-Match") != "" {
		t.Errorf("conditions that nobody set: %v", h)
	}
}

func TestAnswersWithoutADocumentArePassedOn(t *testing.T) {
	s := start(t)
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		header []string
		want   int
	}{
		"not modified":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, []string{`If-None-Match: "1"`}, 304},
		"304 to no one":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, nil, 500},
		"206 to no range":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusPartialContent) }, nil, 500},
		"of unknown length": {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, nil, 500},
		"not found":         {failing(problem.New(problem.NotFound, "no such document")), nil, 404},
		"precondition":      {failing(problem.New(problem.PreconditionFailed, "another")), []string{`If-Match: "1"`}, 412},
		"range":             {failing(problem.New(problem.RangeNotSatisfiable, "short")), []string{"Range: bytes=9-"}, 416},
		"denied":            {failing(problem.New(problem.Denied, "no")), nil, 403},
		"away":              {failing(problem.WrapUnavailable(nil, "away", 0)), nil, 503},
	} {
		s.tracking.will(tc.answer)
		if a := s.get(pod, tc.header...); a.StatusCode != tc.want {
			t.Errorf("%s: %d %s, want %d", name, a.StatusCode, a.Content, tc.want)
		}
	}
	s.tracking.will(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Range", "bytes */10")
		failing(problem.New(problem.RangeNotSatisfiable, "short"))(w, r)
	})
	if a := s.get(pod, "Range: bytes=99-"); a.Header.Get("Content-Range") != "bytes */10" {
		t.Errorf("416 without the length: %v", a.Header)
	}
}

func TestHeadAsksForAHead(t *testing.T) {
	s := start(t)
	s.tracking.will(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "14")
		w.Header().Set("Content-Type", "application/pdf")
	})
	a := s.Do(t, http.MethodHead, pod, s.bearer())
	if asked := s.tracking.requests(); a.StatusCode != http.StatusOK || a.Header.Get("Content-Length") != "14" || len(asked) != 1 || asked[0].Method != http.MethodHead {
		t.Errorf("%d %v, asked %v", a.StatusCode, a.Header, asked)
	}
	s.tracking.will(failing(problem.New(problem.NotFound, "no such document")))
	if a := s.Do(t, http.MethodHead, pod, s.bearer()); a.StatusCode != http.StatusNotFound {
		t.Errorf("of none: %d, want 404", a.StatusCode)
	}
}

// The first half has to arrive while the second one is not yet sent: in either direction.
func TestDocumentsAreStreams(t *testing.T) {
	const half = 1 << 20 // more than the buffers of a connection
	s := start(t)
	sent, received := make(chan struct{}), make(chan struct{})
	s.tracking.will(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(2*half))
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = w.Write(make([]byte, half))
		<-received
		_, _ = w.Write(make([]byte, half))
	})
	conn, body := s.open(t, "GET "+pod+" HTTP/1.1\r\nHost: x\r\n"+s.bearer()+"\r\n\r\n")
	resp, err := http.ReadResponse(body, nil)
	check(t, err)
	defer resp.Body.Close()
	_, err = io.ReadFull(resp.Body, make([]byte, half-4096))
	check(t, err)
	close(received)
	if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != half+4096 {
		t.Errorf("the second half has %d bytes, %v", n, err)
	}
	conn.Close()

	s.tracking.will(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadFull(r.Body, make([]byte, half-64<<10))
		check(t, err)
		close(sent)
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n != half+64<<10 || r.ContentLength != 2*half || r.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("the rest has %d bytes, %v; the request %d, %v", n, err, r.ContentLength, r.Header)
		}
		answering(http.StatusCreated, "application/json", fmt.Sprintf(`{"name":"pod.pdf","size":%d,"etag":"\"1\""}`, 2*half))(w, r)
	})
	conn, body = s.open(t, fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Type: application/pdf\r\nContent-Length: %d\r\n\r\n", pod, s.bearer(), 2*half))
	_, err = conn.Write(make([]byte, half))
	check(t, err)
	<-sent
	_, err = conn.Write(make([]byte, half))
	check(t, err)
	stored, err := http.ReadResponse(body, nil)
	check(t, err)
	defer stored.Body.Close()
	if stored.StatusCode != http.StatusCreated {
		t.Errorf("stored: %d", stored.StatusCode)
	}
}

// open sends the beginning of a request.
func (s *service) open(t *testing.T, beginning string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	check(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, beginning)
	check(t, err)
	return conn, bufio.NewReader(conn)
}

func TestDownloadThatBreaksOffIsNotMistakenForAWholeOne(t *testing.T) {
	s := start(t)
	s.tracking.will(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	_, body := s.open(t, "GET "+pod+" HTTP/1.1\r\nHost: x\r\n"+s.bearer()+"\r\n\r\n")
	resp, err := http.ReadResponse(body, nil)
	if err != nil {
		return // it broke off before the header left: no success either
	}
	defer resp.Body.Close()
	if content, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("%d %q and no error, want one", resp.StatusCode, content)
	}
}

// What the tracking service refuses it says before the body comes; what would change what is stored is its matter.
func TestUploadIsRefusedBeforeItsBodyAndNeverSentTwice(t *testing.T) {
	s := start(t)
	for name, tc := range map[string]struct {
		kind problem.Kind
		want int
	}{
		"too large": {problem.TooLarge, 413}, "type": {problem.UnsupportedMedia, 415}, "unknown": {problem.NotFound, 404},
		"there is one": {problem.PreconditionFailed, 412}, "away": {problem.Unavailable, 503}, "denied": {problem.Denied, 403},
	} {
		s.tracking.will(failing(problem.New(tc.kind, "why")))
		if a := s.put(strings.Repeat("x", 1<<20), "If-None-Match: *"); a.StatusCode != tc.want {
			t.Errorf("%s: %d %s, want %d", name, a.StatusCode, a.Content, tc.want)
		}
		if asked := s.tracking.requests(); len(asked) != 1 || asked[0].Header.Get("If-None-Match") != "*" || asked[0].Header.Get("Expect") != "100-continue" {
			t.Errorf("%s: asked %d times: %v", name, len(asked), asked)
		}
	}
	s.tracking.will(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if a := s.put("x"); a.StatusCode != http.StatusServiceUnavailable || len(s.tracking.requests()) != 1 {
		t.Errorf("a broken connection: %d, %d requests, want 503 after one", a.StatusCode, len(s.tracking.requests()))
	}
	s.tracking.will(failing(problem.InvalidField("If-Match", "is not supported")))
	if a := s.put("x", `If-Match: "1"`, "Content-Encoding: gzip", "Content-Range: bytes 0-0/2"); a.StatusCode != http.StatusBadRequest {
		t.Errorf("%d %s", a.StatusCode, a.Content)
	}
	if h := s.tracking.requests()[0].Header; h.Get("If-Match") != `"1"` || h.Get("Content-Encoding") != "gzip" || h.Get("Content-Range") == "" {
		t.Errorf("passed on %v", h)
	}
	if a := s.Do(t, http.MethodPut, pod, s.bearer(), "Content-Type: application/pdf"); a.StatusCode != http.StatusLengthRequired {
		t.Errorf("without a length: %d %s", a.StatusCode, a.Content)
	}
}

func TestClientThatIsGoneEndsTheUpload(t *testing.T) {
	s := start(t)
	ended := make(chan error, 1)
	s.tracking.will(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
	})
	conn, _ := s.open(t, "PUT "+pod+" HTTP/1.1\r\nHost: x\r\n"+s.bearer()+"\r\nContent-Type: application/pdf\r\nContent-Length: 1000000\r\n\r\nhalf")
	conn.Close()
	if err := <-ended; err == nil {
		t.Error("the tracking service got a whole body")
	}
}

func TestListOfDocumentsIsPassedOn(t *testing.T) {
	s := start(t)
	const list = `{"documents":[{"name":"pod.pdf","contentType":"application/pdf","size":10,"etag":"\"1\"","lastModified":"2026-03-01T12:00:00Z"}],"truncated":false}`
	s.tracking.will(answering(http.StatusOK, "application/json", list))
	if a := s.get("/shipments/1001/documents"); a.StatusCode != http.StatusOK || !sameJSON(t, a.Content, list) {
		t.Errorf("%d %s", a.StatusCode, a.Content)
	}
	for _, bad := range []string{`{}`, `{"documents":null,"truncated":false}`, `{"documents":[{"name":"","size":1,"etag":"x"}],"truncated":false}`} {
		s.tracking.will(answering(http.StatusOK, "application/json", bad))
		if a := s.get("/shipments/1001/documents"); a.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: %d %s, want 500", bad, a.StatusCode, a.Content)
		}
	}
}
