package upstream

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
)

// sending is the body of a request to the upstream. Its last byte is kept back until the caller's body has proved to be the one that
// was signed: a request whose body is cut off is not carried out.
//
// A transport may read a body after it has returned the answer. So the caller's body is free only once Close was called.
type sending struct {
	from   io.Reader
	late   *deadline
	closed chan struct{}
	close  func()

	held  byte
	holds bool
	whole bool  // from has ended, as it should
	err   error // of from
}

func newSending(from io.Reader, late *deadline) *sending {
	closed := make(chan struct{})
	return &sending{from: from, late: late, closed: closed, close: sync.OnceFunc(func() { close(closed) })}
}

func (b *sending) Read(p []byte) (int, error) {
	b.late.renew()
	if len(p) == 0 {
		return 0, nil
	}
	for !b.whole {
		n, err := b.from.Read(p)
		n = b.hold(p[:n])
		if errors.Is(err, io.EOF) {
			b.whole = true
		} else if err != nil {
			b.err = err
			return 0, err
		}
		if n > 0 {
			return n, nil
		}
	}
	if !b.holds {
		return 0, io.EOF
	}
	p[0], b.holds = b.held, false
	return 1, nil
}

// hold keeps the last byte of a piece, and puts the one that was kept before in front. It returns how many bytes may be sent.
func (b *sending) hold(piece []byte) int {
	n := len(piece)
	if n == 0 {
		return 0
	}
	last := piece[n-1]
	if b.holds {
		copy(piece[1:], piece)
		piece[0] = b.held
	} else {
		n--
	}
	b.held, b.holds = last, true
	return n
}

// Close says that nobody reads any more. A transport calls it for each request that it was given (http.RoundTripper).
func (b *sending) Close() error {
	b.close()
	return nil
}

// maxAnswer is what the answer to a request with a body may have, in bytes: it holds no object.
const maxAnswer = 64 << 10

// readAnswer reads the document of an answer.
func readAnswer(response *api.Response, limit int64) (err error) {
	defer response.Stream.Close()
	response.Body, err = io.ReadAll(io.LimitReader(response.Stream, limit+1))
	if response.Stream = nil; err == nil && int64(len(response.Body)) > limit {
		err = errEndless
	}
	return err
}

// settle reads the answer to b whole, and waits until nobody reads the body any more. It says what came of the request.
func (b *sending) settle(response *http.Response, err error) (*http.Response, error) {
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
		response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(text))
	}
	<-b.closed
	switch {
	case b.err != nil: // the caller's: the upstream has not got it whole
		return nil, b.err
	case err != nil:
		if _, known := errors.AsType[*failure](err); known {
			return nil, err
		}
		return nil, failed(err)
	case len(text) > maxAnswer:
		return nil, failed(errEndless)
	case !b.whole && response.StatusCode < http.StatusMultipleChoices:
		return nil, failed(errEarly)
	}
	return response, nil
}

// verified is a body whose checksums are compared at its end.
type verified struct {
	body api.Body
	sums *checksum.Sums
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.body.Read(p)
	_, _ = v.sums.Write(p[:n]) // hashes never fail
	if errors.Is(err, io.EOF) {
		if wrong := v.sums.Check(v.body.Trailer); wrong != nil {
			return n, wrong
		}
	}
	return n, err
}

// document is the body of a request that is a document, which has proved to be what the headers say.
func (f *forwarding) document() ([]byte, error) {
	sums, err := checksum.Demanded(f.req.Header, false)
	if err != nil {
		return nil, err
	}
	body, err := f.req.HTTP.Body.All(maxDocument)
	if err != nil {
		return nil, err
	}
	_, _ = sums.Write(body) // hashes never fail
	return body, sums.Check(f.req.HTTP.Body.Trailer)
}
