package tokenvending

import (
	"container/list"
	"sync"

	"example.com/shiptrack/pkg/tenant"
)

// cache keeps one value per tenant, for up to capacity tenants. When it is full, it drops the least recently used
// value. It is safe for concurrent use.
type cache[V any] struct {
	capacity int

	mu      sync.Mutex
	byID    map[tenant.ID]*list.Element
	entries *list.List // of entry[V]; the most recently used is the first
}

type entry[V any] struct {
	id    tenant.ID
	value V
}

func newCache[V any](capacity int) *cache[V] {
	return &cache[V]{capacity: capacity, byID: map[tenant.ID]*list.Element{}, entries: list.New()}
}

func (c *cache[V]) get(id tenant.ID) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[id]
	if !ok {
		return value, false
	}
	c.entries.MoveToFront(e)
	return e.Value.(entry[V]).value, true
}

func (c *cache[V]) set(id tenant.ID, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		e.Value = entry[V]{id, value}
		c.entries.MoveToFront(e)
		return
	}
	c.byID[id] = c.entries.PushFront(entry[V]{id, value})
	if len(c.byID) > c.capacity {
		c.remove(c.entries.Back())
	}
}

func (c *cache[V]) drop(id tenant.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		c.remove(e)
	}
}

// remove drops e; c.mu is held.
func (c *cache[V]) remove(e *list.Element) {
	delete(c.byID, e.Value.(entry[V]).id)
	c.entries.Remove(e)
}

func (c *cache[V]) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.byID)
}
