// Package rest answers the public HTTP API: it holds each request to the OpenAPI document beside it, asks the
// tracking service on behalf of the caller, and passes the answer on. It keeps no data and decides nothing about
// tenants: the tracking service verifies the caller's token again.
package rest

import (
	"context"
	_ "embed"
	"errors"
	"slices"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/openapi"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/pkg/trackingapi/trackingclient"
)

//go:generate ../../../bin/oapi-codegen -config oapi-codegen.yaml openapi.yaml

//go:embed openapi.yaml
var document []byte

// Tracking is the tracking service, see trackingclient.Client. Its errors are problems.
type Tracking interface {
	GetShippingETA(context.Context, trackingapi.ShipmentID) (trackingapi.ETA, error)
	GetShipment(context.Context, trackingapi.ShipmentID) (trackingapi.Shipment, error)
	ListShipments(context.Context, trackingapi.ListShipmentsParams) (trackingapi.ShipmentList, error)
	SearchShipments(context.Context, trackingapi.SearchShipmentsParams) (trackingapi.SearchResult, error)
	ListDocuments(context.Context, trackingapi.ShipmentID) (trackingapi.DocumentList, error)
	DownloadDocument(context.Context, trackingclient.DownloadRequest) (trackingclient.Download, error)
	UploadDocument(context.Context, trackingclient.UploadRequest) (trackingapi.DocumentInfo, error)
}

// Config is what the routes need.
type Config struct {
	Tracking     Tracking
	Authenticate echo.MiddlewareFunc // verifies the bearer token, see httpserver.Authenticate
	FairShare    echo.MiddlewareFunc // holds the tenant to its limits, see httpserver.Server.FairShare
}

// Register adds the routes of the contract to e. A request passes Authenticate, then FairShare, then the
// contract, then the handler. The server must know Streams. It returns an error where cfg cannot be used.
func Register(e *echo.Echo, cfg Config) error {
	if cfg.Tracking == nil || cfg.Authenticate == nil || cfg.FairShare == nil {
		return errors.New("rest: Register needs Tracking, Authenticate and FairShare")
	}
	rules, err := load()
	if err != nil {
		return err
	}
	h, before := handlers{tracking: cfg.Tracking}, map[string][]echo.MiddlewareFunc{}
	for _, id := range slices.Concat(rules.OperationIDs("shipments"), rules.OperationIDs("documents")) {
		before[id] = []echo.MiddlewareFunc{cfg.Authenticate, cfg.FairShare, httpserver.CheckRequest(rules, id)}
	}
	RegisterHandlersWithOptions(e, NewStrictHandler(h, nil), RegisterHandlersOptions{OperationMiddlewares: before})
	e.GET(documentPath, h.downloadDocument, before["DownloadDocument"]...)
	e.PUT(documentPath, h.uploadDocument, before["UploadDocument"]...)
	return nil
}

// Document returns the public contract, OpenAPI 3.0 in YAML, whole in itself.
func Document() ([]byte, error) {
	rules, err := load()
	if err != nil {
		return nil, err
	}
	return rules.YAML()
}

func load() (*openapi.Contract, error) {
	return openapi.New(openapi.Config{
		Document:   document,
		References: map[string][]byte{"../../../pkg/trackingapi/openapi.yaml": trackingapi.Document()},
	})
}
