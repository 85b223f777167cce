package policy

// Context holds the condition keys of one request. Key names are case-insensitive, tag keys after the
// slash included. The zero Context is empty and ready to use; it is not safe for concurrent writes.
type Context struct{}

// Set gives key one value. A key that was set before is replaced.
func (c *Context) Set(key, value string) { panic("policy: being written") }

// SetAll makes key multivalued, with the given values (none is legal: the key is present and empty).
func (c *Context) SetAll(key string, values []string) { panic("policy: being written") }

// SetUnknown records that the request gives key values which could not be derived. No Allow statement
// that looks at the key applies, and every Deny statement that looks at it does.
func (c *Context) SetUnknown(key string) { panic("policy: being written") }

// Each calls f for each key, in the order in which they were set; unknown is true where SetUnknown was
// called.
func (c *Context) Each(f func(key string, values []string, unknown bool)) {
	panic("policy: being written")
}
