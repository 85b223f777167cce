package problem

import (
	"context"
	"errors"
	"io"
)

// Body is a caller's body that is passed on as it comes. It remembers why that could not be read, so that
// the caller is told of its own fault, not of another's. It is not safe for concurrent use.
type Body struct {
	From io.Reader
	err  error
}

// Read is io.Reader's.
func (b *Body) Read(p []byte) (int, error) {
	n, err := b.From.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// Fault returns a problem of kind Invalid where a request failed with err because the body ended early or could not be read, else
// nil: also where its deadline passed, since then the caller was too slow.
func (b *Body) Fault(err error) error {
	if b.err == nil || errors.Is(b.err, context.DeadlineExceeded) {
		return nil
	}
	return WrapInvalidField(errors.Join(b.err, err), "body", "ended before its Content-Length")
}
