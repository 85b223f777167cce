// Package chunked decodes bodies in the encoding aws-chunked without signatures (STREAMING-UNSIGNED-PAYLOAD-TRAILER), as SDKs send them
// over TLS: chunks of a size in hexadecimal digits, an empty one, and the trailer that the request announced. It refuses anything else:
// extensions of a chunk, such as signatures, another length than was declared, and another trailer.
//
// Amazon S3 API Reference, "Signature calculations for trailing headers".
package chunked

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// ErrMalformed is a body that is not in the encoding, or not the one that was announced.
var ErrMalformed = errors.New("chunked: the body is not what the headers announce")

const (
	maxLine = 1 << 10 // bytes of a line, its end included
	maxSize = 16      // hexadecimal digits of a chunk's size
)

// Reader decodes a body. It is not safe for concurrent use.
type Reader struct {
	from    *bufio.Reader
	rest    int64 // of the chunk
	left    int64 // of the body, as declared
	trailer string
	value   string
	begun   bool
	err     error
}

// NewReader decodes body, which has size bytes once it is decoded. trailer is the name of the one header behind the chunks, in any case;
// empty: there is none.
func NewReader(body io.Reader, size int64, trailer string) *Reader {
	return &Reader{from: bufio.NewReaderSize(body, 4<<10), left: size, trailer: trailer}
}

// Trailer returns the value of the trailer, once Read has returned io.EOF.
func (r *Reader) Trailer() string { return r.value }

// Read returns bytes of the decoded body. Its error is io.EOF where the whole body was read and is as announced, ErrMalformed, or that of
// the underlying reader, io.ErrUnexpectedEOF where it ends too early.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.err == nil && r.rest == 0 {
		r.err = r.next()
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.from.Read(p[:min(int64(len(p)), r.rest)])
	r.rest, r.left = r.rest-int64(n), r.left-int64(n)
	r.err = early(err)
	return n, r.err
}

// next reads up to the bytes of the next chunk, or to the end of the body.
func (r *Reader) next() error {
	if r.begun {
		if line, err := r.line(); err != nil || line != "" { // behind the bytes of a chunk
			return malformed(err)
		}
	}
	r.begun = true
	line, err := r.line()
	if err != nil {
		return err
	}
	size, err := strconv.ParseUint(line, 16, 63)
	if err != nil || len(line) > maxSize || strings.ContainsAny(line, "+-_") || int64(size) > r.left {
		return ErrMalformed
	}
	if r.rest = int64(size); r.rest > 0 {
		return nil
	}
	if r.left != 0 {
		return ErrMalformed
	}
	return r.end()
}

// end reads the trailer and the end of the body.
func (r *Reader) end() error {
	if r.trailer != "" {
		line, err := r.line()
		if err != nil {
			return err
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !strings.EqualFold(name, r.trailer) {
			return ErrMalformed
		}
		r.value = strings.TrimSpace(value)
	}
	if line, err := r.line(); err != nil || line != "" {
		return malformed(err)
	}
	if _, err := r.from.ReadByte(); !errors.Is(err, io.EOF) {
		return malformed(err)
	}
	return io.EOF
}

// line reads a line without its end, which is CR LF.
func (r *Reader) line() (string, error) {
	text, err := r.from.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(text) > maxLine {
		return "", ErrMalformed
	}
	if err != nil {
		return "", early(err)
	}
	line, ok := strings.CutSuffix(string(text), "\r\n")
	if !ok {
		return "", ErrMalformed
	}
	return line, nil
}

// malformed is err, or ErrMalformed where there was none.
func malformed(err error) error {
	if err != nil {
		return err
	}
	return ErrMalformed
}

// early is err for a body that goes on.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
