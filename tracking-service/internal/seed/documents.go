package seed

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/seed/paper"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Archive stores the documents of the tenant in the context.
type Archive interface {
	Put(ctx context.Context, shipment tracking.ShipmentID, upload documents.Upload) (documents.Info, error)
}

// note stands on each document.
const note = "A sample document of the Shiptrack demonstration. It names no real shipment."

// makers make the documents that a file may name. They use nothing of a shipment that depends on the time, so that another
// run stores the same bytes.
var makers = map[string]func(owner tenant.ID, s tracking.Shipment) ([]byte, error){
	"bill-of-lading.pdf": func(owner tenant.ID, s tracking.Shipment) ([]byte, error) {
		number := s.TransportDocumentReference
		if number == "" {
			number = "draft, not yet issued"
		}
		return paper.PDF("BILL OF LADING", append(common(owner, s), paper.Line{Label: "Bill of lading", Text: number}), note), nil
	},
	"customs-invoice.pdf": func(owner tenant.ID, s tracking.Shipment) ([]byte, error) {
		return paper.PDF("CUSTOMS INVOICE", append(common(owner, s),
			paper.Line{Label: "Country of export", Text: s.Origin.String()[:2]}, paper.Line{Label: "Country of import", Text: s.Destination.String()[:2]}), note), nil
	},
	"proof-of-delivery.png": func(owner tenant.ID, s tracking.Shipment) ([]byte, error) {
		return paper.PNG("PROOF OF DELIVERY", common(owner, s))
	},
}

func common(owner tenant.ID, s tracking.Shipment) []paper.Line {
	return []paper.Line{
		{Label: "Shipment", Text: s.ID.String()}, {Label: "Customer", Text: owner.String()}, {Label: "Carrier", Text: s.Carrier},
		{Label: "Booking", Text: s.CarrierBookingReference}, {Label: "From", Text: s.Origin.String()}, {Label: "To", Text: s.Destination.String()},
	}
}

// checkDocuments returns an error where names holds one that nothing makes, or one twice.
func checkDocuments(names []string) error {
	for i, name := range names {
		if makers[name] == nil || slices.Contains(names[:i], name) {
			return fmt.Errorf("document %q is unknown or there twice", name)
		}
	}
	return nil
}

// putDocuments stores the documents of the tenant's shipments, and returns how many they are.
func putDocuments(ctx context.Context, archive Archive, t owned) (n int, err error) {
	for _, shipment := range t.shipments {
		for _, text := range t.documents[shipment.ID] {
			name, err := documents.ParseName(text)
			if err != nil {
				return n, err
			}
			content, err := makers[text](t.id, shipment)
			if err != nil {
				return n, fmt.Errorf("%s of %s: %w", text, shipment.ID, err)
			}
			upload := documents.Upload{Name: name, Type: name.Type(), Size: int64(len(content)), Body: bytes.NewReader(content)}
			if _, err := archive.Put(ctx, shipment.ID, upload); err != nil {
				return n, fmt.Errorf("%s of %s: %w", text, shipment.ID, err)
			}
			n++
		}
	}
	return n, nil
}
