package dynamo

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/tracking-service/internal/tracking"
)

// item is a shipment as it is stored, beside the key attributes: one item a shipment, its milestones in a list.
// Times are RFC 3339 in UTC, without trailing zeros of the second's fraction. Attributes that it does not name are
// left to newer versions of the service.
type item struct {
	ShipmentID                 string      `dynamodbav:"ShipmentID"`
	CarrierBookingReference    string      `dynamodbav:"CarrierBookingReference"`
	TransportDocumentReference string      `dynamodbav:"TransportDocumentReference,omitempty"`
	Carrier                    string      `dynamodbav:"Carrier"`
	Origin                     string      `dynamodbav:"Origin"`
	Destination                string      `dynamodbav:"Destination"`
	Milestones                 []milestone `dynamodbav:"Milestones"`
}

type milestone struct {
	Type      string `dynamodbav:"Type"`
	Location  string `dynamodbav:"Location"`
	Planned   string `dynamodbav:"Planned"`
	Estimated string `dynamodbav:"Estimated,omitempty"`
	Actual    string `dynamodbav:"Actual,omitempty"`
}

// encode returns shipment's attributes, the partition key left out. A shipment that is not valid is an error.
func encode(shipment tracking.Shipment) (map[string]types.AttributeValue, error) {
	if err := shipment.Validate(); err != nil {
		return nil, err
	}
	stored := item{
		ShipmentID:                 shipment.ID.String(),
		CarrierBookingReference:    shipment.CarrierBookingReference,
		TransportDocumentReference: shipment.TransportDocumentReference,
		Carrier:                    shipment.Carrier,
		Origin:                     shipment.Origin.String(),
		Destination:                shipment.Destination.String(),
	}
	for _, m := range shipment.Milestones {
		stored.Milestones = append(stored.Milestones, milestone{
			Type: string(m.Type), Location: m.Location.String(), Planned: formatTime(&m.Planned),
			Estimated: formatTime(m.Estimated), Actual: formatTime(m.Actual),
		})
	}
	return attributevalue.MarshalMap(stored)
}

// decode is encode's inverse. Where the item is not a valid shipment, the error is tracking.ErrMalformed.
func decode(row map[string]types.AttributeValue) (tracking.Shipment, error) {
	var stored item
	if err := attributevalue.UnmarshalMap(row, &stored); err != nil {
		return tracking.Shipment{}, malformed("", err)
	}
	shipment, err := stored.shipment()
	if err != nil {
		return tracking.Shipment{}, malformed(stored.ShipmentID, err)
	}
	return shipment, shipment.Validate()
}

func malformed(id string, cause error) error {
	return fmt.Errorf("%w %q in the table: %w", tracking.ErrMalformed, id, cause)
}

func (i item) shipment() (tracking.Shipment, error) {
	var parse parser
	shipment := tracking.Shipment{
		ID:                         field(&parse, tracking.ParseShipmentID, i.ShipmentID),
		CarrierBookingReference:    i.CarrierBookingReference,
		TransportDocumentReference: i.TransportDocumentReference,
		Carrier:                    i.Carrier,
		Origin:                     field(&parse, tracking.ParseUNLocationCode, i.Origin),
		Destination:                field(&parse, tracking.ParseUNLocationCode, i.Destination),
	}
	for _, m := range i.Milestones {
		shipment.Milestones = append(shipment.Milestones, tracking.Milestone{
			Type:      field(&parse, tracking.ParseMilestoneType, m.Type),
			Location:  field(&parse, tracking.ParseUNLocationCode, m.Location),
			Planned:   field(&parse, parseTime, m.Planned),
			Estimated: optional(&parse, m.Estimated),
			Actual:    optional(&parse, m.Actual),
		})
	}
	return shipment, errors.Join(parse.faults...)
}

// parser gathers what is wrong with an item's fields.
type parser struct{ faults []error }

func field[T any](p *parser, parse func(string) (T, error), text string) T {
	value, err := parse(text)
	if err != nil {
		p.faults = append(p.faults, err)
	}
	return value
}

func optional(p *parser, text string) *time.Time {
	if text == "" {
		return nil
	}
	t := field(p, parseTime, text)
	return &t
}

func parseTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	return t.UTC(), err
}

// formatTime writes t, and nothing for nil.
func formatTime(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
