package localaws

import (
	"sync"
	"time"
)

// How many denials can be explained, for how long, and how many bytes of explanations are kept.
const (
	ExplainedDenials     = 10_000
	ExplainedDenialBytes = 32 << 20
	ExplainedDenialTime  = 24 * time.Hour
)

// denials are the newest requests that were denied. It is safe for concurrent use.
type denials struct {
	mu    sync.Mutex
	byID  map[string]*authorization
	order []*authorization // oldest first
	bytes int
}

func newDenials() *denials { return &denials{byID: map[string]*authorization{}} }

func (d *denials) add(a *authorization) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.byID[a.id], d.order = a, append(d.order, a)
	d.bytes += a.size()
	for len(d.order) > 0 && (len(d.order) > ExplainedDenials || d.bytes > ExplainedDenialBytes || d.order[0].expired(a.time)) {
		d.bytes -= d.order[0].size()
		delete(d.byID, d.order[0].id)
		d.order[0] = nil // the array behind order would hold it
		d.order = d.order[1:]
	}
}

// get returns nil for what is not known, or not any more at now.
func (d *denials) get(id string, now time.Time) *authorization {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a := d.byID[id]; a != nil && !a.expired(now) {
		return a
	}
	return nil
}

func (a *authorization) expired(now time.Time) bool { return now.Sub(a.time) > ExplainedDenialTime }
