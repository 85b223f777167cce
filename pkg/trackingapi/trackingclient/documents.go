package trackingclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/trackingapi"
)

// documentKinds are the failures that only operations on documents have.
var documentKinds = []problem.Kind{
	problem.LengthRequired, problem.PreconditionFailed, problem.TooLarge, problem.UnsupportedMedia, problem.RangeNotSatisfiable,
}

// documentHeaders are what the answer about a document says of it.
var documentHeaders = []string{
	"Content-Type", "Content-Length", "Content-Range", "Content-Disposition", "Accept-Ranges", "ETag", "Last-Modified",
}

// ListDocuments returns what is known of the shipment's documents.
func (c *Client) ListDocuments(ctx context.Context, id trackingapi.ShipmentID) (trackingapi.DocumentList, error) {
	return ask(ctx,
		func(ctx context.Context) (*http.Response, error) { return c.api.ListDocuments(ctx, id) },
		func(answer trackingapi.DocumentList) bool {
			return answer.Documents != nil && !slices.ContainsFunc(answer.Documents, func(d trackingapi.DocumentInfo) bool { return d.Name == "" || d.Etag == "" })
		})
}

// DownloadRequest asks for a document, or a range of it.
type DownloadRequest struct {
	Shipment trackingapi.ShipmentID
	Name     trackingapi.DocumentName
	Params   trackingapi.DownloadDocumentParams
	IsHead   bool // the header alone
}

// Download is an answer to DownloadRequest. Body is a stream, which must be closed; reading it fails where the answer breaks
// off.
type Download struct {
	Status int         // 200, 206 or 304
	Header http.Header // what it says of the document
	Body   io.ReadCloser
}

// DownloadDocument returns a document as it comes. Besides the errors of all methods, it returns PreconditionFailed and
// RangeNotSatisfiable; then Header says how long the document is.
func (c *Client) DownloadDocument(ctx context.Context, request DownloadRequest) (Download, error) {
	resp, err := c.api.DownloadDocument(ctx, request.Shipment, request.Name, &request.Params, func(_ context.Context, r *http.Request) error {
		r.Header.Set("Accept", "*/*")
		if request.IsHead {
			r.Method = http.MethodHead
		}
		return nil
	})
	if err != nil {
		return Download{}, classify(err)
	}
	answer := Download{Status: resp.StatusCode, Header: http.Header{}, Body: resp.Body}
	for _, name := range documentHeaders {
		if value := resp.Header.Get(name); value != "" {
			answer.Header.Set(name, value)
		}
	}
	if !isDownload(resp, request.Params) {
		defer resp.Body.Close()
		return answer, documentFailure(resp)
	}
	return answer, nil
}

// isDownload reports whether resp is an answer to what was asked.
func isDownload(resp *http.Response, asked trackingapi.DownloadDocumentParams) bool {
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.ContentLength >= 0
	case http.StatusPartialContent:
		return resp.ContentLength >= 0 && asked.Range != nil
	case http.StatusNotModified:
		return asked.IfNoneMatch != nil || asked.IfModifiedSince != nil
	}
	return false
}

// documentFailure returns why there is no document.
func documentFailure(resp *http.Response) error {
	body, err := read(resp.Body)
	if err != nil {
		return err
	}
	if resp.Request.Method == http.MethodHead { // its answers have no problem document
		return ofHead(resp)
	}
	err = failure(resp, body, documentKinds...)
	if problem.KindOf(err) == problem.NotFound {
		return problem.Wrap(problem.NotFound, err, "no such document")
	}
	return err
}

// ofHead maps the status of an answer to a HEAD, as far as the status alone says what failed. A 404 may be that of a wrong
// URL: the media type tells.
func ofHead(resp *http.Response) error {
	cause := fmt.Errorf("trackingclient: status %d to a HEAD", resp.StatusCode)
	isOwn := resp.Header.Get("Content-Type") == problem.ContentType
	switch kind := problem.OfStatus(resp.StatusCode); {
	case resp.StatusCode == http.StatusGatewayTimeout:
		return timedOut(cause)
	case kind == problem.Unavailable, resp.StatusCode == http.StatusBadGateway:
		return problem.WrapUnavailable(cause, detailUnavailable, retryAfter(resp))
	case kind == problem.LimitExceeded && isOwn:
		return ofTenantsLimit(resp)
	case kind == problem.LimitExceeded:
		return problem.WrapUnavailable(cause, detailUnavailable, retryAfter(resp))
	case isOwn && resp.StatusCode < http.StatusInternalServerError:
		return problem.Wrap(kind, cause, "")
	}
	return unexpected(cause)
}

// UploadRequest asks to store a document. Body has Size bytes; it is read once, as it is sent.
type UploadRequest struct {
	Shipment    trackingapi.ShipmentID
	Name        trackingapi.DocumentName
	ContentType string
	Size        int64
	Body        io.Reader
	Header      http.Header // of which uploadHeaders go along
}

// uploadHeaders would change what is stored, or whether: the tracking service decides about each.
var uploadHeaders = []string{"If-Match", "If-None-Match", "If-Unmodified-Since", "Content-Range", "Content-Encoding"}

// UploadDocument stores a document. Besides the errors of all methods, it returns TooLarge, UnsupportedMedia, PreconditionFailed
// and Invalid, which is also for a Body that ends early or fails. The tracking service says what it refuses before the body
// is sent. A request is never sent twice.
func (c *Client) UploadDocument(ctx context.Context, request UploadRequest) (trackingapi.DocumentInfo, error) {
	body := &problem.Body{From: request.Body}
	resp, err := c.api.UploadDocumentWithBody(ctx, request.Shipment, request.Name, nil, request.ContentType, body,
		func(_ context.Context, r *http.Request) error {
			if r.ContentLength = request.Size; request.Size == 0 {
				r.Body = http.NoBody
			}
			r.Header.Set("Expect", "100-continue")
			for _, name := range uploadHeaders {
				for _, value := range request.Header.Values(name) {
					r.Header.Add(name, value)
				}
			}
			return nil
		})
	if err != nil {
		if fault := body.Fault(err); fault != nil {
			return trackingapi.DocumentInfo{}, fault
		}
		return trackingapi.DocumentInfo{}, classify(err)
	}
	defer resp.Body.Close()
	answer, err := read(resp.Body)
	if err != nil {
		return trackingapi.DocumentInfo{}, err
	}
	if resp.StatusCode != http.StatusCreated {
		return trackingapi.DocumentInfo{}, failure(resp, answer, documentKinds...)
	}
	var stored trackingapi.DocumentInfo
	if err := decode(resp, "application/json", answer, &stored); err != nil {
		return trackingapi.DocumentInfo{}, unexpected(err)
	}
	if stored.Name != request.Name || stored.Size != request.Size || stored.Etag == "" {
		return trackingapi.DocumentInfo{}, unexpected(errors.New("trackingclient: the answer is not to what was asked"))
	}
	return stored, nil
}
