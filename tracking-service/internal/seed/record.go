package seed

import (
	"errors"
	"fmt"
	"time"

	"example.com/shiptrack/tracking-service/internal/tracking"
)

// record is a line of a file.
type record struct {
	ShipmentID                 string   `json:"shipmentId"`
	CarrierBookingReference    string   `json:"carrierBookingReference"`
	TransportDocumentReference string   `json:"transportDocumentReference"`
	Carrier                    string   `json:"carrier"`
	Origin                     string   `json:"origin"`
	Destination                string   `json:"destination"`
	Documents                  []string `json:"documents"` // names of makers; none where it is not there
	Milestones                 []struct {
		Type      string `json:"type"`
		Location  string `json:"location"`
		Planned   offset `json:"planned"`
		Estimated offset `json:"estimated"`
		Actual    offset `json:"actual"` // never ahead of now
	} `json:"milestones"`
}

// offset is a time relative to the present: a sign and a duration, such as +36h or -2h30m. Empty is no time.
type offset string

func (o offset) at(now time.Time) (*time.Time, error) {
	if o == "" {
		return nil, nil
	}
	if o[0] != '+' && o[0] != '-' {
		return nil, fmt.Errorf("time %q has no sign", o)
	}
	d, err := time.ParseDuration(string(o))
	if err != nil {
		return nil, err
	}
	t := now.Add(d)
	return &t, nil
}

func (r record) shipment(now time.Time) (tracking.Shipment, error) {
	id, errID := tracking.ParseShipmentID(r.ShipmentID)
	origin, errOrigin := tracking.ParseUNLocationCode(r.Origin)
	destination, errDestination := tracking.ParseUNLocationCode(r.Destination)
	faults := []error{errID, errOrigin, errDestination, checkDocuments(r.Documents)}
	shipment := tracking.Shipment{
		ID: id, CarrierBookingReference: r.CarrierBookingReference,
		TransportDocumentReference: r.TransportDocumentReference, Carrier: r.Carrier,
		Origin: origin, Destination: destination,
	}
	for i, m := range r.Milestones {
		kind, errType := tracking.ParseMilestoneType(m.Type)
		location, errLocation := tracking.ParseUNLocationCode(m.Location)
		planned, errPlanned := m.Planned.at(now)
		estimated, errEstimated := m.Estimated.at(now)
		actual, errActual := m.Actual.at(now)
		faults = append(faults, errType, errLocation, errPlanned, errEstimated, errActual)
		switch {
		case planned == nil:
			faults = append(faults, fmt.Errorf("milestone %d has no planned time", i))
			continue
		case actual != nil && actual.After(now):
			faults = append(faults, fmt.Errorf("milestone %d has happened in the future", i))
		}
		shipment.Milestones = append(shipment.Milestones, tracking.Milestone{
			Type: kind, Location: location, Planned: *planned, Estimated: estimated, Actual: actual,
		})
	}
	return shipment, errors.Join(faults...)
}
