package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// stream is the body of an answer. A piece that takes longer than stallTime ends it.
type stream struct {
	from io.ReadCloser
	ctx  context.Context
	late *deadline // it runs only while a piece is waited for
}

func (s *stream) Read(p []byte) (int, error) {
	s.late.timer.Reset(stallTime)
	n, err := s.from.Read(p)
	s.late.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("the upstream's answer broke off: %w", reason(s.ctx, err))
	}
	return n, err
}

// Close ends the request.
func (s *stream) Close() error {
	s.late.timer.Stop()
	err := s.from.Close()
	s.late.cancel(nil)
	return err
}
