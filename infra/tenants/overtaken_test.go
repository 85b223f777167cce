package tenants_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shiptrack/infra/tenants"
)

// halted is a way to AWS on which a process stands still before one of its requests, until it is let go on; it is killed some requests later.
type halted struct {
	mu       sync.Mutex
	before   int // requests until it stands still
	after    int // requests from then until it is killed
	reached  chan struct{}
	released chan struct{}
	next     aws.HTTPClient
}

func (h *halted) Do(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.before--
	if h.before == -1 {
		close(h.reached)
	}
	stands := h.before < 0
	h.mu.Unlock()
	if stands {
		<-h.released
		h.mu.Lock()
		h.after--
		killed := h.after < 0
		h.mu.Unlock()
		if killed {
			return nil, errCut
		}
	}
	return h.next.Do(r)
}

// TestNoRunPutsAnOlderBoundaryInThePlaceOfANewerOne: a run stands still anywhere, another one suspends a tenant meanwhile, and the first goes
// on and is killed. At every moment after the second has returned, its tenant is denied.
func TestNoRunPutsAnOlderBoundaryInThePlaceOfANewerOne(t *testing.T) {
	w := newWorld(t)
	steady := w.control(noWait)
	overtaken := 0
	for before := 5; before < 20; before++ {
		for _, after := range []int{3, 6, 12} {
			slow, fast := id(t, fmt.Sprintf("slow-%d-%d", before, after)), id(t, fmt.Sprintf("fast-%d-%d", before, after))
			if err := errors.Join(steady.Add(t.Context(), slow), steady.Add(t.Context(), fast)); err != nil {
				t.Fatal(err)
			}
			h := &halted{before: before, after: after, reached: make(chan struct{}), released: make(chan struct{})}
			ended := make(chan error, 1)
			first := w.control(noWait, func(c *tenants.Config) {
				h.next = c.AWS.HTTPClient
				c.AWS.HTTPClient = h
				c.AWS.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
			})
			go func() {
				_, err := first.Suspend(t.Context(), slow)
				ended <- err
			}()
			select {
			case <-h.reached:
			case err := <-ended: // it needs no more requests
				ended <- err
			}
			if _, err := steady.Suspend(t.Context(), fast); err != nil {
				t.Fatal(err)
			}
			w.checkDenied(fast.String(), "when the command has returned")
			close(h.released)
			if err := <-ended; err != nil {
				overtaken++
			}
			w.checkDenied(fast.String(), fmt.Sprintf("after a run that stood still before request %d, and was killed %d later", before, after))
			for _, who := range []string{slow.String(), fast.String()} {
				if _, err := steady.Resume(t.Context(), id(t, who)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if overtaken < 15 {
		t.Errorf("%d runs were killed: the test kills too few", overtaken)
	}
}

func (w world) checkDenied(name, when string) {
	w.t.Helper()
	for _, role := range tenants.SessionRoles {
		if !strings.Contains(w.boundary(role), "%22"+name+"%22") {
			w.t.Errorf("%s, the boundary of %s does not deny %s", when, role, name)
		}
	}
}
