package httpclient

import (
	"context"
	"net/http"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"example.com/shiptrack/pkg/requestid"
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

// answered is a transport that answers at once.
type answered struct{}

func (answered) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: r.Header, Body: http.NoBody}, nil
}

func TestForwardingLeavesTheCallersRequestAlone(t *testing.T) {
	r, err := http.NewRequestWithContext(requestid.NewContext(t.Context(), "id-1", ""), http.MethodGet, "http://tracking", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := forwarding{next: answered{}, propagator: propagation.TraceContext{}}.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if sent := resp.Header.Get(RequestIDHeader); sent != "id-1" || len(r.Header) != 0 {
		t.Errorf("sent %q, and the caller's own header is %v, want the id and nothing", sent, r.Header)
	}
}
