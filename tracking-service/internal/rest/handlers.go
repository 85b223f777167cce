package rest

import (
	"context"

	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

type handlers struct {
	service   Service
	documents Documents
	search    Search
	cursors   *cursors
}

// GetShippingETA answers the ETA of one shipment.
func (h handlers) GetShippingETA(ctx context.Context, request GetShippingETARequestObject) (
	GetShippingETAResponseObject, error,
) {
	id, err := tracking.ParseShipmentID(request.ShipmentID)
	if err != nil {
		return nil, err
	}
	eta, err := h.service.GetShippingETA(ctx, id)
	if err != nil {
		return nil, err
	}
	return GetShippingETA200JSONResponse{ETAJSONResponse(etaBody(eta))}, nil
}

// GetShipment answers one shipment.
func (h handlers) GetShipment(ctx context.Context, request GetShipmentRequestObject) (GetShipmentResponseObject, error) {
	id, err := tracking.ParseShipmentID(request.ShipmentID)
	if err != nil {
		return nil, err
	}
	shipment, eta, err := h.service.GetShipment(ctx, id)
	if err != nil {
		return nil, err
	}
	return GetShipment200JSONResponse{ShipmentJSONResponse(shipmentBody(shipment, eta))}, nil
}

// ListShipments answers a batch where ids are given, and else a page.
func (h handlers) ListShipments(ctx context.Context, request ListShipmentsRequestObject) (
	ListShipmentsResponseObject, error,
) {
	list, err := h.list(ctx, request.Params)
	if err != nil {
		return nil, err
	}
	return ListShipments200JSONResponse{ShipmentsJSONResponse(list)}, nil
}

func (h handlers) list(ctx context.Context, params trackingapi.ListShipmentsParams) (trackingapi.ShipmentList, error) {
	if params.Ids != nil {
		return h.batch(ctx, *params.Ids)
	}
	limit := tracking.DefaultLimit
	if params.Limit != nil {
		limit = int(*params.Limit)
	}
	return h.page(ctx, limit, params.Cursor)
}

func (h handlers) batch(ctx context.Context, texts []string) (trackingapi.ShipmentList, error) {
	ids := make([]tracking.ShipmentID, 0, len(texts))
	for _, text := range texts {
		id, err := tracking.ParseShipmentID(text)
		if err != nil {
			return trackingapi.ShipmentList{}, err
		}
		ids = append(ids, id)
	}
	found, missing, err := h.service.BatchGetShipments(ctx, ids)
	if err != nil {
		return trackingapi.ShipmentList{}, err
	}
	notFound := make([]string, 0, len(missing))
	for _, id := range missing {
		notFound = append(notFound, id.String())
	}
	return trackingapi.ShipmentList{Shipments: shipmentBodies(found), NotFound: &notFound}, nil
}

func (h handlers) page(ctx context.Context, limit int, cursor *string) (trackingapi.ShipmentList, error) {
	owner, err := tenant.FromContext(ctx)
	if err != nil {
		return trackingapi.ShipmentList{}, err
	}
	var after tracking.ShipmentID
	if cursor != nil {
		if after, err = h.cursors.open(owner, *cursor); err != nil {
			return trackingapi.ShipmentList{}, err
		}
	}
	shipments, next, err := h.service.ListShipments(ctx, limit, after)
	if err != nil {
		return trackingapi.ShipmentList{}, err
	}
	list := trackingapi.ShipmentList{Shipments: shipmentBodies(shipments)}
	if !next.IsZero() {
		text := h.cursors.seal(owner, next)
		list.NextCursor = &text
	}
	return list, nil
}
