package rest

import (
	"time"

	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

func etaBody(eta tracking.ETA) trackingapi.ETA {
	body := trackingapi.ETA{
		ShipmentID:     eta.ShipmentID.String(),
		Status:         trackingapi.Status(eta.Status),
		Eta:            eta.ETA,
		PlannedArrival: eta.PlannedArrival,
		DelayMinutes:   int64(eta.DelayMinutes),
	}
	if eta.LastMilestone != nil {
		last := milestoneBody(*eta.LastMilestone)
		body.LastMilestone = &last
	}
	return body
}

func shipmentBody(s tracking.Shipment, eta tracking.ETA) trackingapi.Shipment {
	arrival := etaBody(eta)
	body := trackingapi.Shipment{
		ShipmentID:              s.ID.String(),
		Carrier:                 s.Carrier,
		CarrierBookingReference: s.CarrierBookingReference,
		Origin:                  s.Origin.String(),
		Destination:             s.Destination.String(),
		Status:                  arrival.Status,
		Eta:                     arrival.Eta,
		PlannedArrival:          arrival.PlannedArrival,
		DelayMinutes:            arrival.DelayMinutes,
		LastMilestone:           arrival.LastMilestone,
		Milestones:              make([]trackingapi.Milestone, 0, len(s.Milestones)),
	}
	if s.TransportDocumentReference != "" {
		body.TransportDocumentReference = &s.TransportDocumentReference
	}
	for _, m := range s.Milestones {
		body.Milestones = append(body.Milestones, milestoneBody(m))
	}
	return body
}

func shipmentBodies(shipments []tracking.ShipmentWithETA) []trackingapi.Shipment {
	bodies := make([]trackingapi.Shipment, 0, len(shipments))
	for _, s := range shipments {
		bodies = append(bodies, shipmentBody(s.Shipment, s.ETA))
	}
	return bodies
}

func milestoneBody(m tracking.Milestone) trackingapi.Milestone {
	return trackingapi.Milestone{
		Type:      trackingapi.MilestoneType(m.Type),
		Location:  m.Location.String(),
		Planned:   m.Planned.UTC(),
		Estimated: inUTC(m.Estimated),
		Actual:    inUTC(m.Actual),
	}
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}
