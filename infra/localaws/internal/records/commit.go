package records

import (
	"fmt"
	"runtime"
	"sync"

	"go.etcd.io/bbolt"
)

// Committer joins concurrent writes into one bbolt transaction, so that they share one fsync. Unlike
// bbolt's Batch it never waits for more writes: those that arrive during an fsync are the next group. DB is set before the first use.
type Committer struct {
	DB      *bbolt.DB
	mu      sync.Mutex // guards waiting and busy
	waiting []*write
	busy    bool
}

type write struct {
	do   func(*bbolt.Tx) error
	done chan error
}

// Commit runs do in a transaction and returns when it is durable. Writes of one group run one after the
// other, each seeing those before it. An error of one undoes the whole group and is the answer to all of
// it: do returns errors of the store only, and keeps refusals of its request to itself, having written
// nothing.
func (c *Committer) Commit(do func(*bbolt.Tx) error) error {
	w := &write{do: do, done: make(chan error, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, w)
	start := !c.busy
	c.busy = true
	c.mu.Unlock()
	if start {
		go c.run()
	}
	return <-w.done
}

func (c *Committer) run() {
	for {
		c.mu.Lock()
		group := c.waiting
		c.waiting = nil
		c.busy = len(group) > 0
		c.mu.Unlock()
		if len(group) == 0 {
			return
		}
		err := c.DB.Update(func(tx *bbolt.Tx) error { return doAll(group, tx) })
		for _, w := range group {
			w.done <- err
		}
	}
}

// doAll turns a panic into an error: it would otherwise end the process, not one request. The error is
// logged, so that it says only what the runtime made: another panic's own text could hold part of an item.
func doAll(group []*write, tx *bbolt.Tx) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case runtime.Error:
			err = fmt.Errorf("panic in a write: %w", p)
		default:
			err = fmt.Errorf("panic in a write, with a %T", p)
		}
	}()
	for _, w := range group {
		if err := w.do(tx); err != nil {
			return err
		}
	}
	return nil
}
