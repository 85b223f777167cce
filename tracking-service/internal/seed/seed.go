// Package seed holds the demonstration's shipments and writes them for each tenant, relative to the present, so that
// ETAs lie in the future whenever it runs, with their documents and what they are found by. Another run writes the same again. It refuses a file that has
// anything unknown in it.
package seed

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// embedded has the files of the demonstration. To add a tenant, add a file: no code names the tenants.
//
//go:embed data/*.jsonl
var embedded embed.FS

// Files returns the demonstration's files: one for each tenant, <tenant>.jsonl, with one shipment a line.
func Files() fs.FS {
	files, err := fs.Sub(embedded, "data")
	if err != nil {
		panic(err) // the name is a constant
	}
	return files
}

// Putter writes the shipments of the tenant in the context.
type Putter interface {
	Put(ctx context.Context, shipments []tracking.Shipment) error
}

// Index writes what shipments of the tenant in the context are found by.
type Index interface {
	Put(ctx context.Context, entries []search.Entry) error
}

// Stores are where Run writes to.
type Stores struct {
	Table   Putter
	Archive Archive
	Index   Index
}

// Run writes the shipments of each tenant that has a file, by the name of the file, with their documents and what they are found
// by. Times are relative to now. It calls progress with a line for each tenant. It reads all files before it writes
// anything.
func Run(ctx context.Context, files fs.FS, to Stores, now time.Time, progress io.Writer) error {
	all, err := read(files, now)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	for _, t := range all {
		own := tenant.NewContext(ctx, t.id)
		stored, err := t.put(own, to)
		if err != nil {
			return fmt.Errorf("seed: tenant %s: %w", t.id, err)
		}
		if _, err := fmt.Fprintf(progress, "seeded %s: %d shipments, %d documents\n", t.id, len(t.shipments), stored); err != nil {
			return fmt.Errorf("seed: progress: %w", err)
		}
	}
	return nil
}

// put writes all of the tenant, and returns how many documents it has. What searches find is written beside the documents, so
// that it takes no time of its own.
func (t owned) put(ctx context.Context, to Stores) (stored int, err error) {
	if err := to.Table.Put(ctx, t.shipments); err != nil {
		return 0, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return putEntries(ctx, to.Index, t) })
	group.Go(func() (err error) {
		stored, err = putDocuments(ctx, to.Archive, t)
		return err
	})
	return stored, group.Wait()
}

func putEntries(ctx context.Context, index Index, t owned) error {
	entries := make([]search.Entry, 0, len(t.shipments))
	for _, shipment := range t.shipments {
		entry, err := search.NewEntry(shipment)
		if err != nil {
			return err
		}
		entries = append(entries, entry)
	}
	if err := index.Put(ctx, entries); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return nil
}

// PrintTenants prints the tenants that Run would write, one in each line.
func PrintTenants(files fs.FS, now time.Time, to io.Writer) error {
	all, err := read(files, now)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	for _, t := range all {
		if _, err := fmt.Fprintln(to, t.id); err != nil {
			return fmt.Errorf("seed: tenants: %w", err)
		}
	}
	return nil
}

// owned are the shipments of one tenant.
type owned struct {
	id        tenant.ID
	shipments []tracking.Shipment
	documents map[tracking.ShipmentID][]string // names
}

// read returns the tenants in the order of their names, their times relative to now (whole minutes).
func read(files fs.FS, now time.Time) ([]owned, error) {
	names, err := fs.Glob(files, "*.jsonl")
	if err != nil {
		return nil, err
	}
	var all []owned
	for _, name := range names {
		id, err := tenant.Parse(strings.TrimSuffix(name, ".jsonl"))
		if err != nil {
			return nil, fmt.Errorf("%s is not named after a tenant: %w", name, err)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		own, err := parse(text, now.UTC().Truncate(time.Minute))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		own.id = id
		all = append(all, own)
	}
	return all, nil
}

// parse reads JSON Lines: one shipment a line, no two of the same id.
func parse(text []byte, now time.Time) (owned, error) {
	all := owned{documents: map[tracking.ShipmentID][]string{}}
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		shipment, names, err := parseLine(line, now)
		if _, twice := all.documents[shipment.ID]; err == nil && twice {
			err = fmt.Errorf("shipment %s is there twice", shipment.ID)
		}
		if err != nil {
			return owned{}, fmt.Errorf("line %d: %w", i+1, err)
		}
		all.documents[shipment.ID] = names
		all.shipments = append(all.shipments, shipment)
	}
	return all, nil
}

// parseLine returns the shipment, and the names of its documents.
func parseLine(line []byte, now time.Time) (tracking.Shipment, []string, error) {
	var r record
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return tracking.Shipment{}, nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return tracking.Shipment{}, nil, errors.New("something follows the shipment")
	}
	shipment, err := r.shipment(now)
	if err != nil {
		return tracking.Shipment{}, nil, err
	}
	return shipment, r.Documents, shipment.Validate()
}
