// Package seed holds the demonstration's shipments and writes them for each tenant, relative to the present, so that
// ETAs lie ahead whenever it runs. Running it again writes the same shipments anew. It refuses a file with anything in
// it that it does not know.
package seed

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// files has one file for each tenant, <tenant>.jsonl, with one shipment a line.
//
//go:embed data/*.jsonl
var files embed.FS

// tenants are those of the demonstration, in the order in which they are written.
var tenants = []string{"yellow", "blue", "green"}

// Putter writes the shipments of the tenant in the context.
type Putter interface {
	Put(ctx context.Context, shipments []tracking.Shipment) error
}

// Run writes all shipments through store, relative to now, and tells progress of each tenant in a line.
func Run(ctx context.Context, store Putter, now time.Time, progress io.Writer) error {
	for _, name := range tenants {
		id, err := tenant.Parse(name)
		if err != nil {
			return fmt.Errorf("seed: %w", err)
		}
		shipments, err := Shipments(name, now)
		if err != nil {
			return err
		}
		if err := store.Put(tenant.NewContext(ctx, id), shipments); err != nil {
			return fmt.Errorf("seed: tenant %s: %w", name, err)
		}
		if _, err := fmt.Fprintf(progress, "seeded %s: %d shipments\n", name, len(shipments)); err != nil {
			return fmt.Errorf("seed: progress: %w", err)
		}
	}
	return nil
}

// Shipments returns the named tenant's shipments, their times relative to now (whole minutes).
func Shipments(name string, now time.Time) ([]tracking.Shipment, error) {
	text, err := files.ReadFile("data/" + name + ".jsonl")
	if err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	shipments, err := parse(text, now.UTC().Truncate(time.Minute))
	if err != nil {
		return nil, fmt.Errorf("seed: %s.jsonl: %w", name, err)
	}
	return shipments, nil
}

// parse reads JSON Lines: one shipment a line, no two of the same id.
func parse(text []byte, now time.Time) ([]tracking.Shipment, error) {
	var shipments []tracking.Shipment
	seen := map[tracking.ShipmentID]bool{}
	for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		shipment, err := parseLine(line, now)
		if err == nil && seen[shipment.ID] {
			err = fmt.Errorf("shipment %s is there twice", shipment.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		seen[shipment.ID] = true
		shipments = append(shipments, shipment)
	}
	return shipments, nil
}

func parseLine(line []byte, now time.Time) (tracking.Shipment, error) {
	var r record
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return tracking.Shipment{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return tracking.Shipment{}, errors.New("something follows the shipment")
	}
	shipment, err := r.shipment(now)
	if err != nil {
		return tracking.Shipment{}, err
	}
	return shipment, shipment.Validate()
}
