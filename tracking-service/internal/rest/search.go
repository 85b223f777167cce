package rest

import (
	"context"
	"encoding/binary"
	"errors"
	"math"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// Search is the domain's search.Service.
type Search interface {
	Search(context.Context, search.Question, int, *search.Position) (search.Page, error)
}

// SearchShipments answers the shipments that words find, or those of a status.
func (h handlers) SearchShipments(ctx context.Context, request SearchShipmentsRequestObject) (SearchShipmentsResponseObject, error) {
	owner, err := tenant.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	question, err := questionOf(request.Params)
	if err != nil {
		return nil, err
	}
	limit := search.DefaultLimit
	if request.Params.Limit != nil {
		limit = int(*request.Params.Limit)
	}
	var after *search.Position
	if request.Params.Cursor != nil {
		if after, err = h.cursors.openPosition(owner, question, *request.Params.Cursor); err != nil {
			return nil, err
		}
	}
	page, err := h.search.Search(ctx, question, limit, after)
	if err != nil {
		return nil, err
	}
	body := searchBody(page)
	if page.Next != nil {
		text := h.cursors.sealPosition(owner, question, *page.Next)
		body.NextCursor = &text
	}
	return SearchShipments200JSONResponse{FoundJSONResponse(body)}, nil
}

func questionOf(params trackingapi.SearchShipmentsParams) (search.Question, error) {
	words, status := "", ""
	if params.Q != nil {
		words = *params.Q
	}
	if params.Status != nil {
		status = string(*params.Status)
	}
	return search.ParseQuestion(words, status)
}

func searchBody(page search.Page) trackingapi.SearchResult {
	body := trackingapi.SearchResult{Shipments: make([]trackingapi.FoundShipment, 0, len(page.Hits)), Total: int64(page.Total)}
	for _, hit := range page.Hits {
		body.Shipments = append(body.Shipments, trackingapi.FoundShipment{
			ShipmentID: hit.ID.String(), Status: trackingapi.Status(hit.Status), Eta: hit.ETA, DelayMinutes: int64(hit.DelayMinutes),
			Carrier: hit.Carrier, CarrierBookingReference: hit.CarrierBookingReference,
			Origin: hit.Origin.String(), Destination: hit.Destination.String(), Highlights: highlightsBody(hit.Highlights),
		})
	}
	return body
}

func highlightsBody(all map[search.Field][]string) trackingapi.Highlights {
	of := func(field search.Field) *[]string {
		if texts := all[field]; len(texts) > 0 {
			return &texts
		}
		return nil
	}
	return trackingapi.Highlights{
		Reference: of(search.Reference), Places: of(search.Places), Carrier: of(search.Carrier),
		Status: of(search.Status), Milestones: of(search.Milestones),
	}
}

// searchPurpose tells a cursor of a search from anything else that the same key seals.
const searchPurpose = "shiptrack SearchShipments cursor 1 "

// purposeOf binds a cursor to the tenant and the question. None of the three holds the character between them.
func purposeOf(owner tenant.ID, question search.Question) []byte {
	return []byte(searchPurpose + owner.String() + "\x00" + string(question.Status) + "\x00" + question.Words)
}

// sealPosition returns the cursor that lets owner go on after a hit of the answer to question.
func (c *cursors) sealPosition(owner tenant.ID, question search.Question, after search.Position) string {
	content := binary.BigEndian.AppendUint64(nil, math.Float64bits(after.Key))
	return c.sealFor(purposeOf(owner, question), append(content, after.ID.String()...))
}

// openPosition returns the position in a cursor that sealPosition made for the same tenant and question at most an hour ago. For
// any other text the error is that of open.
func (c *cursors) openPosition(owner tenant.ID, question search.Question, text string) (*search.Position, error) {
	content, err := c.read(purposeOf(owner, question), text)
	if err != nil {
		return nil, refusedCursor(err)
	}
	if len(content) < 8 {
		return nil, refusedCursor(errors.New("rest: cursor: no position"))
	}
	id, err := tracking.ParseShipmentID(string(content[8:]))
	if err != nil {
		return nil, refusedCursor(err)
	}
	return &search.Position{Key: math.Float64frombits(binary.BigEndian.Uint64(content)), ID: id}, nil
}
