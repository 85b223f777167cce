package es

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/es/index"
	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

// shelf is one index: what is on disk and what is in memory.
type shelf struct {
	db   *bbolt.DB
	name string

	mu     sync.RWMutex
	meta   meta
	memory *index.Index // nil: not loaded
}

// meta is what is kept of an index beside its documents.
type meta struct {
	UUID     string          `json:"uuid"`
	Replicas int             `json:"replicas"` // told in answers, not made
	Mapping  mapping.Mapping `json:"mapping"`
}

var (
	metaKey         = []byte("meta")
	documentsBucket = []byte("documents")
)

// record is a document as it is kept. One that was deleted keeps its version and has no source.
type record struct {
	seqNo, version uint64
	source         []byte
}

func (r record) encode() []byte {
	head := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, r.seqNo), r.version)
	return append(head, r.source...)
}

// decodeRecord reads what is kept under an id; ok is false where nothing is. The source is of the transaction.
func decodeRecord(b []byte) (r record, ok bool) {
	if len(b) < 16 {
		return record{}, false
	}
	return record{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), b[16:]}, true
}

// load builds the memory of the index, unless it is there.
func (h *shelf) load() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.memory != nil {
		return nil
	}
	return h.build()
}

func (h *shelf) build() error {
	err := h.db.View(func(tx *bbolt.Tx) error {
		bucket := bucketOf(tx, h.name)
		if bucket == nil {
			return missing(h.name, expression)
		}
		if err := json.Unmarshal(bucket.Get(metaKey), &h.meta); err != nil {
			return fmt.Errorf("index %s: %w", h.name, err)
		}
		memory, err := h.read(bucket.Bucket(documentsBucket))
		h.memory = memory
		return err
	})
	return err
}

// read adds the documents in the order in which they were written.
func (h *shelf) read(bucket *bbolt.Bucket) (*index.Index, error) {
	type entry struct {
		id string
		record
	}
	var entries []entry
	err := bucket.ForEach(func(key, value []byte) error {
		if r, ok := decodeRecord(value); ok && len(r.source) > 0 {
			entries = append(entries, entry{string(key), r})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.seqNo, b.seqNo) })
	memory := index.New()
	for _, e := range entries {
		d, err := h.fieldsOf(e.id, e.source)
		if err != nil {
			return nil, fmt.Errorf("index %s, document %s: %w", h.name, e.id, err)
		}
		memory.Add(e.id, d)
	}
	return memory, nil
}

// fieldsOf reads a source that the index has accepted before.
func (h *shelf) fieldsOf(id string, source []byte) (mapping.Document, error) {
	root, err := tree.Read(source)
	if err != nil {
		return mapping.Document{}, err
	}
	d, _, err := h.meta.Mapping.Read(id, root)
	return d, err
}

// update changes the index on disk. The bucket is that of this very index, not of one that has taken its name.
func (h *shelf) update(change func(bucket *bbolt.Bucket) error) error {
	return h.db.Update(func(tx *bbolt.Tx) error {
		bucket := bucketOf(tx, h.name)
		if bucket == nil {
			return missing(h.name, expression)
		}
		var kept meta
		if err := json.Unmarshal(bucket.Get(metaKey), &kept); err != nil {
			return err
		}
		if kept.UUID != h.meta.UUID {
			return missing(h.name, expression)
		}
		return change(bucket)
	})
}

func putMeta(bucket *bbolt.Bucket, m meta) error {
	value, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return err
	}
	return bucket.Put(metaKey, value)
}
