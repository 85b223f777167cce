package httpclient

import (
	"context"
	"net/http"
	"testing"
	"time"
)

func TestDeadlineThatHasPassedIsForwardedAsTheShortest(t *testing.T) {
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	h := http.Header{}
	forward(late, h)
	if got := h.Get(TimeoutHeader); got != "1" {
		t.Errorf("a deadline that has passed gives %s ms, want 1", got)
	}
}
