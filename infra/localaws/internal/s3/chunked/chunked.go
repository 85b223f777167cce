// Package chunked decodes bodies in the encoding aws-chunked: chunks of a size in hexadecimal digits, an empty one, and the trailer that the request
// announced. It refuses anything else: a signature that is not that of its chunk, is missing or is there where none was announced, other extensions
// of a chunk, another length than was declared, and another trailer.
//
// Amazon S3 API Reference, "Signature calculations for the Authorization header: Transferring payload in multiple chunks (chunked upload)" and
// "... Including trailing headers".
package chunked

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"
)

// ErrMalformed is a body that is not in the encoding, or not the one that was announced.
var ErrMalformed = errors.New("chunked: the body is not what the headers announce")

// ErrSignature is a chunk or a trailer whose signature is not its own.
var ErrSignature = errors.New("chunked: a signature is not that of its chunk")

// Signatures checks the signatures of chunks, in their order.
type Signatures interface {
	Chunk(hash []byte, signature string) bool     // hash is the SHA-256 of the chunk's bytes
	Trailer(header string, signature string) bool // header is "name:value\n", the name in lower case
}

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

	signatures Signatures // nil: there are none
	signature  string     // of the chunk
	hash       hash.Hash  // of the chunk so far
}

// NewReader decodes body, which has size bytes once it is decoded. trailer is the name of the one header behind the chunks, in any case;
// empty: there is none. signatures is nil where the chunks have none.
func NewReader(body io.Reader, size int64, trailer string, signatures Signatures) *Reader {
	return &Reader{from: bufio.NewReaderSize(body, 4<<10), left: size, trailer: trailer, signatures: signatures, hash: sha256.New()}
}

// Trailer returns the value of the trailer, once Read has returned io.EOF.
func (r *Reader) Trailer() string { return r.value }

// Read returns bytes of the decoded body, which nobody may keep before its error is io.EOF: the whole body was read and is as announced. Else the
// error is ErrMalformed, ErrSignature, or that of the underlying reader, io.ErrUnexpectedEOF where it ends too early.
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
	if r.signatures != nil {
		r.hash.Write(p[:n])
	}
	r.err = early(err)
	return n, r.err
}

// next reads up to the bytes of the next chunk, or to the end of the body.
func (r *Reader) next() error {
	if r.begun {
		if line, err := r.line(); err != nil || line != "" { // behind the bytes of a chunk
			return malformed(err)
		}
		if err := r.endChunk(); err != nil {
			return err
		}
	}
	r.begun = true
	line, err := r.line()
	if err != nil {
		return err
	}
	if err := r.beginChunk(line); err != nil || r.rest > 0 {
		return err
	}
	if r.left != 0 {
		return ErrMalformed
	}
	if err := r.endChunk(); err != nil {
		return err
	}
	return r.end()
}

const extension = ";chunk-signature="

func (r *Reader) beginChunk(line string) error {
	if r.signatures != nil {
		var signed bool
		if line, r.signature, signed = strings.Cut(line, extension); !signed {
			return ErrMalformed
		}
	}
	size, err := strconv.ParseUint(line, 16, 63)
	if err != nil || len(line) > maxSize || strings.ContainsAny(line, "+-_") || int64(size) > r.left {
		return ErrMalformed
	}
	r.rest = int64(size)
	return nil
}

func (r *Reader) endChunk() error {
	if r.signatures != nil && !r.signatures.Chunk(r.hash.Sum(nil), r.signature) {
		return ErrSignature
	}
	r.hash.Reset()
	return nil
}

// end reads the trailer and the end of the body.
func (r *Reader) end() error {
	if r.trailer != "" {
		line, err := r.trailerLine()
		if err != nil {
			return err
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || !strings.EqualFold(name, r.trailer) {
			return ErrMalformed
		}
		r.value = strings.TrimSpace(value)
		if err := r.endTrailer(); err != nil {
			return err
		}
	}
	if line, err := r.line(); err != nil || line != "" {
		return malformed(err)
	}
	if _, err := r.from.ReadByte(); !errors.Is(err, io.EOF) {
		return malformed(err)
	}
	return io.EOF
}

func (r *Reader) endTrailer() error {
	if r.signatures == nil {
		return nil
	}
	line, err := r.line()
	if err != nil {
		return err
	}
	signature, ok := strings.CutPrefix(line, "x-amz-trailer-signature:")
	if !ok {
		return ErrMalformed
	}
	if !r.signatures.Trailer(strings.ToLower(r.trailer)+":"+r.value+"\n", strings.TrimSpace(signature)) {
		return ErrSignature
	}
	return nil
}

// trailerLine reads the trailer without its end: CR LF, or LF CR LF as minio-go writes it, whose requests S3 takes.
func (r *Reader) trailerLine() (string, error) {
	text, err := r.ended()
	if err != nil {
		return "", err
	}
	if line, ok := strings.CutSuffix(text, "\r\n"); ok {
		return line, nil
	}
	if end, err := r.line(); err != nil || end != "" {
		return "", malformed(err)
	}
	return strings.TrimSuffix(text, "\n"), nil
}

// line reads a line without its end, which is CR LF.
func (r *Reader) line() (string, error) {
	text, err := r.ended()
	if err != nil {
		return "", err
	}
	line, ok := strings.CutSuffix(text, "\r\n")
	if !ok {
		return "", ErrMalformed
	}
	return line, nil
}

// ended reads up to an LF, which is the last of the text.
func (r *Reader) ended() (string, error) {
	text, err := r.from.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(text) > maxLine {
		return "", ErrMalformed
	}
	if err != nil {
		return "", early(err)
	}
	return string(text), nil
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
