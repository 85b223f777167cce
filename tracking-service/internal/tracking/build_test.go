package tracking_test

import (
	"testing"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

var epoch = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func at(hours float64) time.Time { return epoch.Add(time.Duration(hours * float64(time.Hour))) }

func place(t testing.TB, code string) tracking.UNLocationCode {
	t.Helper()
	c, err := tracking.ParseUNLocationCode(code)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func id(t testing.TB, text string) tracking.ShipmentID {
	t.Helper()
	parsed, err := tracking.ParseShipmentID(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// journey is a shipment from Shanghai to Hamburg: planned to leave at hour 0, to arrive at hour 700, to be discharged at
// 710 and gone at 730.
func journey(t testing.TB) tracking.Shipment {
	t.Helper()
	shanghai, hamburg := place(t, "CNSHA"), place(t, "DEHAM")
	return tracking.Shipment{
		ID: id(t, "1001"), CarrierBookingReference: "B123", Carrier: "MAEU", Origin: shanghai, Destination: hamburg,
		Milestones: []tracking.Milestone{
			{Type: tracking.GateIn, Location: shanghai, Planned: at(-48)},
			{Type: tracking.Departed, Location: shanghai, Planned: at(0)},
			{Type: tracking.Arrived, Location: place(t, "SGSIN"), Planned: at(120)},
			{Type: tracking.Arrived, Location: hamburg, Planned: at(700)},
			{Type: tracking.Discharged, Location: hamburg, Planned: at(710)},
			{Type: tracking.GateOut, Location: hamburg, Planned: at(730)},
		},
	}
}

// happened notes the actual time of the milestone at index i.
func happened(s *tracking.Shipment, i int, hours float64) {
	actual := at(hours)
	s.Milestones[i].Actual = &actual
}

func wantKind(t testing.TB, err error, want problem.Kind) {
	t.Helper()
	if err == nil || problem.KindOf(err) != want {
		t.Errorf("error = %v, want kind %v", err, want)
	}
}
