package rest

import (
	"context"
	"io"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/pkg/trackingapi/trackingclient"
)

// documentPath is the path of the two operations whose bodies are streams: the code that is generated would hold a body
// in memory, or name each media type apart.
const documentPath = "/shipments/:shipmentId/documents/:name"

// Streams are the routes whose bodies are streams, for httpserver.Config.
func Streams() []httpserver.Stream {
	return []httpserver.Stream{{Method: http.MethodGet, Path: documentPath}, {Method: http.MethodPut, Path: documentPath}}
}

// ListDocuments answers what is known of a shipment's documents.
func (h handlers) ListDocuments(ctx context.Context, request ListDocumentsRequestObject) (ListDocumentsResponseObject, error) {
	list, err := h.tracking.ListDocuments(ctx, request.ShipmentID)
	if err != nil {
		return nil, err
	}
	return ListDocuments200JSONResponse{ListedDocumentsJSONResponse(list)}, nil
}

// downloadDocument passes a document on as it comes, and the conditions of the request with it.
func (h handlers) downloadDocument(c echo.Context) error {
	r := c.Request()
	answer, err := h.tracking.DownloadDocument(r.Context(), trackingclient.DownloadRequest{
		Shipment: c.Param("shipmentId"), Name: c.Param("name"), IsHead: httpserver.IsHead(r.Context()),
		Params: trackingapi.DownloadDocumentParams{
			Range: sent(r, "Range"), IfRange: sent(r, "If-Range"), IfMatch: sent(r, "If-Match"), IfNoneMatch: sent(r, "If-None-Match"),
			IfModifiedSince: sent(r, "If-Modified-Since"), IfUnmodifiedSince: sent(r, "If-Unmodified-Since"),
		},
	})
	if err != nil {
		if length := answer.Header.Get("Content-Range"); length != "" { // of a document that ends before the range begins
			c.Response().Header().Set("Content-Range", length)
		}
		return err
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		c.Response().Header()[name] = values
	}
	c.Response().WriteHeader(answer.Status)
	_, err = io.Copy(c.Response(), answer.Body)
	return err
}

// sent returns a header of the request, nil where it has none. What it has more than once is one list: RFC 9110, section 5.3.
func sent(r *http.Request, name string) *string {
	values := r.Header.Values(name)
	if len(values) == 0 {
		return nil
	}
	joined := values[0]
	for _, value := range values[1:] {
		joined += ", " + value
	}
	return &joined
}

// uploadDocument passes the body of the request on as it comes.
func (h handlers) uploadDocument(c echo.Context) error {
	r := c.Request()
	stored, err := h.tracking.UploadDocument(r.Context(), trackingclient.UploadRequest{
		Shipment: c.Param("shipmentId"), Name: c.Param("name"), ContentType: r.Header.Get(echo.HeaderContentType),
		Size: r.ContentLength, Body: r.Body, Header: r.Header,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, stored)
}
