package tracking_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// fakeStore holds shipments in the order of their ids, and answers batches backwards.
type fakeStore struct {
	shipments []tracking.Shipment
	err       error
	asked     string
}

func (f *fakeStore) Get(_ context.Context, id tracking.ShipmentID) (tracking.Shipment, error) {
	for _, s := range f.shipments {
		if s.ID == id {
			return s, f.err
		}
	}
	return tracking.Shipment{}, problem.New(problem.NotFound, "no such shipment")
}

func (f *fakeStore) BatchGet(_ context.Context, ids []tracking.ShipmentID) (found []tracking.Shipment, err error) {
	for _, s := range f.shipments {
		for _, id := range ids {
			if s.ID == id {
				found = append([]tracking.Shipment{s}, found...)
			}
		}
	}
	return found, f.err
}

func (f *fakeStore) List(_ context.Context, limit int, after tracking.ShipmentID) ([]tracking.Shipment, tracking.ShipmentID, error) {
	f.asked = fmt.Sprint(limit, " after ", after)
	return f.shipments, f.shipments[len(f.shipments)-1].ID, f.err
}

func newService(t *testing.T, store tracking.Store) *tracking.Service {
	t.Helper()
	service, err := tracking.New(store)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// journeys returns a journey for each id.
func journeys(t *testing.T, ids ...string) (all []tracking.Shipment) {
	t.Helper()
	for _, text := range ids {
		s := journey(t)
		s.ID = id(t, text)
		all = append(all, s)
	}
	return all
}

func TestShipmentIsAnsweredWithItsETA(t *testing.T) {
	service := newService(t, &fakeStore{shipments: journeys(t, "1001", "1002")})
	shipment, eta, err := service.GetShipment(t.Context(), id(t, "1002"))
	if err != nil || shipment.ID != id(t, "1002") || eta.ShipmentID != shipment.ID || !eta.ETA.Equal(at(700)) {
		t.Errorf("GetShipment = %v, %v, %v", shipment.ID, eta, err)
	}
	eta, err = service.GetShippingETA(t.Context(), id(t, "1002"))
	if err != nil || eta.ShipmentID != id(t, "1002") || eta.Status != tracking.Planned {
		t.Errorf("GetShippingETA = %v, %v", eta, err)
	}
	_, err = service.GetShippingETA(t.Context(), id(t, "1003"))
	wantKind(t, err, problem.NotFound)
	_, err = service.GetShippingETA(t.Context(), tracking.ShipmentID{})
	wantKind(t, err, problem.Invalid)
}

func TestMalformedShipmentIsAnInternalError(t *testing.T) {
	bad := journeys(t, "1001", "1002")
	bad[1].Milestones = nil
	service := newService(t, &fakeStore{shipments: bad})
	_, err := service.GetShippingETA(t.Context(), id(t, "1001")) // control
	if err != nil {
		t.Errorf("the well-formed one fails: %v", err)
	}
	_, err = service.GetShippingETA(t.Context(), id(t, "1002"))
	wantKind(t, err, problem.Internal)
	_, _, err = service.BatchGetShipments(t.Context(), []tracking.ShipmentID{id(t, "1002")})
	wantKind(t, err, problem.Internal)
	_, _, err = service.ListShipments(t.Context(), 10, tracking.ShipmentID{})
	wantKind(t, err, problem.Internal)
}

func TestBatchAnswersInTheOrderAsked(t *testing.T) {
	service := newService(t, &fakeStore{shipments: journeys(t, "1001", "1002", "1003")})
	var ids []tracking.ShipmentID
	for _, text := range []string{"9", "1003", "1001", "8", "1002"} {
		ids = append(ids, id(t, text))
	}
	found, notFound, err := service.BatchGetShipments(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, f.Shipment.ID.String()+"="+f.ETA.ShipmentID.String())
	}
	if want := "1003=1003 1001=1001 1002=1002"; strings.Join(got, " ") != want {
		t.Errorf("found %v, want %s", got, want)
	}
	if fmt.Sprint(notFound) != "[9 8]" {
		t.Errorf("not found %v, want 9 and 8", notFound)
	}
}

func TestBatchIsOneToAHundredDifferentIDs(t *testing.T) {
	service := newService(t, &fakeStore{})
	numbered := func(n int) (ids []tracking.ShipmentID) {
		for i := range n {
			ids = append(ids, id(t, fmt.Sprint(i)))
		}
		return ids
	}
	for _, n := range []int{1, 100} {
		if _, notFound, err := service.BatchGetShipments(t.Context(), numbered(n)); err != nil || len(notFound) != n {
			t.Errorf("%d ids: %d not found, error %v", n, len(notFound), err)
		}
	}
	for name, ids := range map[string][]tracking.ShipmentID{
		"none": nil, "too many": numbered(101), "twice": append(numbered(3), id(t, "1")), "zero": {{}},
	} {
		_, _, err := service.BatchGetShipments(t.Context(), ids)
		if wantKind(t, err, problem.Invalid); err != nil && len(problem.From(err).Fields) != 1 {
			t.Errorf("%s: %v names no field", name, err)
		}
	}
}

func TestPageHasOneToAHundredShipments(t *testing.T) {
	store := &fakeStore{shipments: journeys(t, "1001", "1002")}
	service := newService(t, store)
	page, next, err := service.ListShipments(t.Context(), 100, id(t, "1000"))
	if err != nil || len(page) != 2 || next != id(t, "1002") || page[0].ETA.ShipmentID != id(t, "1001") {
		t.Errorf("ListShipments = %v, next %s, %v", page, next, err)
	}
	if store.asked != "100 after 1000" {
		t.Errorf("the store was asked for %q", store.asked)
	}
	for _, limit := range []int{-1, 0, 101} {
		_, _, err := service.ListShipments(t.Context(), limit, tracking.ShipmentID{})
		wantKind(t, err, problem.Invalid)
	}
}

func TestErrorsOfTheStoreAreKept(t *testing.T) {
	cause := problem.New(problem.Denied, "no")
	service := newService(t, &fakeStore{shipments: journeys(t, "1001"), err: cause})
	_, err := service.GetShippingETA(t.Context(), id(t, "1001"))
	_, _, err2 := service.BatchGetShipments(t.Context(), []tracking.ShipmentID{id(t, "1001")})
	_, _, err3 := service.ListShipments(t.Context(), 1, tracking.ShipmentID{})
	for _, err := range []error{err, err2, err3} {
		if !errors.Is(err, cause) {
			t.Errorf("error = %v, want the store's", err)
		}
	}
	if _, err := tracking.New(nil); err == nil {
		t.Error("New without a store is not refused")
	}
}
