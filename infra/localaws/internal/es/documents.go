package es

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

// maxID bounds the id of a document, in bytes.
const maxID = 512

// written is the answer to a write of one document.
type written struct {
	Index         string `json:"_index"`
	ID            string `json:"_id"`
	Version       uint64 `json:"_version"`
	Result        string `json:"result"`
	ForcedRefresh bool   `json:"forced_refresh,omitzero"`
	Shards        shards `json:"_shards"`
	SeqNo         uint64 `json:"_seq_no"`
	PrimaryTerm   int    `json:"_primary_term"`
}

// Refreshed is the answer to a write that asked for its document to be found at once, which it always is here.
func (a Answer) Refreshed() Answer {
	if w, ok := a.Body.(written); ok {
		w.ForcedRefresh = true
		a.Body = w
	}
	return a
}

type shards struct {
	Total      int `json:"total"`
	Successful int `json:"successful"`
	Failed     int `json:"failed"`
}

// Put writes a document, and makes the index if there is none. It is found by the next search.
func (s *Store) Put(name, id string, body []byte) (Answer, error) {
	source, err := readDocument(id, body)
	if err != nil {
		return Answer{}, err
	}
	h, err := s.shelf(name, expression)
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Resource != "" {
		if _, err = s.CreateIndex(name, nil); err != nil && !isExisting(err) {
			return Answer{}, err
		}
		h, err = s.shelf(name, expression)
	}
	if err != nil {
		return Answer{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	d, grown, err := h.meta.Mapping.Read(id, source)
	if err != nil {
		return Answer{}, err
	}
	return h.write(id, body, &d, grown)
}

func readDocument(id string, body []byte) (*tree.Node, error) {
	switch {
	case len(body) == 0:
		return nil, fault.New("parse_exception", "request body is required")
	case id == "" || len(id) > maxID:
		return nil, fault.New("action_request_validation_exception", "Validation Failed: 1: id [%s] is too long, must be no longer than %d bytes but was: %d;", id, maxID, len(id))
	}
	source, err := tree.Read(body)
	if err != nil || source.Kind != '{' {
		return nil, fault.New("mapper_parsing_exception", "failed to parse")
	}
	return source, nil
}

// write puts a document, or where d is nil deletes it, on disk and then in memory. grown is the mapping with new fields, or nil. The
// caller holds the lock.
func (h *shelf) write(id string, source []byte, d *mapping.Document, grown *mapping.Mapping) (Answer, error) {
	after := h.meta
	if grown != nil {
		after.Mapping = *grown
	}
	var before, now record
	err := h.update(func(bucket *bbolt.Bucket) error {
		documents := bucket.Bucket(documentsBucket)
		before, _ = decodeRecord(documents.Get([]byte(id)))
		before.source = slices.Clone(before.source)
		next, err := documents.NextSequence()
		if err != nil {
			return err
		}
		now = record{next - 1, before.version + 1, source}
		if err := documents.Put([]byte(id), now.encode()); err != nil || grown == nil {
			return err
		}
		return putMeta(bucket, after)
	})
	if err != nil {
		return Answer{}, err
	}
	if err := h.remember(id, before, d); err != nil {
		return Answer{}, err
	}
	h.meta = after
	if h.memory.Sparse() {
		if err := h.build(); err != nil {
			return Answer{}, err
		}
	}
	return h.answer(id, now, len(before.source) > 0), nil
}

// remember puts a document into memory, or where d is nil takes it out.
func (h *shelf) remember(id string, before record, d *mapping.Document) error {
	if len(before.source) > 0 {
		old, err := h.fieldsOf(id, before.source)
		if err != nil {
			return err
		}
		h.memory.Remove(id, old)
	}
	if d != nil {
		h.memory.Add(id, *d)
	}
	return nil
}

func (h *shelf) answer(id string, now record, existed bool) Answer {
	a := Answer{Status: 200}
	result := "updated"
	switch deleted := len(now.source) == 0; {
	case deleted && !existed:
		a.Status, result = 404, "not_found"
	case deleted:
		result = "deleted"
	case !existed:
		a.Status, result = 201, "created"
	}
	a.Body = written{
		Index: h.name, ID: id, Version: now.version, Result: result, Shards: shards{1 + h.meta.Replicas, 1, 0}, SeqNo: now.seqNo, PrimaryTerm: 1,
	}
	return a
}

// Delete deletes a document; one that does not exist is answered with 404.
func (s *Store) Delete(name, id string) (Answer, error) {
	h, err := s.shelf(name, expression)
	if err != nil {
		return Answer{}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.write(id, nil, nil, nil)
}

// found is the answer to a Get.
type found struct {
	Index       string         `json:"_index"`
	ID          string         `json:"_id"`
	Version     uint64         `json:"_version,omitzero"`
	SeqNo       *uint64        `json:"_seq_no,omitempty"`
	PrimaryTerm int            `json:"_primary_term,omitzero"`
	Found       bool           `json:"found"`
	Source      jsontext.Value `json:"_source,omitzero"`
}

// Get answers one document; one that does not exist with 404.
func (s *Store) Get(name, id string) (Answer, error) {
	h, err := s.shelf(name, expression)
	if err != nil {
		return Answer{}, err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	r, ok, err := h.fetch(id)
	if err != nil || !ok {
		return Answer{404, found{Index: h.name, ID: id}}, err
	}
	return Answer{200, found{h.name, id, r.version, &r.seqNo, 1, true, r.source}}, nil
}

// fetch reads a document from disk.
func (h *shelf) fetch(id string) (r record, ok bool, err error) {
	err = h.db.View(func(tx *bbolt.Tx) error {
		bucket := bucketOf(tx, h.name)
		if bucket == nil {
			return missing(h.name, "index_expression")
		}
		r, ok = decodeRecord(bucket.Bucket(documentsBucket).Get([]byte(id)))
		r.source = slices.Clone(r.source)
		return nil
	})
	return r, ok && len(r.source) > 0, err
}
