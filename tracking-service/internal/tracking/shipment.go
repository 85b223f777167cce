// Package tracking is the domain of the tracking service: shipments, their milestones in the vocabulary of
// the DCSA Track & Trace standard, and the one rule that computes the ETA from them. It knows no transport and no
// database, and takes no tenant as a parameter. It refuses a stored shipment that contradicts itself.
package tracking

import (
	"errors"
	"fmt"
	"time"
)

// Shipment is one consignment and the plan of its journey. Valid ones pass Validate.
type Shipment struct {
	ID                         ShipmentID
	CarrierBookingReference    string // 1 to 35 printable ASCII characters, given by the carrier
	TransportDocumentReference string // bill of lading, up to 20 characters; empty until it is issued
	Carrier                    string // SCAC: two to four capital letters
	Origin, Destination        UNLocationCode
	Milestones                 []Milestone // 1 to MaxMilestones, in the order of the plan
}

// MaxMilestones bounds the milestones of one shipment, so that an item stays far below DynamoDB's 400 KB.
const MaxMilestones = 50

// Milestone is a thing that the carrier plans to happen at a place. Its three times are the event classifier
// codes of DCSA: PLN, EST and ACT; of these only the plan is always there.
type Milestone struct {
	Type      MilestoneType
	Location  UNLocationCode
	Planned   time.Time
	Estimated *time.Time // the carrier's own estimate: shown, not used for the ETA
	Actual    *time.Time // set once it has happened
}

// ErrMalformed says that a shipment contradicts itself (see Shipment.Validate): it has no ETA.
var ErrMalformed = errors.New("tracking: malformed shipment")

// Times outside these years are mistakes. The bounds also keep every difference of two of them within a
// time.Duration, which saturates silently at 292 years.
const (
	minYear = 2000
	maxYear = 2199
)

// Validate returns nil for a shipment from which an ETA follows, and else an error that is ErrMalformed: a
// field out of its form, a journey that ends where it began, no milestones or too many of them, a time outside
// the years 2000 to 2199, or not exactly one arrival at the destination.
func (s Shipment) Validate() error {
	switch {
	case s.ID.IsZero():
		return malformed(s.ID, "no id")
	case !isText(s.CarrierBookingReference, 1, 35):
		return malformed(s.ID, "carrier booking reference is not 1 to 35 printable ASCII characters")
	case !isText(s.TransportDocumentReference, 0, 20):
		return malformed(s.ID, "transport document reference is not up to 20 printable ASCII characters")
	case !isSCAC(s.Carrier):
		return malformed(s.ID, "carrier is not a SCAC of two to four capital letters")
	case s.Origin.IsZero(), s.Destination.IsZero(), s.Origin == s.Destination:
		return malformed(s.ID, "origin and destination must be two places")
	case len(s.Milestones) == 0, len(s.Milestones) > MaxMilestones:
		return malformed(s.ID, fmt.Sprintf("%d milestones, want 1 to %d", len(s.Milestones), MaxMilestones))
	}
	arrivals := 0
	for i, m := range s.Milestones {
		if reason := m.fault(); reason != "" {
			return malformed(s.ID, fmt.Sprintf("milestone %d: %s", i, reason))
		}
		if m.Type == Arrived && m.Location == s.Destination {
			arrivals++
		}
	}
	if arrivals != 1 {
		return malformed(s.ID, fmt.Sprintf("%d arrivals at the destination, want one", arrivals))
	}
	return nil
}

func malformed(id ShipmentID, reason string) error {
	return fmt.Errorf("%w %s: %s", ErrMalformed, id, reason)
}

// fault says what is wrong with m; it is empty where nothing is.
func (m Milestone) fault() string {
	switch {
	case !m.Type.isKnown():
		return "unknown type"
	case m.Location.IsZero():
		return "no location"
	case !isPlausible(m.Planned):
		return "no planned time in 2000 to 2199"
	case m.Estimated != nil && !isPlausible(*m.Estimated):
		return "estimated time is not in 2000 to 2199"
	case m.Actual != nil && !isPlausible(*m.Actual):
		return "actual time is not in 2000 to 2199"
	}
	return ""
}

func isPlausible(t time.Time) bool {
	year := t.UTC().Year()
	return year >= minYear && year <= maxYear
}

func isText(s string, shortest, longest int) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) >= shortest && len(s) <= longest
}

func isSCAC(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return len(s) >= 2 && len(s) <= 4
}
