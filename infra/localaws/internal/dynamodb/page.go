package dynamodb

import (
	"hash/fnv"

	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
)

// maxPage is how many bytes of items one Query or Scan evaluates, before filter and projection.
const maxPage = 1 << 20

type pageOutput struct {
	Items            *[]jsontext.Value `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey attr.Item         `json:",omitempty"`
	ConsumedCapacity *consumedCapacity `json:",omitzero"`
}

// read evaluates one page of the items in a span.
func (s *store) read(q *page, in span) (any, error) {
	in, err := q.behind(in)
	if err != nil {
		return nil, err
	}
	f := found{page: q, items: []jsontext.Value{}, fetching: q.fetches()}
	err = s.view(func(tx *bbolt.Tx) error {
		var from *bbolt.Bucket
		if f.whole = q.target.items(tx); f.whole == nil {
			return exception.ResourceNotFound()
		}
		if from = f.whole; q.from != nil {
			if from = tx.Bucket(q.from.bucket()); from == nil {
				return q.noIndex()
			}
		}
		return f.walk(from.Cursor(), in)
	})
	if err != nil {
		return nil, err
	}
	out := &pageOutput{Count: f.count, ScannedCount: f.scanned, LastEvaluatedKey: f.last}
	if !q.count {
		out.Items = &f.items
	}
	out.ConsumedCapacity = f.cost().report(q.capacity, q.target.name)
	return out, nil
}

// found is a page while it is read.
type found struct {
	*page
	items   []jsontext.Value
	count   int
	scanned int
	size    int           // of the items or entries that were evaluated
	last    attr.Item     // the last key that was evaluated, where the page ended before the span
	whole   *bbolt.Bucket // the table's items

	fetching bool // what is answered comes from whole
	fetched  fetched
}

// walk evaluates items until the page is full: as many as Limit, or as fit into 1 MB.
func (f *found) walk(c *bbolt.Cursor, in span) error {
	key, value := in.first(c, f.backward)
	var last []byte
	for ; key != nil && in.contains(key); key, value = step(c, f.backward) {
		if !f.owns(key) {
			continue
		}
		r, err := decodeRecord(value)
		if err != nil {
			return err
		}
		if f.scanned > 0 && f.size+f.fetched.size+r.size > maxPage {
			return f.endAt(last)
		}
		last = key
		if err := f.evaluate(r, key); err != nil {
			return err
		}
		if f.scanned == f.limit {
			return f.endAt(last)
		}
	}
	return nil
}

func (in span) first(c *bbolt.Cursor, backward bool) (key, value []byte) {
	switch {
	case !backward:
		return c.Seek(in.from)
	case in.to == nil:
		return c.Last()
	}
	if key, _ := c.Seek(in.to); key == nil {
		return c.Last()
	}
	return c.Prev()
}

func step(c *bbolt.Cursor, backward bool) (key, value []byte) {
	if backward {
		return c.Prev()
	}
	return c.Next()
}

func (f *found) evaluate(r record, key []byte) error {
	f.scanned++
	f.size += r.size
	if f.filter != nil {
		item, err := r.item()
		if err != nil {
			return err
		}
		if !f.filter.Eval(item) {
			return nil
		}
	}
	f.count++
	if f.page.count {
		return nil
	}
	if f.fetching {
		var err error
		if r, err = f.fetch(key); err != nil {
			return err
		}
	}
	out, err := r.project(f.projection)
	f.items = append(f.items, out)
	return err
}

// endAt notes where the next page starts.
func (f *found) endAt(key []byte) (err error) {
	f.last = attr.Item{}
	for _, k := range f.order() {
		if f.last[k.Name], key, err = attr.ReadKey(k.kind(), key); err != nil {
			return err
		}
	}
	return nil
}

// owns reports whether an item belongs to the segment of a parallel Scan: partitions stay together.
func (q *page) owns(key []byte) bool {
	if q.segments < 2 {
		return true
	}
	_, rest, err := attr.ReadKey(q.keys.Partition.kind(), key)
	if err != nil {
		return false
	}
	h := fnv.New32a()
	h.Write(key[:len(key)-len(rest)])
	return int(h.Sum32()%uint32(q.segments)) == q.segment
}
