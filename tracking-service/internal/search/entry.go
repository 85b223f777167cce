package search

import (
	"fmt"
	"slices"
	"time"

	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Field is a kind of text that words are looked for in.
type Field string

// The fields.
const (
	Reference  Field = "reference"  // the carrier's booking, the bill of lading
	Places     Field = "places"     // of the journey: names and UN/LOCODEs
	Carrier    Field = "carrier"    // SCAC and name
	Status     Field = "status"     // how far it is, and whether it is late
	Milestones Field = "milestones" // what has happened, and where
)

// Fields returns all fields, in the order in which they are shown.
func Fields() []Field { return []Field{Reference, Places, Carrier, Status, Milestones} }

// Summary is what a hit shows of a shipment.
type Summary struct {
	ID                      tracking.ShipmentID
	Status                  tracking.Status
	ETA                     time.Time // UTC
	DelayMinutes            int       // as tracking.ETA has it
	Carrier                 string    // SCAC
	CarrierBookingReference string
	Origin, Destination     tracking.UNLocationCode
}

// Entry is what an index holds of a shipment.
type Entry struct {
	Summary
	Texts map[Field][]string // each field has at least one, but for Milestones
}

// NewEntry returns the entry of a shipment, or an error that is tracking.ErrMalformed.
func NewEntry(s tracking.Shipment) (Entry, error) {
	eta, err := s.EstimateArrival()
	if err != nil {
		return Entry{}, err
	}
	return Entry{
		Summary: Summary{
			ID: s.ID, Status: eta.Status, ETA: eta.ETA, DelayMinutes: eta.DelayMinutes, Carrier: s.Carrier,
			CarrierBookingReference: s.CarrierBookingReference, Origin: s.Origin, Destination: s.Destination,
		},
		Texts: map[Field][]string{
			Reference:  referencesOf(s),
			Places:     placesOf(s),
			Carrier:    {named(s.Carrier, carriers[s.Carrier])},
			Status:     {statusWords[eta.Status] + ", " + punctuality(eta.DelayMinutes)},
			Milestones: happened(s),
		},
	}, nil
}

func referencesOf(s tracking.Shipment) []string {
	if s.TransportDocumentReference == "" {
		return []string{s.CarrierBookingReference}
	}
	return []string{s.CarrierBookingReference, s.TransportDocumentReference}
}

// placesOf are all places of the journey, each once.
func placesOf(s tracking.Shipment) []string {
	codes := []tracking.UNLocationCode{s.Origin, s.Destination}
	for _, m := range s.Milestones {
		if !slices.Contains(codes, m.Location) {
			codes = append(codes, m.Location)
		}
	}
	texts := make([]string, 0, len(codes))
	for _, code := range codes {
		texts = append(texts, named(code.String(), places[code.String()]))
	}
	return texts
}

// named is a code beside its name, where it has one.
func named(code, name string) string {
	if name == "" {
		return code
	}
	return name + " " + code
}

var statusWords = map[tracking.Status]string{
	tracking.Planned: "planned", tracking.InTransit: "in transit", tracking.AtPort: "arrived", tracking.Delivered: "delivered",
}

func punctuality(delayMinutes int) string {
	switch {
	case delayMinutes > 0:
		return fmt.Sprintf("delayed %d h %d min", delayMinutes/60, delayMinutes%60)
	case delayMinutes < 0:
		return "early"
	}
	return "on time"
}

var milestoneWords = map[tracking.MilestoneType]string{
	tracking.GateIn: "gate in", tracking.Loaded: "loaded", tracking.Departed: "departed", tracking.Arrived: "arrived",
	tracking.Discharged: "discharged", tracking.GateOut: "gate out",
}

// happened are the milestones that have.
func happened(s tracking.Shipment) []string {
	var texts []string
	for _, m := range s.Milestones {
		if m.Actual != nil {
			texts = append(texts, milestoneWords[m.Type]+" "+named(m.Location.String(), places[m.Location.String()]))
		}
	}
	return texts
}
