package framing_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
	"example.com/shiptrack/infra/localaws/internal/framing"
)

const (
	get   = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
	post  = "POST / HTTP/1.1\r\nHost: x\r\n"
	chunk = "Transfer-Encoding: chunked\r\n"
)

var requests = map[string]struct {
	sent string
	want []string // the statuses of the answers
}{
	"two requests":              {get + get, []string{"200", "200"}},
	"a body":                    {post + "Content-Length: 5\r\n\r\n0\r\n\r\n" + get, []string{"200", "200"}},
	"a body like a header":      {post + "Content-Length: 31\r\n\r\nContent-Length: 5\r\n" + "X-Header: 1\r\n" + get, []string{"200", "200"}},
	"the same length twice":     {post + "Content-Length: 1\r\ncontent-length: 1\r\n\r\nx" + get, []string{"200", "200"}},
	"a line end between":        {post + "Content-Length: 1\r\n\r\nx\r\n" + get, []string{"200", "200"}},
	"bare line feeds":           {"POST / HTTP/1.1\nHost: x\nContent-Length: 1\n\nx" + get, []string{"200", "200"}},
	"a long header":             {post + "X-Long: " + strings.Repeat("x", 5000) + "\r\n\r\n" + get, []string{"200", "200"}},
	"chunks":                    {post + chunk + "\r\n1\r\nx\r\n0\r\n\r\n" + get, []string{"200"}}, // the last one: see Handler
	"options":                   {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" + get, []string{"200", "200"}},
	"length and chunks":         {post + "Content-Length: 5\r\n" + chunk + "\r\n0\r\n\r\n" + get, []string{"400"}},
	"chunks and length":         {post + chunk + "Content-Length: 5\r\n\r\n0\r\n\r\n" + get, []string{"400"}},
	"in other cases":            {post + "TRANSFER-ENCODING: Chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n" + get, []string{"400"}},
	"with bare line feeds":      {post + "Content-Length: 5\nTransfer-Encoding: chunked\n\n0\r\n\r\n" + get, []string{"400"}},
	"behind another request":    {get + post + "Content-Length: 5\r\n" + chunk + "\r\n0\r\n\r\n" + get, []string{"200", "400"}},
	"behind a body":             {post + "Content-Length: 3\r\n\r\nabc" + post + "Content-Length: 5\r\n" + chunk + "\r\n0\r\n\r\n" + get, []string{"200", "400"}},
	"chunks in HTTP/1.0":        {"POST / HTTP/1.0\r\nConnection: keep-alive\r\n" + chunk + "\r\n0\r\n\r\n" + get, []string{"400"}},
	"a folded length":           {post + "Content-Length:\r\n 5\r\n" + chunk + "\r\n0\r\n\r\n" + get, []string{"400"}},
	"a length of many zeros":    {post + "Content-Length: " + strings.Repeat("0", 100) + "5\r\n\r\n12345" + get, []string{"400"}},
	"two lengths":               {post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n12" + get, []string{"400"}},
	"no number":                 {post + "Content-Length: 0x1\r\n\r\n1" + get, []string{"400"}},
	"a blank before the colon":  {post + "Content-Length : 1\r\n\r\n1" + get, []string{"400"}},
	"many lines":                {post + strings.Repeat("X: 1\r\n", framing.MaxLines-1) + "\r\n" + get, []string{"200", "200"}},
	"too many lines":            {post + strings.Repeat("X: 1\r\n", framing.MaxLines) + "\r\n" + get, []string{"431"}},
	"too many, unfinished":      {post + strings.Repeat("X:\r\n", framing.MaxLines), []string{"431"}},
	"too many behind a request": {get + post + strings.Repeat("X: 1\n", framing.MaxLines) + "\n" + get, []string{"200", "431"}},
	"a body of many lines":      {post + "Content-Length: 200\r\n\r\n" + strings.Repeat("\n", 200) + get, []string{"200", "200"}},
	"an encoding of both names": {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + get, []string{"501"}},
}

// serve answers every request that net/http reads.
func serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // what cannot be read is not answered
	})}
	go func() { _ = s.Serve(framing.Apply(s, l)) }() // until it is closed
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

func TestRequestWithTwoPossibleEndsIsRefused(t *testing.T) {
	address := serve(t)
	for name, test := range requests {
		for _, step := range []int{len(test.sent), 1} { // in one piece, and byte by byte
			if got := send(t, address, test.sent, step); !slices.Equal(got, test.want) {
				t.Errorf("%s, %d bytes at a time: got %v, want %v", name, step, got, test.want)
			}
		}
	}
}

// send returns the statuses of the answers.
func send(t *testing.T, address, text string, step int) []string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		for piece := range slices.Chunk([]byte(text), step) {
			if _, err := c.Write(piece); err != nil {
				return // the server closed
			}
		}
		_ = c.(*net.TCPConn).CloseWrite() // it may be closed
	}()
	var statuses []string
	for answers := bufio.NewReader(c); ; {
		r, err := http.ReadResponse(answers, nil)
		if err != nil {
			return statuses
		}
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
		statuses = append(statuses, r.Status[:3])
	}
}

// FuzzRequests: of no request that net/http reads through the listener two ends are possible.
func FuzzRequests(f *testing.F) {
	for _, test := range requests {
		f.Add([]byte(test.sent))
	}
	length, encoding := regexp.MustCompile(`(?im)^content-length:`), regexp.MustCompile(`(?im)^transfer-encoding:`)
	http10 := regexp.MustCompile(`^[^\n]* HTTP/1\.0\r?\n`)
	f.Fuzz(func(t *testing.T, sent []byte) {
		alloctest.Bound(t, len(sent), func() {
			for _, head := range headers(sent) {
				if encoding.MatchString(head) && (length.MatchString(head) || http10.MatchString(head)) {
					t.Errorf("a request of two possible ends is read: %q", head)
				}
			}
		})
	})
}

// headers are the headers of the requests that net/http reads from a connection.
func headers(sent []byte) (heads []string) {
	l := framing.Listener{Listener: one{text{rest: bytes.NewReader(sent)}}}
	c, err := l.Accept()
	if err != nil {
		return nil
	}
	var passed bytes.Buffer
	from := bufio.NewReader(io.TeeReader(c, &passed))
	for {
		begin := passed.Len() - from.Buffered()
		r, err := http.ReadRequest(from)
		if err != nil {
			return heads
		}
		heads = append(heads, passed.String()[begin:passed.Len()-from.Buffered()])
		if _, err := io.Copy(io.Discard, r.Body); err != nil || len(r.TransferEncoding) > 0 {
			return heads
		}
	}
}

// one is a listener with one connection.
type one struct{ net.Conn }

func (l one) Accept() (net.Conn, error) { return l.Conn, nil }
func (one) Addr() net.Addr              { return nil }

// text is a connection that is only read.
type text struct {
	net.Conn
	rest *bytes.Reader
}

func (t text) Read(p []byte) (int, error) { return t.rest.Read(p) }
