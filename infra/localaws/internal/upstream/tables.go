package upstream

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
)

// fresh is how long a schema holds that was learnt from the upstream. It bounds what DynamoDB says of how
// soon a table that was changed behind the gateway is authorized by its new schema.
const fresh = 2 * time.Second

// maxTables bounds the memory that callers can fill with names of tables.
const maxTables = 4096

// tables learns the schemas of the upstream's tables. It is safe for concurrent use.
type tables struct {
	endpoint *endpoint
	now      func() time.Time
	lookups  singleflight.Group

	mu         sync.Mutex
	generation uint64 // counts calls of forget
	known      map[string]knownTable
}

// knownTable is what the upstream said; schema is nil where it said that there is no such table.
type knownTable struct {
	schema *request.Schema
	asked  time.Time
}

func newTables(e *endpoint) *tables {
	return &tables{endpoint: e, now: e.now, known: map[string]knownTable{}}
}

// Schema returns the schema of a table, nil where there is none. Concurrent calls share one question to the
// upstream, so the question does not end when one caller goes away.
func (t *tables) Schema(ctx context.Context, name string) (*request.Schema, error) {
	now := t.now()
	t.mu.Lock()
	generation := t.generation
	known, ok := t.known[name]
	t.mu.Unlock()
	// A clock that was set back must not make a schema hold longer.
	if age := now.Sub(known.asked); ok && age >= 0 && age < fresh {
		return known.schema, nil
	}
	// A call does not share a question from before a change of tables: the answer may be outdated.
	key := strconv.FormatUint(generation, 10) + "/" + name
	answer := t.lookups.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), learnTime, errLate)
		defer cancel()
		schema, err := t.endpoint.describe(ctx, name)
		if err == nil {
			t.keep(name, generation, knownTable{schema, now})
		}
		return schema, err
	})
	select {
	case <-ctx.Done():
		return nil, unavailable(context.Cause(ctx))
	case a := <-answer:
		schema, _ := a.Val.(*request.Schema)
		return schema, a.Err
	}
}

// keep notes what was learnt, unless tables may have changed since it was asked for.
func (t *tables) keep(name string, generation uint64, known knownTable) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.generation != generation {
		return
	}
	if len(t.known) >= maxTables {
		clear(t.known)
	}
	t.known[name] = known
}

// forget drops all that is known.
func (t *tables) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.generation++
	clear(t.known)
}

// reading notes the schemas by which one request was read. It is not safe for concurrent use.
type reading struct {
	tables *tables
	told   map[string]*request.Schema
}

// Schema is that of tables; one request is read by one schema of a table.
func (r *reading) Schema(ctx context.Context, name string) (*request.Schema, error) {
	if schema, ok := r.told[name]; ok {
		return schema, nil
	}
	schema, err := r.tables.Schema(ctx, name)
	if err == nil {
		r.told[name] = schema
	}
	return schema, err
}

// check refuses a request whose tables changed after it was authorized.
func (r *reading) check(ctx context.Context) error {
	for name, told := range r.told {
		schema, err := r.tables.Schema(ctx, name)
		if err != nil {
			return err
		}
		if !same(told, schema) {
			return unavailable(errChanged)
		}
	}
	return nil
}

func same(a, b *request.Schema) bool {
	if a == b || a == nil || b == nil { // mostly it is the very same
		return a == b
	}
	return a.Partition == b.Partition && a.Sort == b.Sort && maps.Equal(a.Indexes, b.Indexes) && maps.Equal(a.Types, b.Types) &&
		maps.Equal(a.Tags, b.Tags)
}
