package tokenvending

import (
	"container/list"
	"sync"
)

// cache keeps one value per key, for up to capacity keys. When it is full, it drops the least recently used value. It is
// safe for concurrent use.
type cache[K comparable, V any] struct {
	capacity int

	mu      sync.Mutex
	byKey   map[K]*list.Element
	entries *list.List // of entry[K, V]; the most recently used is the first
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newCache[K comparable, V any](capacity int) *cache[K, V] {
	return &cache[K, V]{capacity: capacity, byKey: map[K]*list.Element{}, entries: list.New()}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return value, false
	}
	c.entries.MoveToFront(e)
	return e.Value.(entry[K, V]).value, true
}

func (c *cache[K, V]) set(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		e.Value = entry[K, V]{key, value}
		c.entries.MoveToFront(e)
		return
	}
	c.byKey[key] = c.entries.PushFront(entry[K, V]{key, value})
	if len(c.byKey) > c.capacity {
		c.remove(c.entries.Back())
	}
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
	delete(c.byKey, e.Value.(entry[K, V]).key)
	c.entries.Remove(e)
}

func (c *cache[K, V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byKey)
}
