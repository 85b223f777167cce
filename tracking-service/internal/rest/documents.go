package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/shiptrack/pkg/httpserver"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/trackingapi"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// documentPath is the path of the two operations whose bodies are streams: the code that is generated would hold a body
// in memory, or name each media type apart.
const documentPath = "/shipments/:shipmentId/documents/:name"

// maxTries is how often a document is found anew that was replaced before it was opened.
const maxTries = 3

// Documents is the domain's documents.Service.
type Documents interface {
	List(context.Context, tracking.ShipmentID) ([]documents.Info, bool, error)
	Find(context.Context, tracking.ShipmentID, documents.Name) (documents.Info, error)
	Open(context.Context, tracking.ShipmentID, documents.Info, *documents.Section) (documents.Content, error)
	Put(context.Context, tracking.ShipmentID, documents.Upload) (documents.Info, error)
}

// Streams are the routes whose bodies are streams, for httpserver.Config.
func Streams() []httpserver.Stream {
	return []httpserver.Stream{{Method: http.MethodGet, Path: documentPath}, {Method: http.MethodPut, Path: documentPath}}
}

// ListDocuments answers what is known of a shipment's documents.
func (h handlers) ListDocuments(ctx context.Context, request ListDocumentsRequestObject) (ListDocumentsResponseObject, error) {
	id, err := tracking.ParseShipmentID(request.ShipmentID)
	if err != nil {
		return nil, err
	}
	list, more, err := h.documents.List(ctx, id)
	if err != nil {
		return nil, err
	}
	body := trackingapi.DocumentList{Documents: make([]trackingapi.DocumentInfo, 0, len(list)), Truncated: more}
	for _, info := range list {
		body.Documents = append(body.Documents, documentBody(info))
	}
	return ListDocuments200JSONResponse{ListedDocumentsJSONResponse(body)}, nil
}

func documentBody(info documents.Info) trackingapi.DocumentInfo {
	body := trackingapi.DocumentInfo{Name: info.Name.String(), Size: info.Size, Etag: info.ETag}
	if info.Type != "" {
		contentType := trackingapi.DocumentInfoContentType(info.Type)
		body.ContentType = &contentType
	}
	if !info.Modified.IsZero() {
		body.LastModified = inUTC(&info.Modified)
	}
	return body
}

// named returns the shipment and the document that the path names.
func named(c echo.Context) (tracking.ShipmentID, documents.Name, error) {
	id, err := tracking.ParseShipmentID(c.Param("shipmentId"))
	if err != nil {
		return tracking.ShipmentID{}, documents.Name{}, err
	}
	name, err := documents.ParseName(c.Param("name"))
	return id, name, err
}

// downloadDocument answers a document, or a section of it, as it comes from the store.
func (h handlers) downloadDocument(c echo.Context) error {
	id, name, err := named(c)
	if err != nil {
		return err
	}
	for range maxTries {
		if err = h.answerDocument(c, id, name); !errors.Is(err, documents.ErrReplaced) {
			return err
		}
	}
	return problem.WrapUnavailable(err, "the document is being replaced", time.Second)
}

func (h handlers) answerDocument(c echo.Context, id tracking.ShipmentID, name documents.Name) error {
	ctx, r := c.Request().Context(), c.Request()
	found, err := h.documents.Find(ctx, id, name)
	if err != nil {
		return err
	}
	isNotModified, err := checkConditions(r.Header, found)
	if err != nil {
		return err
	}
	if isNotModified {
		describe(c.Response().Header(), found)
		return c.NoContent(http.StatusNotModified)
	}
	part, err := section(r.Header, found)
	if err != nil {
		if problem.KindOf(err) == problem.RangeNotSatisfiable {
			c.Response().Header().Set("Content-Range", fmt.Sprintf("bytes */%d", found.Size))
		}
		return err
	}
	content, err := h.documents.Open(ctx, id, found, part)
	if err != nil {
		return err
	}
	defer content.Body.Close()
	return send(c, content, part)
}

// describe writes what is known of a document into the header of an answer.
func describe(h http.Header, info documents.Info) {
	h.Set("ETag", info.ETag)
	h.Set(echo.HeaderLastModified, info.Modified.UTC().Format(http.TimeFormat))
}

// send answers content, which is the whole document or part of it.
func send(c echo.Context, content documents.Content, part *documents.Section) error {
	h, status, length := c.Response().Header(), http.StatusOK, content.Size
	describe(h, content.Info)
	h.Set("Accept-Ranges", "bytes")
	// A browser must not show what a customer stored as if it were a page of this service: it saves it. The name needs no
	// quotation: of ASCII, it holds letters, digits and ._- alone.
	h.Set(echo.HeaderContentDisposition, `attachment; filename="`+content.Name.String()+`"`)
	h.Set(echo.HeaderContentType, echo.MIMEOctetStream)
	if content.Type != "" {
		h.Set(echo.HeaderContentType, string(content.Type))
	}
	if part != nil {
		status, length = http.StatusPartialContent, part.Last-part.First+1
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.First, part.Last, content.Size))
	}
	h.Set(echo.HeaderContentLength, strconv.FormatInt(length, 10))
	c.Response().WriteHeader(status)
	if httpserver.IsHead(c.Request().Context()) {
		return nil
	}
	_, err := io.Copy(c.Response(), content.Body)
	return err
}

// uploadDocument stores the body of the request, as it comes.
func (h handlers) uploadDocument(c echo.Context) error {
	r := c.Request()
	id, name, err := named(c)
	if err != nil {
		return err
	}
	// What would change what is stored, or whether, must not pass unseen.
	for _, unsupported := range []string{"If-Match", "If-Unmodified-Since", "Content-Range"} {
		if len(r.Header.Values(unsupported)) > 0 {
			return problem.InvalidField(unsupported, "is not supported")
		}
	}
	if r.Header.Get(echo.HeaderContentEncoding) != "" {
		return problem.New(problem.UnsupportedMedia, "a document is stored without Content-Encoding")
	}
	contentType, err := documents.ParseType(r.Header.Get(echo.HeaderContentType))
	if err != nil {
		return err
	}
	stored, err := h.documents.Put(r.Context(), id, documents.Upload{
		Name: name, Type: contentType, Size: r.ContentLength, Body: r.Body, OnlyNew: r.Header.Get("If-None-Match") != "",
	})
	if errors.Is(err, documents.ErrReplaced) {
		return problem.Wrap(problem.PreconditionFailed, err, "the shipment has a document of this name")
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, documentBody(stored))
}
