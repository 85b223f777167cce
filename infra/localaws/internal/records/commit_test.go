package records

import (
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func open(t *testing.T) *Committer {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, &bbolt.Options{NoSync: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &Committer{DB: db}
}

func TestConcurrentWritesShareATransaction(t *testing.T) {
	s := open(t)
	release := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // the first group is held, so that the others queue behind it
		if err := s.Commit(func(*bbolt.Tx) error { <-release; return nil }); err != nil {
			t.Error(err)
		}
	})
	for !busy(s) {
		runtime.Gosched()
	}
	transactions := map[int]int{} // written by one transaction at a time
	for range 20 {
		wg.Go(func() {
			if err := s.Commit(func(tx *bbolt.Tx) error { transactions[tx.ID()]++; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	for queued(s) < 20 {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	if len(transactions) != 1 {
		t.Errorf("got writes per transaction %v, want all 20 in one", transactions)
	}
}

func busy(c *Committer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.busy && len(c.waiting) == 0
}

func queued(c *Committer) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

func TestAPanicInAWriteIsAnErrorOfItsGroupOnly(t *testing.T) {
	s := open(t)
	// The first is logged as it is, the second without its text, which could be an item's.
	var nobody []*write
	for want, broken := range map[string]func(){
		"panic in a write: runtime error: index out of range [0] with length 0": func() { nobody[0] = nil },
		"panic in a write, with a string":                                       func() { panic("of yellow") },
	} {
		err := s.Commit(func(*bbolt.Tx) error { broken(); return nil })
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := s.Commit(func(*bbolt.Tx) error { return nil }); err != nil {
		t.Errorf("the next group: got %v, want no error", err)
	}
}
