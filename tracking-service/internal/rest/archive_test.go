package rest_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

const maxDocument = 1 << 20

var stored = time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)

// file is a document as the archive keeps it.
type file struct {
	kind    documents.Type
	content []byte
}

// archive is a documents.Store in memory, by tenant, shipment and name.
type archive struct {
	mu     sync.Mutex
	files  map[string]file
	err    error // answered instead, where set
	opened int
	read   bytes.Buffer // what was read of the documents
	// replace, where set, is called before each Open.
	replace func()
}

func (a *archive) key(ctx context.Context, shipment tracking.ShipmentID, name string) (string, error) {
	id, err := tenant.FromContext(ctx)
	if a.err != nil {
		err = a.err
	}
	return id.String() + "/" + shipment.String() + "/" + name, err
}

func infoOf(key string, f file) documents.Info {
	name, _ := documents.ParseName(key[strings.LastIndex(key, "/")+1:])
	return documents.Info{
		Name: name, Type: f.kind, Size: int64(len(f.content)), ETag: fmt.Sprintf(`"%08x"`, crc32.ChecksumIEEE(f.content)), Modified: stored,
	}
}

func (a *archive) List(ctx context.Context, shipment tracking.ShipmentID) (list []documents.Info, more bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	prefix, err := a.key(ctx, shipment, "")
	for _, key := range slices.Sorted(maps.Keys(a.files)) {
		if strings.HasPrefix(key, prefix) {
			list = append(list, infoOf(key, a.files[key]))
		}
	}
	return list, false, err
}

func (a *archive) Find(ctx context.Context, shipment tracking.ShipmentID, name documents.Name) (documents.Info, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key, err := a.key(ctx, shipment, name.String())
	if f, exists := a.files[key]; err == nil && exists {
		return infoOf(key, f), nil
	} else if err == nil {
		err = problem.New(problem.NotFound, "no such document")
	}
	return documents.Info{}, err
}

func (a *archive) Open(ctx context.Context, shipment tracking.ShipmentID, found documents.Info, part *documents.Section) (documents.Content, error) {
	if a.replace != nil {
		a.replace()
	}
	now, err := a.Find(ctx, shipment, found.Name)
	switch {
	case err != nil:
		return documents.Content{}, err
	case now.ETag != found.ETag:
		return documents.Content{}, problem.Wrap(problem.PreconditionFailed, documents.ErrReplaced, "replaced")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opened++
	key, err := a.key(ctx, shipment, found.Name.String())
	content := a.files[key].content
	if part != nil {
		content = content[part.First : part.Last+1]
	}
	return documents.Content{Info: now, Body: io.NopCloser(io.TeeReader(bytes.NewReader(content), &a.read))}, err
}

func (a *archive) Put(ctx context.Context, shipment tracking.ShipmentID, upload documents.Upload) (documents.Info, error) {
	content, err := io.ReadAll(upload.Body)
	if err != nil {
		return documents.Info{}, problem.Wrap(problem.Invalid, err, "the body ended before its Content-Length")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key, err := a.key(ctx, shipment, upload.Name.String())
	if _, exists := a.files[key]; exists && upload.OnlyNew {
		err = problem.Wrap(problem.PreconditionFailed, documents.ErrReplaced, "there is one")
	}
	if err != nil {
		return documents.Info{}, err
	}
	a.files[key] = file{upload.Type, content}
	info := infoOf(key, a.files[key])
	info.Modified = time.Time{}
	return info, nil
}
