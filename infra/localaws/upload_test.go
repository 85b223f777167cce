package localaws

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// drip is the connection of a client that sends a piece of a body after each pause, until its deadline.
type drip struct {
	http.ResponseWriter
	pause    time.Duration
	piece    int
	rest     int
	deadline time.Time
}

func (d *drip) SetReadDeadline(t time.Time) error {
	d.deadline = t
	return nil
}

func (d *drip) Read(p []byte) (int, error) {
	if d.rest == 0 {
		return 0, io.EOF
	}
	if wait := time.Until(d.deadline); wait < d.pause {
		time.Sleep(wait)
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(d.pause)
	n := min(len(p), d.piece, d.rest)
	d.rest -= n
	return n, nil
}

func TestBodyMustComeAtAPace(t *testing.T) {
	for name, test := range map[string]struct {
		pause time.Duration
		piece int
		slow  bool
	}{
		"fast":                  {time.Millisecond, 32 << 10, false},
		"64 KiB each 4 seconds": {4 * time.Second, 64 << 10, false},
		"a byte each second":    {time.Second, 1, true},
		"8 KiB each second":     {time.Second, 8 << 10, true},
		"nothing":               {time.Hour, 1 << 20, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := &drip{ResponseWriter: httptest.NewRecorder(), pause: test.pause, piece: test.piece, rest: 1 << 20}
			x := &exchange{connection: http.NewResponseController(d)}
			began := time.Now()
			n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, &paced{exchange: x, body: d}, make([]byte, 64<<10))
			if test.slow != errors.Is(err, os.ErrDeadlineExceeded) || !test.slow && n != 1<<20 || x.whole == test.slow {
				t.Errorf("%s: %d bytes, %v, whole %v; slow %v", name, n, err, x.whole, test.slow)
			}
			if took := time.Since(began); test.slow && took > paceTime {
				t.Errorf("%s: broken off after %v, want %v", name, took, paceTime)
			}
			if !test.slow && !d.deadline.IsZero() {
				t.Errorf("%s: the deadline stays behind the body", name)
			}
		})
	}
}

func TestDownloadsThatAreNotReadAreBrokenOffTheLongestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{outflow: newOutflow()}
		var broken atomic.Int64
		var all []*stuck
		send := func(w *stuck) {
			defer func() {
				if recover() != nil {
					broken.Add(1)
				}
			}()
			x := &exchange{connection: http.NewResponseController(w)}
			s.download(w, x, io.NopCloser(io.LimitReader(zeros{}, 1<<20)))
		}
		fit := sendingBudget / downloadShare
		for range fit + 3 {
			w := newStuck()
			all = append(all, w)
			go send(w)
			synctest.Wait()
		}
		for i, w := range all {
			if want := i < 3; w.isCut() != want {
				t.Errorf("download %d is broken off: %v, want %v", i, w.isCut(), want)
			}
		}
		if s.outflow.held > sendingBudget {
			t.Errorf("%d bytes are held, want %d at most", s.outflow.held, sendingBudget)
		}
		for _, w := range all {
			_ = w.SetWriteDeadline(time.Now())
		}
		synctest.Wait()
		if s.outflow.held != 0 || s.outflow.waiting.Len() != 0 || broken.Load() != int64(len(all)) {
			t.Errorf("%d bytes are held at the end, %d of %d answers are broken off", s.outflow.held, broken.Load(), len(all))
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
