package policy

import "strings"

const (
	// firstKeys is the room that the first key makes, 1 KB: the 17 keys of a session's GetItem fit, and those of a few tags.
	firstKeys  = 21
	firstLists = 4
	buckets    = 32 // one for each bit of Context.noVariable
)

// Context holds the condition keys of one request. Key names are case-insensitive, tag keys after the
// slash included, by the same folding as strings.EqualFold. The zero Context is empty and ready to use;
// it is not safe for concurrent writes.
type Context struct {
	entries []entry
	lists   [][]string     // the values of multivalued keys: few are
	buckets [buckets]int32 // by the hash of a name: one more than the index of the newest entry; 0: none
	unknown bool           // some key is undecidable: spares the search for one where there is none
	// noVariable has a bit for each bucket that may hold a key without a value for a variable, because it is multivalued or undecidable.
	noVariable uint32
}

// entry is one key.
type entry struct {
	name    string
	one     [1]string // of Set
	hash    uint32
	next    int32 // the one before it in its bucket, as Context.buckets has it
	list    int32 // of SetAll: one more than the index of its values in Context.lists; 0: it is not multivalued
	unknown bool  // SetUnknown
	vague   bool  // nothing says whether it counts as present: see Set and SetAll
}

// undecidable reports whether nothing is to be concluded from e: an Allow that looks at it does not apply, a Deny does.
func (e *entry) undecidable() bool { return e.unknown || e.vague }

func (e *entry) multivalued() bool { return e.list > 0 }

// values returns e's values without allocating; the slice points into c.
func (c *Context) values(e *entry) []string {
	switch {
	case e.unknown:
		return nil
	case e.multivalued():
		return c.lists[e.list-1]
	default:
		return e.one[:]
	}
}

// Set gives key one value. A key that was set before is replaced.
//
// An empty value counts as absent for Null and for the set operators: "a null dataset, such as an empty string" (IAM User
// Guide, "Single-valued vs. multivalued context keys"). Whether a tag's empty value is one, nothing says: such a tag is
// decided as if SetUnknown had been called.
func (c *Context) Set(key, value string) {
	e := c.slot(key)
	e.one[0], e.list, e.unknown, e.vague = value, 0, false, value == "" && isTagKey(key)
	if e.vague {
		c.unknown = true
		c.noVariable |= bucketBit(e.hash)
	}
}

// SetAll makes key multivalued, with the given values (none is legal: the key is present and empty).
// The slice is kept, not copied: leave it alone until the request is decided.
//
// Nothing says whether values that are all the empty string are a null dataset: they are decided as if SetUnknown had been called.
func (c *Context) SetAll(key string, values []string) {
	e := c.slot(key)
	if !e.multivalued() {
		if c.lists == nil {
			c.lists = make([][]string, 0, firstLists)
		}
		c.lists = append(c.lists, nil)
		e.list = int32(len(c.lists))
	}
	c.lists[e.list-1] = values
	e.one[0], e.unknown, e.vague = "", false, len(values) > 0 && allEmpty(values)
	c.unknown = c.unknown || e.vague
	c.noVariable |= bucketBit(e.hash)
}

func allEmpty(values []string) bool {
	for _, value := range values {
		if value != "" {
			return false
		}
	}
	return true
}

// isTagKey reports whether key is the value of a tag, such as aws:PrincipalTag/team, s3:ExistingObjectTag/team or
// rds:db-tag/team.
func isTagKey(key string) bool {
	kind, _, ok := strings.Cut(key, "/")
	return ok && len(kind) >= len("tag") && strings.EqualFold(kind[len(kind)-len("tag"):], "tag")
}

// SetUnknown records that the request has values for key, but they could not be derived. Then no Allow statement
// that uses the key applies, and every Deny statement that uses it does.
func (c *Context) SetUnknown(key string) {
	e := c.slot(key)
	e.one[0], e.list, e.unknown, e.vague = "", 0, true, false
	c.unknown = true
	c.noVariable |= bucketBit(e.hash)
}

// SetOnce is Set for a key whose name comes from a tag or from the request. Where c has the key already, in another case of
// letters, its value is unknown: nothing says which of the two a policy means.
func (c *Context) SetOnce(key, value string) {
	if c.lookup(newConditionKey(key)) != nil {
		c.SetUnknown(key)
		return
	}
	c.Set(key, value)
}

// Each calls f for each key, in the order in which they were set; unknown is true where SetUnknown was
// called. The values must not be changed, nor kept beyond the next Set.
func (c *Context) Each(f func(key string, values []string, unknown bool)) {
	for i := range c.entries {
		e := &c.entries[i]
		f(e.name, c.values(e), e.unknown)
	}
}

// Reset empties c and keeps its room, for the next request.
func (c *Context) Reset() {
	clear(c.entries)
	clear(c.lists)
	*c = Context{entries: c.entries[:0], lists: c.lists[:0]}
}

// slot returns the entry of key, made where there is none.
func (c *Context) slot(name string) *entry {
	key := newConditionKey(name)
	if e := c.lookup(key); e != nil {
		return e
	}
	if c.entries == nil {
		c.entries = make([]entry, 0, firstKeys)
	}
	c.entries = append(c.entries, entry{})
	e, bucket := &c.entries[len(c.entries)-1], &c.buckets[key.hash%buckets]
	e.name, e.hash, e.next = name, key.hash, *bucket
	*bucket = int32(len(c.entries))
	return e
}

// lookup returns nil where the request has no such key.
func (c *Context) lookup(key conditionKey) *entry {
	if c == nil {
		return nil
	}
	for i := c.buckets[key.hash%buckets]; i > 0; {
		e := &c.entries[i-1]
		if e.hash == key.hash && (e.name == key.name || strings.EqualFold(e.name, key.name)) {
			return e
		}
		i = e.next
	}
	return nil
}

// conditionKey is a key's name with the hash by which it is found; compiled policies keep it.
type conditionKey struct {
	name string
	hash uint32
}

func newConditionKey(name string) conditionKey {
	return conditionKey{name, foldHash(name)}
}

func bucketBit(hash uint32) uint32 { return 1 << (hash % buckets) }
