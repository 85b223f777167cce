package documents_test

import (
	"context"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

func TestNamesOfOneSegmentAreTaken(t *testing.T) {
	for _, good := range []string{"a", "pod.pdf", "...", "A-Z_0.9", ".hidden", strings.Repeat("n", documents.MaxNameLength)} {
		if name, err := documents.ParseName(good); err != nil || name.String() != good {
			t.Errorf("ParseName(%q) = %q, %v", good, name, err)
		}
	}
	for _, bad := range []string{"", ".", "..", "a/b", `a\b`, "a b", "a%2fb", "ä", "a\x00", "a\n", strings.Repeat("n", documents.MaxNameLength+1)} {
		_, err := documents.ParseName(bad)
		if err == nil || problem.KindOf(err) != problem.Invalid || len(bad) > 2 && strings.Contains(err.Error(), bad) {
			t.Errorf("ParseName(%q): %v, want an Invalid that does not repeat it", bad, err)
		}
	}
}

func TestTypesAreAClosedSet(t *testing.T) {
	for text, want := range map[string]documents.Type{
		"application/pdf": documents.PDF, "image/png": documents.PNG, "IMAGE/JPEG": documents.JPEG, "application/pdf; version=1.7": documents.PDF,
	} {
		if got, err := documents.ParseType(text); err != nil || got != want {
			t.Errorf("ParseType(%q) = %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "text/html", "application/pdf, text/html", "image/svg+xml", "pdf"} {
		if _, err := documents.ParseType(bad); err == nil || problem.KindOf(err) != problem.UnsupportedMedia {
			t.Errorf("ParseType(%q): %v, want UnsupportedMedia", bad, err)
		}
	}
}

// shipments has 1001 alone.
type shipments struct{}

func (shipments) GetShipment(_ context.Context, id tracking.ShipmentID) (tracking.Shipment, tracking.ETA, error) {
	if id.String() != "1001" {
		return tracking.Shipment{}, tracking.ETA{}, problem.New(problem.NotFound, "no such shipment")
	}
	return tracking.Shipment{ID: id}, tracking.ETA{}, nil
}

// store counts what it is asked; it has no documents.
type store struct {
	documents.Store
	lists, puts int
}

func (s *store) List(context.Context, tracking.ShipmentID) ([]documents.Info, bool, error) {
	s.lists++
	return nil, false, nil
}

func (s *store) Put(context.Context, tracking.ShipmentID, documents.Upload) (documents.Info, error) {
	s.puts++
	return documents.Info{}, nil
}

func TestShipmentAndSizeAreCheckedBeforeAnythingIsStored(t *testing.T) {
	kept := &store{}
	service, err := documents.New(documents.Config{Store: kept, Shipments: shipments{}, MaxBytes: 10})
	if err != nil {
		t.Fatal(err)
	}
	own, errOwn := tracking.ParseShipmentID("1001")
	unknown, errUnknown := tracking.ParseShipmentID("1002")
	if errOwn != nil || errUnknown != nil {
		t.Fatal(errOwn, errUnknown)
	}
	for _, tc := range []struct {
		name string
		id   tracking.ShipmentID
		size int64
		want problem.Kind
	}{
		{"another tenant's shipment, or none's", unknown, 10, problem.NotFound},
		{"a byte too many", own, 11, problem.TooLarge},
		{"too large for a shipment that is not there", unknown, 11, problem.TooLarge},
		{"empty", own, 0, problem.Invalid},
		{"of unknown length", own, -1, problem.Invalid},
	} {
		if _, err := service.Put(t.Context(), tc.id, documents.Upload{Size: tc.size}); err == nil || problem.KindOf(err) != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
	if _, _, err := service.List(t.Context(), unknown); err == nil || problem.KindOf(err) != problem.NotFound {
		t.Errorf("the list of a shipment that is not there: %v", err)
	}
	if kept.lists+kept.puts != 0 {
		t.Fatalf("the store was asked: %+v", kept)
	}
	_, errPut := service.Put(t.Context(), own, documents.Upload{Size: 10})
	_, _, errList := service.List(t.Context(), own)
	if errPut != nil || errList != nil || kept.puts != 1 || kept.lists != 1 {
		t.Errorf("the control: %v, %v, %+v", errPut, errList, kept)
	}
}
