package rest

import (
	"context"

	"example.com/shiptrack/pkg/trackingapi"
)

type handlers struct{ tracking Tracking }

// GetShippingETA answers the ETA of one shipment.
func (h handlers) GetShippingETA(ctx context.Context, request GetShippingETARequestObject) (
	GetShippingETAResponseObject, error,
) {
	eta, err := h.tracking.GetShippingETA(ctx, request.ShipmentID)
	if err != nil {
		return nil, err
	}
	return GetShippingETA200JSONResponse{ETAJSONResponse(eta)}, nil
}

// GetShipment answers one shipment.
func (h handlers) GetShipment(ctx context.Context, request GetShipmentRequestObject) (GetShipmentResponseObject, error) {
	shipment, err := h.tracking.GetShipment(ctx, request.ShipmentID)
	if err != nil {
		return nil, err
	}
	return GetShipment200JSONResponse{ShipmentJSONResponse(shipment)}, nil
}

// ListShipments answers a batch where ids are given, and else a page.
func (h handlers) ListShipments(ctx context.Context, request ListShipmentsRequestObject) (
	ListShipmentsResponseObject, error,
) {
	list, err := h.tracking.ListShipments(ctx, trackingapi.ListShipmentsParams(request.Params))
	if err != nil {
		return nil, err
	}
	return ListShipments200JSONResponse{ShipmentsJSONResponse(list)}, nil
}

// SearchShipments answers the shipments that words find, or those of a status.
func (h handlers) SearchShipments(ctx context.Context, request SearchShipmentsRequestObject) (SearchShipmentsResponseObject, error) {
	result, err := h.tracking.SearchShipments(ctx, trackingapi.SearchShipmentsParams(request.Params))
	if err != nil {
		return nil, err
	}
	return SearchShipments200JSONResponse{FoundJSONResponse(result)}, nil
}
