package es

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"

	"example.com/shiptrack/infra/localaws/internal/es/fault"
	"example.com/shiptrack/infra/localaws/internal/es/mapping"
	"example.com/shiptrack/infra/localaws/internal/es/tree"
)

const existing = "resource_already_exists_exception"

func isExisting(err error) bool {
	f, ok := errors.AsType[*fault.Fault](err)
	return ok && f.Type == existing
}

// CreateIndex makes an index with the settings and the mapping of the body, which may be empty.
func (s *Store) CreateIndex(name string, body []byte) (Answer, error) {
	if err := checkName(name); err != nil {
		return Answer{}, err
	}
	m, err := readMeta(body)
	if err != nil {
		return Answer{}, err
	}
	id := make([]byte, 16)
	rand.Read(id) // never fails (crypto/rand)
	m.UUID = base64.RawURLEncoding.EncodeToString(id)
	var refused error
	err = s.made.Commit(func(tx *bbolt.Tx) error {
		root, err := tx.CreateBucketIfNotExists(rootBucket)
		if err != nil {
			return err
		}
		if root.Bucket([]byte(name)) != nil {
			f := fault.New(existing, "index [%s] already exists", name)
			f.Index = name
			refused = f
			return nil
		}
		bucket, err := root.CreateBucket([]byte(name))
		if err != nil {
			return err
		}
		if _, err = bucket.CreateBucket(documentsBucket); err != nil {
			return err
		}
		return putMeta(bucket, m)
	})
	if err = cmp.Or(err, refused); err != nil {
		return Answer{}, err
	}
	return Answer{200, map[string]any{"acknowledged": true, "shards_acknowledged": true, "index": name}}, nil
}

// checkName refuses what OpenSearch refuses, in its words.
func checkName(name string) error {
	reason := ""
	switch {
	case name == "" || name == "." || name == "..":
		reason = "must not be '.' or '..'"
	case len(name) > 255:
		reason = fmt.Sprintf("index name is too long, (%d > 255)", len(name))
	case strings.ContainsAny(name, " \"*\\<|,>/?"):
		reason = `must not contain the following characters [ , ", *, \, <, |, ,, >, /, ?]`
	case strings.Contains(name, "#"):
		reason = "must not contain '#'"
	case strings.Contains(name, ":"):
		reason = "must not contain ':'"
	case strings.ContainsAny(name[:1], "_-+"):
		reason = "must not start with '_', '-', or '+'"
	case strings.ToLower(name) != name:
		reason = "must be lowercase"
	default:
		return nil
	}
	f := fault.New("invalid_index_name_exception", "Invalid index name [%s], %s", name, reason)
	f.Index, f.UUID = name, "_na_"
	return f
}

func readMeta(body []byte) (meta, error) {
	m := meta{Replicas: 1}
	if len(body) == 0 {
		return m, nil
	}
	root, err := tree.Read(body)
	if err != nil {
		return m, fault.New("parse_exception", "Failed to parse content to map")
	}
	if root.Kind != '{' {
		return m, fault.New("not_x_content_exception", "Compressor detection can only be called on some xcontent bytes or compressed xcontent bytes")
	}
	for _, member := range root.Members {
		switch member.Name {
		case "settings":
			err = m.settings(member.Value)
		case "mappings":
			m.Mapping, err = mapping.Parse(member.Value)
		default:
			err = fault.New("parse_exception", "unknown key [%s] for create index", member.Name)
		}
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// settings takes the number of replicas, which is told in answers, and of shards, which must be one: more would rank differently.
func (m *meta) settings(n *tree.Node) error {
	for _, member := range n.Members {
		name, v := strings.TrimPrefix(member.Name, "index."), member.Value
		switch {
		case member.Name == "index" && v.Kind == '{':
			if err := m.settings(v); err != nil {
				return err
			}
		case name == "number_of_shards" && v.Text == "1":
		case name == "number_of_replicas" && len(v.Text) == 1 && v.Text >= "0" && v.Text <= "9":
			m.Replicas = int(v.Text[0] - '0')
		case name == "number_of_shards" || name == "number_of_replicas":
			return fault.Illegal("Failed to parse value [%s] for setting [index.%s]: the embedded index has one shard", v.Raw(), name)
		default:
			return fault.New("settings_exception", "unknown setting [index.%s]", name)
		}
	}
	return nil
}

// DeleteIndex deletes an index with all documents.
func (s *Store) DeleteIndex(name string) (Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if bucketOf(tx, name) == nil {
			return missing(name, aliased)
		}
		return tx.Bucket(rootBucket).DeleteBucket([]byte(name))
	})
	if err != nil {
		return Answer{}, err
	}
	delete(s.used, name)
	return Answer{200, map[string]any{"acknowledged": true}}, nil
}

// GetIndex answers the fields and the settings of an index.
func (s *Store) GetIndex(name string) (Answer, error) {
	h, err := s.shelf(name, aliased)
	if err != nil {
		return Answer{}, err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	settings := map[string]any{
		"number_of_shards": "1", "number_of_replicas": strconv.Itoa(h.meta.Replicas), "uuid": h.meta.UUID, "provided_name": name,
	}
	return Answer{200, map[string]any{name: map[string]any{
		"aliases": map[string]any{}, "mappings": h.meta.Mapping, "settings": map[string]any{"index": settings},
	}}}, nil
}

// GetMapping answers the fields of an index.
func (s *Store) GetMapping(name string) (Answer, error) {
	h, err := s.shelf(name, aliased)
	if err != nil {
		return Answer{}, err
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return Answer{200, map[string]any{name: map[string]any{"mappings": h.meta.Mapping}}}, nil
}
