package tokenvending

import (
	"container/list"
	"sync"
	"sync/atomic"
)

// secondChances is how many entries at most that were used lately one call spares: it bounds the time for which the lock is held.
const secondChances = 100

// cache keeps one value per key, for up to capacity keys. When it is full, it drops a value that was not used lately: each entry
// that was read since it came to the end of the list gets a second chance (the CLOCK policy). A hit thus writes at most one flag,
// and hits do not wait for each other. It is safe for concurrent use.
type cache[K comparable, V any] struct {
	capacity int

	mu      sync.RWMutex
	byKey   map[K]*list.Element
	entries *list.List // of *entry[K, V]; the next to be dropped is the last
}

type entry[K comparable, V any] struct {
	key   K
	value V
	used  atomic.Bool // since it was put at the front
}

func newCache[K comparable, V any](capacity int) *cache[K, V] {
	return &cache[K, V]{capacity: capacity, byKey: map[K]*list.Element{}, entries: list.New()}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	e, ok := c.byKey[key]
	if !ok {
		return value, false
	}
	found := e.Value.(*entry[K, V])
	if !found.used.Load() { // a store of what is there already would still take the line from other processors
		found.used.Store(true)
	}
	return found.value, true
}

func (c *cache[K, V]) set(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		e.Value = &entry[K, V]{key: key, value: value}
		c.entries.MoveToFront(e)
		return
	}
	if len(c.byKey) >= c.capacity {
		c.makeRoom()
	}
	c.byKey[key] = c.entries.PushFront(&entry[K, V]{key: key, value: value})
}

// makeRoom drops one entry; c.mu is held.
func (c *cache[K, V]) makeRoom() {
	for range secondChances {
		last := c.entries.Back()
		if !last.Value.(*entry[K, V]).used.Swap(false) {
			break
		}
		c.entries.MoveToFront(last)
	}
	c.remove(c.entries.Back())
}

func (c *cache[K, V]) drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.remove(e)
	}
}

// remove drops e; c.mu is held.
func (c *cache[K, V]) remove(e *list.Element) {
	delete(c.byKey, e.Value.(*entry[K, V]).key)
	c.entries.Remove(e)
}

func (c *cache[K, V]) len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.byKey)
}
