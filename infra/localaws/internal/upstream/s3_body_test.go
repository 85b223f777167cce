package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func TestLastByteIsKeptBackUntilTheBodyHasProved(t *testing.T) {
	wrong := errors.New("another body")
	for _, text := range []string{"a", "ab", strings.Repeat("abc", 50_000)} {
		for name, from := range map[string]func(io.Reader) io.Reader{
			"as it comes": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "halves": iotest.HalfReader, "data with the end": iotest.DataErrReader,
		} {
			b := newSending(from(strings.NewReader(text)), newDeadline(func(error) {}))
			if got, err := io.ReadAll(b); err != nil || string(got) != text || !b.whole {
				t.Errorf("%s, %d bytes: got %d, %v", name, len(text), len(got), err)
			}
			b = newSending(io.MultiReader(from(strings.NewReader(text)), iotest.ErrReader(wrong)), newDeadline(func(error) {}))
			if got, err := io.ReadAll(b); !errors.Is(err, wrong) || len(got) >= len(text) || b.whole || !errors.Is(b.err, wrong) {
				t.Errorf("%s, %d bytes of another body: got %d, %v", name, len(text), len(got), err)
			}
		}
	}
	// A transport asks for no byte more than it has announced.
	b, piece := newSending(strings.NewReader("abc"), newDeadline(func(error) {})), make([]byte, 1)
	for i := range 3 {
		if n, err := io.ReadFull(b, piece); n != 1 || err != nil || piece[0] != "abc"[i] {
			t.Errorf("byte %d: got %d %q, %v", i, n, piece, err)
		}
	}
}

func TestSendingTakesNoMemoryForItsPieces(t *testing.T) {
	from := bytes.NewReader(make([]byte, 8<<20))
	b, piece := newSending(from, newDeadline(func(error) {})), make([]byte, 32<<10)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := b.Read(piece); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations per piece, want none", n)
	}
}

// taking is a transport in a bubble that reads a body of a request as read says, and answers.
type taking struct {
	read func(context.Context, io.Reader) error
}

func (s taking) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	if err := s.read(r.Context(), r.Body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

func newS3(t *testing.T, transport http.RoundTripper) *S3 {
	t.Helper()
	s, err := NewS3(Config{Address: &url.URL{Scheme: "http", Host: "upstream"}, Region: "us-east-1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.endpoint.transport = transport
	return s
}

func TestUploadMayTakeAsLongAsItGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newS3(t, taking{func(ctx context.Context, body io.Reader) error {
			piece := make([]byte, 1<<10)
			for {
				time.Sleep(headerTime - time.Second)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if _, err := body.Read(piece); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
			}
		}})
		start := time.Now()
		response, err := s.send(t.Context(), &outgoing{method: "PUT", bucket: "bkt", key: "k", body: bytes.NewReader(make([]byte, 10<<10)), size: 10 << 10, header: http.Header{}})
		if err != nil || time.Since(start) < 5*headerTime {
			t.Fatalf("after %v: %v, want an answer after all pieces", time.Since(start), err)
		}
		response.Body.Close()
	})
}

func TestUpstreamThatDoesNotTakeABodyIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newS3(t, taking{func(ctx context.Context, body io.Reader) error {
			_, _ = body.Read(make([]byte, 10))
			<-ctx.Done()
			return ctx.Err()
		}})
		start := time.Now()
		_, err := s.send(t.Context(), &outgoing{method: "PUT", bucket: "bkt", key: "k", body: strings.NewReader("a body"), size: 6, header: http.Header{}}) //nolint:bodyclose // there is none
		f, ok := errors.AsType[*failure](inS3(err))
		if !ok || f.answer.Code != "InternalError" || !errors.Is(err, errLate) || time.Since(start) != headerTime {
			t.Errorf("after %v: %v, want a failure after %v", time.Since(start), err, headerTime)
		}
	})
}

func TestObjectThatStallsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newS3(t, stalling{})
		response, err := s.send(t.Context(), &outgoing{method: "GET", bucket: "bkt", key: "k", header: http.Header{}})
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		start := time.Now()
		if _, err := io.ReadAll(response.Body); !errors.Is(err, errStalled) || time.Since(start) != stallTime {
			t.Errorf("after %v: %v, want %v after %v", time.Since(start), err, errStalled, stallTime)
		}
	})
}

// stalling is a transport in a bubble whose answer has a length, and no bytes.
type stalling struct{}

func (stalling) RoundTrip(r *http.Request) (*http.Response, error) {
	from, to := io.Pipe()
	context.AfterFunc(r.Context(), func() { to.CloseWithError(r.Context().Err()) })
	return &http.Response{StatusCode: http.StatusOK, Body: from, ContentLength: 10, Header: http.Header{}, Request: r}, nil
}
