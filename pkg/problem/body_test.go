package problem_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"example.com/shiptrack/pkg/problem"
)

func TestBodyThatCouldNotBeReadIsItsCallersFault(t *testing.T) {
	failed := errors.New("the request failed")
	for name, tc := range map[string]struct {
		from  io.Reader
		fault bool
	}{
		"read to its end": {strings.NewReader("x"), false},
		"cut off":         {iotest.ErrReader(io.ErrUnexpectedEOF), true},
		"broken":          {iotest.ErrReader(errors.New("connection reset")), true},
		"too slow":        {iotest.ErrReader(context.DeadlineExceeded), false},
	} {
		body := &problem.Body{From: tc.from}
		_, _ = io.Copy(io.Discard, body) // Fault tells
		err := body.Fault(failed)
		if (err != nil) != tc.fault {
			t.Errorf("%s: got %v, want a fault: %t", name, err, tc.fault)
		}
		if tc.fault && (problem.KindOf(err) != problem.Invalid || !errors.Is(err, failed)) {
			t.Errorf("%s: got %v, want Invalid, and the request's own error kept", name, err)
		}
	}
}
