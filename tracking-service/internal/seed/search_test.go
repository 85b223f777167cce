package seed

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/search"
)

// catalogue is an Index that keeps what it is given, by tenant and shipment.
type catalogue map[string]map[string]search.Entry

func (c catalogue) Put(ctx context.Context, entries []search.Entry) error {
	id, err := tenant.FromContext(ctx)
	if err != nil {
		return err
	}
	if c[id.String()] == nil {
		c[id.String()] = map[string]search.Entry{}
	}
	for _, e := range entries {
		c[id.String()][e.ID.String()] = e
	}
	return nil
}

func TestEachShipmentIsFoundByTheNamesOfItsPlacesAndCarrier(t *testing.T) {
	all, shipments := catalogue{}, table{}
	if err := Run(t.Context(), Files(), Stores{shipments, cabinet{}, all}, now, &strings.Builder{}); err != nil {
		t.Fatal(err)
	}
	for _, owner := range tenants {
		if len(all[owner]) != len(shipments[owner]) {
			t.Errorf("%s has %d entries for %d shipments", owner, len(all[owner]), len(shipments[owner]))
		}
		for id, e := range all[owner] {
			for _, text := range append(e.Texts[search.Places], e.Texts[search.Carrier]...) {
				if !strings.Contains(text, " ") {
					t.Errorf("%s's %s: %q has no name", owner, id, text)
				}
			}
		}
	}
	if got := all["yellow"]["1001"].Texts[search.Places][1]; got != "Hamburg DEHAM" {
		t.Errorf("yellow's 1001 goes to %q", got)
	}
}

type lost struct{ err error }

func (l lost) Put(context.Context, []search.Entry) error { return l.err }

func TestErrorOfTheIndexEndsTheRun(t *testing.T) {
	cause := errors.New("denied")
	var progress bytes.Buffer
	err := Run(t.Context(), Files(), Stores{table{}, cabinet{}, lost{cause}}, now, &progress)
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "index") || progress.Len() > 0 {
		t.Errorf("Run = %v with progress %q, want the index's error and none", err, progress.String())
	}
}
