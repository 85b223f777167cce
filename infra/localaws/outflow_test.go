package localaws

import (
	"container/list"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stuck is the connection of a client that does not read.
type stuck struct {
	http.ResponseWriter
	once sync.Once
	cut  chan struct{}
}

func newStuck() *stuck {
	return &stuck{ResponseWriter: httptest.NewRecorder(), cut: make(chan struct{})}
}

func (s *stuck) Write([]byte) (int, error) {
	<-s.cut
	return 0, os.ErrDeadlineExceeded
}

func (s *stuck) SetWriteDeadline(at time.Time) error {
	if at.After(time.Now()) {
		return nil
	}
	s.once.Do(func() { close(s.cut) })
	return nil
}

func (s *stuck) isCut() bool {
	select {
	case <-s.cut:
		return true
	default:
		return false
	}
}

func TestClientsThatDoNotReadAreBrokenOffTheLongestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutflow()
		const size = 16 << 20
		send := func(w http.ResponseWriter, bytes int) {
			o.send(w, http.NewResponseController(w), make([]byte, bytes))
		}
		var all []*stuck
		small := newStuck()
		go send(small, smallAnswer)
		for range 5 {
			s := newStuck()
			all = append(all, s)
			go send(s, size)
			synctest.Wait()
			if o.held > sendingBudget {
				t.Fatalf("%d bytes are held, want %d at most", o.held, sendingBudget)
			}
		}
		for i, s := range all {
			if want := i < 2; s.isCut() != want { // three fit
				t.Errorf("client %d is broken off: %t, want %t", i, s.isCut(), want)
			}
		}
		if small.isCut() {
			t.Error("a small answer is broken off")
		}
		reading := httptest.NewRecorder()
		send(reading, size)
		if reading.Body.Len() != size || !all[2].isCut() || all[3].isCut() {
			t.Errorf("a client that reads got %d bytes of %d; the longest broken off: %t, the next: %t", reading.Body.Len(), size, all[2].isCut(), all[3].isCut())
		}
		for _, s := range append(all, small) {
			_ = s.SetWriteDeadline(time.Now())
		}
		synctest.Wait()
		if o.held != 0 || o.waiting.Len() != 0 {
			t.Errorf("%d bytes of %d answers are held at the end", o.held, o.waiting.Len())
		}
	})
}

// TestProgressOfWhatWasBrokenOffDoesNotMendIt: its client may read again just then.
func TestProgressOfWhatWasBrokenOffDoesNotMendIt(t *testing.T) {
	o, cut := newOutflow(), 0
	first := o.hold(sendingBudget/2, func() { cut++ })
	second := o.hold(sendingBudget/2, func() { t.Error("the one that has read last is broken off") })
	extended := 0
	if !o.progress(first, func() { extended++ }) || !o.progress(second, func() { extended++ }) || extended != 2 {
		t.Fatalf("control: %d of 2 go on", extended)
	}
	third := o.hold(1, func() {})
	if cut != 1 || o.progress(first, func() { extended++ }) || extended != 2 {
		t.Errorf("broken off %d times, extended %d times, want once and twice", cut, extended)
	}
	for _, e := range []*list.Element{first, second, third} {
		o.done(e)
	}
	if o.held != 0 {
		t.Errorf("%d bytes are held at the end", o.held)
	}
}
