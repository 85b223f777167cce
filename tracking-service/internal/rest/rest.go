// Package rest answers the tracking service's HTTP API, whose contract is pkg/trackingapi's OpenAPI document.
// It turns requests into calls of the domain and answers into bodies; it refuses every request that the document
// does not describe, and reads the tenant from the verified token only.
package rest

import (
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/openapi"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

//go:generate ../../../bin/oapi-codegen -config oapi-codegen.yaml ../../../pkg/trackingapi/openapi.yaml

// Service is the domain's tracking.Service.
type Service interface {
	GetShippingETA(context.Context, tracking.ShipmentID) (tracking.ETA, error)
	GetShipment(context.Context, tracking.ShipmentID) (tracking.Shipment, tracking.ETA, error)
	BatchGetShipments(context.Context, []tracking.ShipmentID) ([]tracking.ShipmentWithETA, []tracking.ShipmentID, error)
	ListShipments(context.Context, int, tracking.ShipmentID) ([]tracking.ShipmentWithETA, tracking.ShipmentID, error)
}

// Config is what the routes need.
type Config struct {
	Service      Service
	Authenticate echo.MiddlewareFunc // verifies the bearer token, see httpserver.Authenticate
	Open         func() error        // why nothing may be served now, nil where it may; isolation.Gate's
	CursorKey    []byte              // 32 bytes that all instances share and nobody else knows
	Clock        func() time.Time    // time.Now where nil
}

// Register adds the routes of the contract to e. A request passes Authenticate, then Open, then the
// contract, then the handler. It returns an error where cfg cannot be used.
func Register(e *echo.Echo, cfg Config) error {
	if cfg.Service == nil || cfg.Authenticate == nil || cfg.Open == nil {
		return errors.New("rest: Register needs a Service, Authenticate and Open")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	cursors, err := newCursors(cfg.CursorKey, cfg.Clock)
	if err != nil {
		return err
	}
	rules, err := openapi.New(openapi.Config{Document: trackingapi.Document()})
	if err != nil {
		return err
	}
	middlewares := map[string][]echo.MiddlewareFunc{}
	for _, id := range rules.OperationIDs("shipments") {
		middlewares[id] = []echo.MiddlewareFunc{cfg.Authenticate, gate(cfg.Open), httpserver.CheckRequest(rules, id)}
	}
	RegisterHandlersWithOptions(e, NewStrictHandler(handlers{service: cfg.Service, cursors: cursors}, nil),
		RegisterHandlersOptions{OperationMiddlewares: middlewares})
	return nil
}

// gate is the middleware that lets a request pass only while open returns nil.
func gate(open func() error) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := open(); err != nil {
				return err
			}
			return next(c)
		}
	}
}
