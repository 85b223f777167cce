package answer

import (
	"hash/fnv"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/capacity"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

// maxPage is how many bytes of items one Query or Scan evaluates, before filter and projection.
const maxPage = 1 << 20

type pageOutput struct {
	Items            *[]jsontext.Value `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey attr.Item          `json:",omitempty"`
	ConsumedCapacity *capacity.Consumed `json:",omitzero"`
}

// page is a reading of a Query or a Scan, to be answered.
type page struct{ *request.Page }

func readPage(s *store.Store, asked *request.Page) (any, error) {
	q := page{asked}
	if err := q.check(); err != nil {
		return nil, err
	}
	if q.Scan {
		return q.read(s, store.Span{})
	}
	in, err := q.span()
	if err != nil {
		return nil, err
	}
	if err := q.filters(); err != nil {
		return nil, err
	}
	return q.read(s, in)
}

// read evaluates one page of the items in a span.
func (q page) read(s *store.Store, in store.Span) (any, error) {
	in, err := q.behind(in)
	if err != nil {
		return nil, err
	}
	f := found{page: q, items: []jsontext.Value{}, fetching: q.fetches()}
	err = s.View(func(tx store.Tx) error {
		var ok bool
		if f.whole, ok = tx.Items(q.Target.Table); !ok {
			return exception.ResourceNotFound()
		}
		from := f.whole
		if q.From != nil {
			if from, ok = tx.Entries(q.From); !ok {
				return q.noIndex()
			}
		}
		return f.walk(from, in)
	})
	if err != nil {
		return nil, err
	}
	out := &pageOutput{Count: f.count, ScannedCount: f.scanned, LastEvaluatedKey: f.last}
	if !q.Count {
		out.Items = &f.items
	}
	out.ConsumedCapacity = f.cost().Report(q.Capacity, q.Target.Name)
	return out, nil
}

// found is a page while it is read.
type found struct {
	page
	items   []jsontext.Value
	count   int
	scanned int
	size    int        // of the items or entries that were evaluated
	last    attr.Item  // the last key that was evaluated, where the page ended before the span
	whole   store.Rows // the table's items

	fetching bool // what is answered comes from whole
	fetched  fetched
}

// walk evaluates items until the page is full: as many as Limit, or as fit into 1 MB.
func (f *found) walk(rows store.Rows, in store.Span) error {
	var last []byte
	for key, value := range rows.In(in, f.Backward) {
		if !f.owns(key) {
			continue
		}
		r, err := store.DecodeRecord(value)
		if err != nil {
			return err
		}
		if f.scanned > 0 && f.size+f.fetched.size+r.Size > maxPage {
			return f.endAt(last)
		}
		last = key
		if err := f.evaluate(r, key); err != nil {
			return err
		}
		if f.scanned == f.Limit && !f.oneRow() {
			return f.endAt(last)
		}
	}
	return nil
}

func (f *found) evaluate(r store.Record, key []byte) error {
	f.scanned++
	f.size += r.Size
	if f.Filter != nil {
		item, err := r.Item()
		if err != nil {
			return err
		}
		if !f.Filter.Eval(item) {
			return nil
		}
	}
	f.count++
	if f.Count {
		return nil
	}
	if f.fetching {
		var err error
		if r, err = f.fetch(key); err != nil {
			return err
		}
	}
	out, err := project(r, f.Projection)
	f.items = append(f.items, out)
	return err
}

// endAt notes where the next page starts.
func (f *found) endAt(key []byte) (err error) {
	f.last = attr.Item{}
	for _, k := range f.order() {
		if f.last[k.Name], key, err = attr.ReadKey(k.Kind(), key); err != nil {
			return err
		}
	}
	return nil
}

// owns reports whether an item belongs to the segment of a parallel Scan: partitions stay together.
func (q page) owns(key []byte) bool {
	if q.Segments < 2 {
		return true
	}
	_, rest, err := attr.ReadKey(q.Keys.Partition.Kind(), key)
	if err != nil {
		return false
	}
	h := fnv.New32a()
	h.Write(key[:len(key)-len(rest)])
	return int(h.Sum32()%uint32(q.Segments)) == q.Segment
}
