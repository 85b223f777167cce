package availability_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"example.com/shiptrack/tracking-service/internal/availability"
)

func TestOperatorIsToldOfEachChangeOnce(t *testing.T) {
	var log bytes.Buffer
	w := availability.New("s3", slog.New(slog.NewTextHandler(&log, nil)))
	refused := errors.New("connection refused")
	for i, step := range []struct {
		err   error
		lines int
	}{{nil, 0}, {refused, 1}, {refused, 1}, {nil, 2}, {nil, 2}, {refused, 3}} {
		w.Observe(t.Context(), step.err)
		if got := strings.Count(log.String(), "store=s3"); got != step.lines || w.Away() != (step.err != nil) {
			t.Errorf("step %d: %d lines, away %t\n%s", i, got, w.Away(), &log)
		}
	}
	if !strings.Contains(log.String(), "connection refused") {
		t.Errorf("the log does not say why:\n%s", &log)
	}
}
