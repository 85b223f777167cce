package tokenvending

import (
	"sync"
	"sync/atomic"
)

// secondChances is how many entries at most that were used lately one call spares: it bounds the time for which the lock is held.
const secondChances = 100

// cache keeps one value per key, for up to capacity keys. When it is full, it drops a value that was not used lately: each entry
// that was read since it came to the end of the list gets a second chance (the CLOCK policy). A hit thus writes at most one flag,
// and hits do not wait for each other. Value, flag and place in the list are one piece of memory: among a million keys each
// further piece is a miss of the processor's cache. It is safe for concurrent use.
type cache[K comparable, V any] struct {
	capacity int

	mu    sync.RWMutex
	byKey map[K]*entry[K, V]
	ends  entry[K, V] // of the list, which is a ring: next is the first entry, and prev the last, which is the next to be dropped
}

// entry begins with what a hit reads.
type entry[K comparable, V any] struct {
	used       atomic.Bool // since it was put at the front
	value      V
	key        K
	prev, next *entry[K, V]
}

func newCache[K comparable, V any](capacity int) *cache[K, V] {
	c := &cache[K, V]{capacity: capacity, byKey: map[K]*entry[K, V]{}}
	c.ends.prev, c.ends.next = &c.ends, &c.ends
	return c
}

// get returns the value of key, which stays as it is when another takes its place; nil where there is none.
func (c *cache[K, V]) get(key K) *V {
	c.mu.RLock()
	e := c.byKey[key]
	c.mu.RUnlock()
	if e == nil {
		return nil
	}
	if !e.used.Load() { // a store of what is there already would still take the line from other processors
		e.used.Store(true)
	}
	return &e.value
}

// set puts a value in the place of key's, and returns it. fill makes it of the zero value.
func (c *cache[K, V]) set(key K, fill func(*V)) *V {
	e := &entry[K, V]{key: key}
	fill(&e.value)
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.byKey[key]; old != nil {
		old.leave()
	} else if len(c.byKey) >= c.capacity {
		c.makeRoom()
	}
	c.byKey[key] = e
	c.lead(e)
	return &e.value
}

// makeRoom drops one entry; c.mu is held.
func (c *cache[K, V]) makeRoom() {
	for range secondChances {
		last := c.ends.prev
		if !last.used.Swap(false) {
			break
		}
		last.leave()
		c.lead(last)
	}
	c.remove(c.ends.prev)
}

func (c *cache[K, V]) drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.byKey[key]; e != nil {
		c.remove(e)
	}
}

// remove drops e; c.mu is held.
func (c *cache[K, V]) remove(e *entry[K, V]) {
	delete(c.byKey, e.key)
	e.leave()
}

// lead puts e, which is in no list, at the front; c.mu is held.
func (c *cache[K, V]) lead(e *entry[K, V]) {
	e.prev, e.next = &c.ends, c.ends.next
	e.prev.next, e.next.prev = e, e
}

// leave takes e out of its list, whose lock is held.
func (e *entry[K, V]) leave() {
	e.prev.next, e.next.prev = e.next, e.prev
	e.prev, e.next = nil, nil // whoever holds the value holds no other
}

func (c *cache[K, V]) len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.byKey)
}
