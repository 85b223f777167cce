package upstream_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// startS3 starts a gateway in front of an S3 that answers as the handler does; nil: as an S3 that has every bucket, and no object.
func startS3(t *testing.T, by map[string]http.HandlerFunc) *objects {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer := by[r.Method+" "+r.URL.Path]; answer != nil {
			answer(w, r)
		} else if strings.Count(r.URL.Path, "/") > 1 {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return objectsAt(t, server.URL)
}

const target = "/" + bucket + "/a"

// known answers HEAD as an S3 does that has the object.
func known(o *objects, size int) http.HandlerFunc {
	var once sync.Once
	protectedBy := ""
	return func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { protectedBy = protectionOf(o) })
		w.Header().Set(protection, protectedBy)
		w.Header().Set("Content-Length", fmt.Sprint(size))
		w.Header().Set("Etag", `"e"`)
	}
}

// protectionOf is what a gateway writes for an object without a key.
func protectionOf(o *objects) string {
	o.Helper()
	var got string
	at := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get(protection) }))
	defer at.Close()
	other := objectsAt(o, at.URL)
	other.want(other.ask("PUT", target, "x", localawstest.Root), 200, "")
	return got
}

func TestS3UpstreamAwayIsARetryableError(t *testing.T) {
	away := httptest.NewServer(http.NotFoundHandler())
	away.Close()
	o := objectsAt(t, away.URL)
	for _, method := range []string{"GET", "PUT", "HEAD", "DELETE"} {
		code := "ServiceUnavailable"
		if method == "HEAD" {
			code = ""
		}
		got := o.want(o.ask(method, target, "", localawstest.Root), 503, code)
		if last := logged(t, o.gateway); last.Code != "ServiceUnavailable" || !strings.Contains(last.Reason, "connection refused") || strings.Contains(got.body, "refused") {
			t.Errorf("%s: answered %s, logged %+v, want why in the log alone", method, got.body, last)
		}
	}
	ready := func(o *objects) int {
		response, err := http.Get(o.gateway.URL + "/_localaws/ready")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if got := ready(o); got != 503 {
		t.Errorf("ready: %d, want 503", got)
	}
	if got := ready(startObjects(t)); got != 200 {
		t.Errorf("control: ready: %d, want 200", got)
	}
}

func TestBrokenS3UpstreamIsARetryableError(t *testing.T) {
	status := func(n int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(n)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		status int
		code   string
	}{
		"reset":              {reset, 500, "InternalError"},
		"garbage":            {raw("\x16\x03\x01 what?\r\n\r\n"), 500, "InternalError"},
		"another protocol":   {raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), 500, "InternalError"},
		"oversized headers":  {raw("HTTP/1.1 200 OK\r\nX-Big: " + strings.Repeat("x", 1<<20) + "\r\n\r\n"), 500, "InternalError"},
		"without an end":     {raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf"), 500, "InternalError"},
		"its own failure":    {status(500, "<Error><Code>InternalError</Code></Error>"), 500, "InternalError"},
		"away behind it":     {status(502, "<html>"), 503, "ServiceUnavailable"},
		"too many requests":  {status(503, "<Error><Code>SlowDown</Code></Error>"), 503, "ServiceUnavailable"},
		"a redirection":      {status(307, ""), 500, "InternalError"},
		"an error of nobody": {status(400, "<html>no S3</html>"), 500, "InternalError"},
		"an error with text": {status(400, "<Error><Code>no code</Code></Error>"), 500, "InternalError"},
		"control":            {status(409, "<Error><Code>OperationAborted</Code><Message>Again.</Message></Error>"), 409, "OperationAborted"},
	} {
		t.Run(name, func(t *testing.T) {
			o := startS3(t, map[string]http.HandlerFunc{"GET /" + bucket: tc.answer, "PUT " + target: tc.answer, "DELETE " + target: tc.answer})
			for _, line := range []string{"GET /" + bucket + "?list-type=2", "PUT " + target, "DELETE " + target} {
				method, target, _ := strings.Cut(line, " ")
				o.want(o.ask(method, target, map[string]string{"PUT": "a body"}[method], localawstest.Root), tc.status, tc.code)
				if last := logged(t, o.gateway); tc.status >= 500 && (last.Code != tc.code || last.Reason == "") {
					t.Errorf("%s: logged %+v, want why", line, last)
				}
			}
		})
	}
}

func TestObjectThatBreaksOffIsCutForTheCaller(t *testing.T) {
	for name, answer := range map[string]string{
		"counted": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it",
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf of it\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			by := map[string]http.HandlerFunc{"GET " + target: raw(answer)}
			o := startS3(t, by)
			by["HEAD "+target] = known(o, 100)
			got := o.ask("GET", target, "", localawstest.Root)
			if got.err == nil {
				t.Errorf("got %d %q, want a broken connection", got.status, got.body)
			}
			if last := logged(t, o.gateway); !strings.Contains(last.Reason, "broke off") {
				t.Errorf("logged %+v, want that it broke off", last)
			}
		})
	}
}

func TestUpstreamThatTakesTwoKeysForOneIsFoundOut(t *testing.T) {
	by := map[string]http.HandlerFunc{}
	o := startS3(t, by)
	of := known(o, 0)
	by["HEAD "+target], by["GET "+target] = of, of
	o.want(o.ask("GET", target, "", localawstest.Root), 200, "")
	by["HEAD "+target+"/../b"], by["GET "+target+"/../b"] = of, of
	o.want(o.ask("GET", target+"/../b", "", localawstest.Root), 500, "InternalError")
}

func TestAnswerBeforeTheEndOfTheBodyIsNoSuccess(t *testing.T) {
	large := strings.Repeat("x", 8<<20)
	for name, tc := range map[string]struct {
		answer string
		status int
		code   string
	}{
		"an error":  {"HTTP/1.1 404 Not Found\r\nContent-Length: 40\r\n\r\n<Error><Code>NoSuchBucket</Code></Error>", 404, "NoSuchBucket"},
		"a success": {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 500, "InternalError"},
	} {
		t.Run(name, func(t *testing.T) {
			// The answer stands in the connection before the body; the rest of the connection stays unread.
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				for {
					c, err := listener.Accept()
					if err != nil {
						return
					}
					t.Cleanup(func() { c.Close() })
					_, _ = io.ReadAtLeast(c, make([]byte, 1024), 256)
					_, _ = io.WriteString(c, tc.answer)
				}
			}()
			o := objectsAt(t, "http://"+listener.Addr().String())
			got := o.ask("PUT", target, large, localawstest.Root)
			if got.err == nil { // else the connection was closed while the caller was still sending
				o.want(got, tc.status, tc.code)
			}
			if last := logged(t, o.gateway); last.Operation != "PutObject" || tc.status == 500 && last.Code != tc.code {
				t.Errorf("logged %+v, want %s", last, tc.code)
			}
		})
	}
}

// received is what an upstream got of a body.
type received struct {
	bytes int64
	err   error
}

func TestBodyThatIsCutOffIsCutForTheUpstream(t *testing.T) {
	got := make(chan received, 1)
	o := startS3(t, map[string]http.HandlerFunc{"PUT " + target: func(_ http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		got <- received{n, err}
	}})
	text := strings.Repeat("x", 1<<20)
	o.want(o.ask("PUT", target, text, localawstest.Root), 200, "")
	if whole := <-got; whole.err != nil || whole.bytes != 1<<20 {
		t.Fatalf("control: the upstream got %+v", whole)
	}
	r := request(t, o.gateway, "PUT", target, nil)
	r.ContentLength = int64(len(text))
	if err := o.gateway.Sign(r, []byte(text), localawstest.Root, "s3"); err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(text[:700_000]), broken{}))
	if a := sent(r); a.err == nil {
		t.Errorf("got %d, want a broken connection", a.status)
	}
	if half := <-got; half.err == nil {
		t.Errorf("the upstream got %d bytes as a whole body", half.bytes)
	}
	// Whatever is wrong with the end, the upstream has not got it.
	o.want(o.ask("PUT", target, text, localawstest.Root, "X-Amz-Checksum-Crc32", base64.StdEncoding.EncodeToString(binaryCRC32("other"))), 400, "BadDigest")
	if half := <-got; half.err == nil {
		t.Errorf("the upstream got %d bytes as a whole body", half.bytes)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the caller's network is gone") }

func TestCallerOfS3ThatGoesAwayEndsTheUpstreamsRequest(t *testing.T) {
	by := map[string]http.HandlerFunc{}
	o := startS3(t, by)
	for name, answer := range map[string]func(http.ResponseWriter){
		"before the answer": func(http.ResponseWriter) {},
		"within the answer": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000000000")
			_, _ = io.WriteString(w, "begun")
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			arrived, ended := make(chan struct{}), make(chan struct{})
			by["HEAD "+target] = known(o, 1_000_000_000)
			by["GET "+target] = func(w http.ResponseWriter, r *http.Request) {
				answer(w)
				close(arrived)
				piece := make([]byte, 1<<20)
				for name == "within the answer" && r.Context().Err() == nil {
					if _, err := w.Write(piece); err != nil {
						break
					}
				}
				<-r.Context().Done()
				close(ended)
			}
			ctx, leave := context.WithCancel(t.Context())
			r := request(t, o.gateway, "GET", target, nil)
			if err := o.gateway.Sign(r, nil, localawstest.Root, "s3"); err != nil {
				t.Fatal(err)
			}
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				if response, err := client.RoundTrip(r.WithContext(ctx)); err == nil {
					<-ctx.Done()
					response.Body.Close()
				}
			}()
			<-arrived
			leave()
			<-ended
			<-gone
		})
	}
}
