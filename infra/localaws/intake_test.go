package localaws_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// unfinished opens a connection, sends the header of r, which declares a body of size bytes, and the first sent of them.
// The body's hash is signed wrongly, which no header shows.
func unfinished(t *testing.T, l *localawstest.Local, r *http.Request, c localawstest.Credentials, size, sent int) net.Conn {
	t.Helper()
	if c != (localawstest.Credentials{}) {
		if err := sigv4.Sign(r, nil, sigv4.Credentials(c), l.Region, "dynamodb", l.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return rawRequest(t, r, size, sent)
}

func rawRequest(t *testing.T, r *http.Request, size, sent int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var head strings.Builder
	fmt.Fprintf(&head, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.URL.Host, size)
	if err := r.Header.Write(&head); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, head.String()+"\r\n"+strings.Repeat(" ", sent)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// answered returns the status of the answer on conn and what follows, or 0 where none comes.
func answered(t *testing.T, conn net.Conn) (int, string) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(body)
}

func batch(t *testing.T, l *localawstest.Local) *http.Request {
	t.Helper()
	return request(t, l, "", func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.BatchWriteItem") })
}

func TestWhatTheHeadersDecideIsDecidedBeforeTheBody(t *testing.T) {
	l := localawstest.Start(t)
	l.Load(t, notes)
	yellow := sessionOf(t, l, "yellow")
	broken, unknown := yellow, localawstest.Root
	broken.SessionToken = "e30=" + yellow.SessionToken
	unknown.AccessKeyID = "AKIAIOSFODNN7EXAMPLE"
	for name, test := range map[string]struct {
		by    localawstest.Credentials
		spoil func(*http.Request)
		code  string
	}{
		"no signature":       {code: "MissingAuthenticationTokenException"},
		"an unknown key":     {by: unknown, code: "UnrecognizedClientException"},
		"a token not ours":   {by: broken, code: "UnrecognizedClientException"},
		"an old signature":   {by: localawstest.Root, spoil: func(r *http.Request) { r.Header.Set("X-Amz-Date", "20200101T000000Z") }, code: "InvalidSignatureException"},
		"another region":     {by: localawstest.Root, spoil: rescope("/us-east-1/", "/eu-west-1/"), code: "InvalidSignatureException"},
		"another service":    {by: localawstest.Root, spoil: rescope("/dynamodb/", "/sts/"), code: "InvalidSignatureException"},
		"a body of a header": {by: localawstest.Root, spoil: func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, code: "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			r := batch(t, l)
			if test.by != (localawstest.Credentials{}) {
				if err := sigv4.Sign(r, nil, sigv4.Credentials(test.by), l.Region, "dynamodb", l.Now()); err != nil {
					t.Fatal(err)
				}
			}
			if test.spoil != nil {
				test.spoil(r)
			}
			if status, body := answered(t, rawRequest(t, r, 16<<20, 100)); status != 400 || !strings.Contains(body, test.code) {
				t.Errorf("got %d %s, want 400 %s before the body is whole", status, body, test.code)
			}
		})
	}
	for name, by := range map[string]localawstest.Credentials{"root": localawstest.Root, "a session": yellow} {
		conn := unfinished(t, l, batch(t, l), by, 100, 100)
		if status, body := answered(t, conn); status != 400 || !strings.Contains(body, "InvalidSignatureException") {
			t.Errorf("control, %s: got %d %s, want that the body is read and then its signature refused", name, status, body)
		}
	}
}

// rescope changes the scope that a signature names.
func rescope(from, to string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

// TestUnsignedBodiesTakeNothingFromSignedOnes: AssumeRoleWithWebIdentity names its operation in the body, which is read unsigned.
func TestUnsignedBodiesTakeNothingFromSignedOnes(t *testing.T) {
	l := localawstest.Start(t)
	unsigned := func(sent int) net.Conn {
		r := request(t, l, "", nil)
		r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		return rawRequest(t, r, 64<<10, sent)
	}
	for range 20 << 20 / (64 << 10) {
		unsigned(1)
	}
	full := false
	for range 4 { // the first may be on their way still
		status, _ := answered(t, unsigned(1))
		full = full || status == 503
	}
	if !full {
		t.Error("no unsigned body beyond the budget was refused")
	}
	large := strings.Repeat(" ", 16<<20)
	r := request(t, l, large, func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.BatchWriteItem") })
	if status, _ := l.Do(t, r, []byte(large), localawstest.Root, "dynamodb"); status != 400 { // it is no JSON
		t.Errorf("a signed body while unsigned ones are held: got %d, want that it is read", status)
	}
}

func TestBodiesInFlightHaveABudget(t *testing.T) {
	l := localawstest.Start(t)
	first := unfinished(t, l, batch(t, l), localawstest.Root, 16<<20, 1<<20)
	// What is beyond the budget is refused at once. The first may be on its way still when the next comes.
	full := false
	for range 4 {
		status, body := answered(t, unfinished(t, l, batch(t, l), localawstest.Root, 16<<20, 0))
		full = full || status == 503 && strings.Contains(body, "ServiceUnavailable")
	}
	if !full {
		t.Fatal("no body beyond the budget was refused")
	}
	// The usual request needs no share of it.
	if status, body := l.Do(t, request(t, l, "{}", nil), []byte("{}"), localawstest.Root, "dynamodb"); status != 200 {
		t.Errorf("while the budget is used up: got %d %s, want 200", status, body)
	}
	_ = first.Close()
	large := strings.Repeat(" ", 16<<20)
	again := func() int {
		r := request(t, l, large, func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.BatchWriteItem") })
		status, _ := l.Do(t, r, []byte(large), localawstest.Root, "dynamodb")
		return status
	}
	status := again()
	for range 20 {
		if status != 503 {
			break
		}
		status = again()
	}
	if status != 400 { // it is no JSON
		t.Errorf("after the connection was closed: got %d, want that the budget is free again", status)
	}
}
