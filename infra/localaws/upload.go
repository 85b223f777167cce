package localaws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/s3/chunked"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// A body that is stored while it is read may take as long as it goes on: paceBytes within each paceTime. A client that is slower is broken
// off. Until then it holds its connection and a file, and no share of a budget.
const (
	paceBytes = 64 << 10
	paceTime  = 5 * time.Second
	// answerTime is how long the first bytes of an answer may take to be sent.
	answerTime = 30 * time.Second
)

// upload is the body of a request in restXml. It implements api.Body.
type upload struct {
	server  *Server
	x       *exchange
	ctx     context.Context
	decoded io.Reader
	size    int64
	chunks  *chunked.Reader // nil: the body is not encoded
	trailer string          // the header that is announced behind the body
}

const chunkedEncoding = "aws-chunked"

// newUpload says how the body of r is to be read, without reading it.
func (s *Server) newUpload(x *exchange, r *http.Request, opened *sigv4.Opened) (*upload, error) {
	u := &upload{server: s, x: x, ctx: r.Context(), size: r.ContentLength}
	wire := &paced{exchange: x, body: r.Body}
	if r.ContentLength == 0 {
		wire.ended()
	}
	u.decoded = opened.Body(wire)
	isChunked, hasTrailer := opened.Chunked()
	if !isChunked {
		if slices.Contains(encodings(r.Header), chunkedEncoding) {
			return nil, refusal(malformed, "The header Content-Encoding says aws-chunked, and x-amz-content-sha256 does not.")
		}
		return u, nil
	}
	size, err := strconv.ParseUint(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 62)
	if err != nil {
		return nil, refusal(noLength, "You must provide the header x-amz-decoded-content-length.")
	}
	if u.size, u.trailer = int64(size), r.Header.Get("X-Amz-Trailer"); u.trailer != "" && !hasTrailer {
		return nil, refusal(malformed, "The header x-amz-trailer announces a header behind the body, and x-amz-content-sha256 does not.")
	}
	var signatures chunked.Signatures
	if chunks := opened.Chunks(); chunks != nil {
		signatures = chunks
	}
	u.chunks = chunked.NewReader(u.decoded, u.size, u.trailer, signatures)
	u.decoded = u.chunks
	return u, nil
}

// encodings are those that Content-Encoding names.
func encodings(h http.Header) []string {
	var all []string
	for one := range strings.SplitSeq(h.Get("Content-Encoding"), ",") {
		all = append(all, strings.TrimSpace(one))
	}
	return all
}

func (u *upload) Size() int64 { return u.size }

func (u *upload) Trailer(name string) string {
	if u.chunks == nil || !strings.EqualFold(name, u.trailer) {
		return ""
	}
	return u.chunks.Trailer()
}

func (u *upload) All(limit int64) ([]byte, error) {
	body, release, err := u.server.intake.read(u.ctx, u, u.size, limit)
	if err != nil {
		return nil, err
	}
	u.x.hold(release)
	// The end of the body is where it is known to be the one that was signed.
	switch _, err := io.ReadFull(u, make([]byte, 1)); {
	case errors.Is(err, io.EOF):
		return body, nil
	case err != nil:
		return nil, err
	}
	return nil, errTooLarge()
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.decoded.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	return n, uploadRefusal(err)
}

func uploadRefusal(err error) error {
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return refusal(anotherPayload, e.Message)
	}
	switch {
	case errors.Is(err, chunked.ErrSignature):
		return refusal(invalidSignature, "The request signature we calculated does not match the signature you provided: that of a chunk.")
	case errors.Is(err, chunked.ErrMalformed):
		return refusal(malformed, "The body is not in the encoding aws-chunked, or not what the headers announce.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refusal(tooSlow, "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.")
	}
	return refusal(cutOff, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

// paced reads a body from the connection of an exchange.
type paced struct {
	*exchange
	body  io.Reader
	since int64 // bytes since the deadline was set
	begun bool
}

func (p *paced) Read(into []byte) (int, error) {
	if !p.begun || p.since >= paceBytes {
		p.begun, p.since = true, 0
		// A connection without deadlines, as in a test, needs none.
		_ = p.connection.SetReadDeadline(time.Now().Add(paceTime))
	}
	n, err := p.body.Read(into)
	p.since += int64(n)
	if errors.Is(err, io.EOF) {
		p.ended()
	}
	return n, err
}

// ended says that the body was read. From then on the deadline would end the request's context.
func (p *paced) ended() {
	p.whole = true
	_ = p.connection.SetReadDeadline(time.Time{})
}
