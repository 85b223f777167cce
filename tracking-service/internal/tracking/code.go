package tracking

import (
	"fmt"

	"example.com/shiptrack/pkg/problem"
)

// MaxShipmentIDLength bounds a ShipmentID, in bytes (all of its characters are ASCII).
const MaxShipmentIDLength = 64

// noShipment has the form of an id, and is none: it is a path of its own beside those of shipments.
const noShipment = "search"

// ShipmentID names a shipment within its tenant, ^[A-Za-z0-9][A-Za-z0-9-]{0,63}$ but not "search". The zero ShipmentID is none.
type ShipmentID struct{ value string }

// ParseShipmentID returns the id that s spells, or a problem of kind Invalid that names the field shipmentId.
// The error does not repeat s, which may come from an attacker and end in a log.
func ParseShipmentID(s string) (ShipmentID, error) {
	if len(s) == 0 || len(s) > MaxShipmentIDLength || s == noShipment {
		return ShipmentID{}, invalidID()
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && (c != '-' || i == 0) {
			return ShipmentID{}, invalidID()
		}
	}
	return ShipmentID{value: s}, nil
}

func invalidID() error {
	return problem.InvalidField("shipmentId", "must match ^[A-Za-z0-9][A-Za-z0-9-]{0,63}$, and must not be search")
}

func isAlphanumeric(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}

// String returns the id's text; it is empty for the zero id only.
func (id ShipmentID) String() string { return id.value }

// IsZero reports whether id is none.
func (id ShipmentID) IsZero() bool { return id.value == "" }

// UNLocationCode is a place of the UN/LOCODE list, such as DEHAM for Hamburg: country (ISO 3166-1) and three
// characters, ^[A-Z]{2}[A-Z2-9]{3}$ as DCSA has it. Only the form is checked. The zero UNLocationCode is none.
type UNLocationCode struct{ value string }

// ParseUNLocationCode returns the place that s names, or an error where s has not the form.
func ParseUNLocationCode(s string) (UNLocationCode, error) {
	if len(s) != 5 {
		return UNLocationCode{}, errLocation(s)
	}
	for i := range len(s) {
		c := s[i]
		if isLetter := c >= 'A' && c <= 'Z'; !isLetter && (i < 2 || c < '2' || c > '9') {
			return UNLocationCode{}, errLocation(s)
		}
	}
	return UNLocationCode{value: s}, nil
}

func errLocation(s string) error {
	return fmt.Errorf("tracking: %q is not a UN/LOCODE (^[A-Z]{2}[A-Z2-9]{3}$)", s)
}

// String returns the code's text; it is empty for the zero code only.
func (c UNLocationCode) String() string { return c.value }

// IsZero reports whether c is none.
func (c UNLocationCode) IsZero() bool { return c.value == "" }

// MilestoneType is a transport or equipment event type code of DCSA Track & Trace 2.2.
type MilestoneType string

// The milestones of a sea journey, in the order in which they usually happen. ARRI and DEPA are transport
// event types, the others equipment event types.
const (
	GateIn     MilestoneType = "GTIN" // the container came into the terminal
	Loaded     MilestoneType = "LOAD" // it is on the vessel
	Departed   MilestoneType = "DEPA" // the vessel left
	Arrived    MilestoneType = "ARRI" // the vessel came
	Discharged MilestoneType = "DISC" // it is off the vessel
	GateOut    MilestoneType = "GTOT" // it left the terminal; at the destination: it is the consignee's
)

// ParseMilestoneType returns the type whose code s is, or an error where there is none.
func ParseMilestoneType(s string) (MilestoneType, error) {
	if t := MilestoneType(s); t.isKnown() {
		return t, nil
	}
	return "", fmt.Errorf("tracking: %q is not a milestone type", s)
}

func (t MilestoneType) isKnown() bool {
	switch t {
	case GateIn, Loaded, Departed, Arrived, Discharged, GateOut:
		return true
	}
	return false
}

// Status says how far a shipment has come: a closed set.
type Status string

// The statuses, each given by the actual milestones alone.
const (
	Planned   Status = "PLANNED"    // nothing has happened yet
	InTransit Status = "IN_TRANSIT" // something has, but not yet at the destination
	AtPort    Status = "ARRIVED"    // at the destination: arrived or discharged
	Delivered Status = "DELIVERED"  // gone out of the gate at the destination
)
