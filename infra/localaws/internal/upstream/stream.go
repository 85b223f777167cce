package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// stream is the body of an answer. A piece that takes longer than stallTime ends it.
type stream struct {
	from   io.ReadCloser
	ctx    context.Context
	cancel context.CancelCauseFunc
	stall  *time.Timer
}

func newStream(from io.ReadCloser, ctx context.Context, cancel context.CancelCauseFunc) *stream {
	s := &stream{from: from, ctx: ctx, cancel: cancel}
	s.stall = time.AfterFunc(stallTime, func() { cancel(errStalled) })
	s.stall.Stop() // it runs only while a piece is waited for
	return s
}

func (s *stream) Read(p []byte) (int, error) {
	s.stall.Reset(stallTime)
	n, err := s.from.Read(p)
	s.stall.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("the upstream's answer broke off: %w", reason(s.ctx, err))
	}
	return n, err
}

// Close ends the request.
func (s *stream) Close() error {
	s.stall.Stop()
	err := s.from.Close()
	s.cancel(nil)
	return err
}
