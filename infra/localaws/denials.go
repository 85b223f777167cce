package localaws

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// How many requests that were denied can be explained, and for how long; how many decisions of one request are, and how many bytes the
// compressed explanations may have.
const (
	ExplainedDenials   = 10_000
	ExplainedTime      = 24 * time.Hour
	ExplainedDecisions = 100
	explainedBytes     = 12 << 20
)

// denials are the newest requests that were denied. It is safe for concurrent use.
type denials struct {
	mu     sync.Mutex
	packer *flate.Writer
	byID   map[string]*denial
	order  []*denial // oldest first
	bytes  int
}

// denial is an explanation, compressed.
type denial struct {
	id   string
	time time.Time
	text []byte
}

func newDenials() *denials {
	packer, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		panic(err) // there is such a level
	}
	return &denials{byID: map[string]*denial{}, packer: packer}
}

func (d *denials) add(id string, now time.Time, a *authorization) {
	text := mustMarshal(a)
	d.mu.Lock()
	defer d.mu.Unlock()
	var packed bytes.Buffer
	d.packer.Reset(&packed)
	_, _ = d.packer.Write(text) // a buffer takes everything
	_ = d.packer.Close()
	added := &denial{id, now, bytes.Clone(packed.Bytes())}
	d.byID[id], d.order = added, append(d.order, added)
	d.bytes += len(added.text)
	for len(d.order) > 0 && (len(d.order) > ExplainedDenials || d.bytes > explainedBytes || d.order[0].expired(now)) {
		d.bytes -= len(d.order[0].text)
		delete(d.byID, d.order[0].id)
		d.order[0] = nil // the array behind order would hold it
		d.order = d.order[1:]
	}
}

// get returns nil for what is not known, or not any more at now.
func (d *denials) get(id string, now time.Time) (*authorization, error) {
	d.mu.Lock()
	found := d.byID[id]
	d.mu.Unlock()
	if found == nil || found.expired(now) {
		return nil, nil
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(found.text)))
	if err != nil {
		return nil, err
	}
	a := new(authorization)
	return a, json.Unmarshal(text, a)
}

func (d *denial) expired(now time.Time) bool { return now.Sub(d.time) > ExplainedTime }
