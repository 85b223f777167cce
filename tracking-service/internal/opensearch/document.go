package opensearch

import (
	"errors"
	"time"

	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Names of fields that searches sort and filter by. The index has a mapping for each field of document, and takes no other
// (infra/dev/provision makes it).
const (
	fieldID     = "shipmentId"
	fieldStatus = "statusCode"
	fieldETA    = "eta"
)

// document is a shipment as the index holds it: what is shown of it, and below that what words are looked for in.
type document struct {
	ShipmentID              string    `json:"shipmentId"`
	StatusCode              string    `json:"statusCode"`
	ETA                     time.Time `json:"eta"`
	DelayMinutes            int       `json:"delayMinutes"`
	CarrierCode             string    `json:"carrierCode"`
	CarrierBookingReference string    `json:"carrierBookingReference"`
	Origin                  string    `json:"origin"`
	Destination             string    `json:"destination"`

	Reference  []string `json:"reference,omitempty"`
	Places     []string `json:"places,omitempty"`
	Carrier    []string `json:"carrier,omitempty"`
	Status     []string `json:"status,omitempty"`
	Milestones []string `json:"milestones,omitempty"`
}

// shown are the fields that a search answers.
var shown = []string{fieldID, fieldStatus, fieldETA, "delayMinutes", "carrierCode", "carrierBookingReference", "origin", "destination"}

func documentOf(e search.Entry) document {
	return document{
		ShipmentID: e.ID.String(), StatusCode: string(e.Status), ETA: e.ETA.UTC().Truncate(time.Millisecond), DelayMinutes: e.DelayMinutes,
		CarrierCode: e.Carrier, CarrierBookingReference: e.CarrierBookingReference, Origin: e.Origin.String(), Destination: e.Destination.String(),
		Reference: e.Texts[search.Reference], Places: e.Texts[search.Places], Carrier: e.Texts[search.Carrier],
		Status: e.Texts[search.Status], Milestones: e.Texts[search.Milestones],
	}
}

// summary is what the document shows.
func (d document) summary() (search.Summary, error) {
	id, errID := tracking.ParseShipmentID(d.ShipmentID)
	origin, errOrigin := tracking.ParseUNLocationCode(d.Origin)
	destination, errDestination := tracking.ParseUNLocationCode(d.Destination)
	known, errStatus := search.ParseQuestion("", d.StatusCode)
	err := errors.Join(errID, errOrigin, errDestination, errStatus)
	if err == nil && (d.StatusCode == "" || d.ETA.IsZero()) {
		err = errors.New("no status or no ETA")
	}
	return search.Summary{
		ID: id, Status: known.Status, ETA: d.ETA.UTC(), DelayMinutes: d.DelayMinutes, Carrier: d.CarrierCode,
		CarrierBookingReference: d.CarrierBookingReference, Origin: origin, Destination: destination,
	}, err
}
