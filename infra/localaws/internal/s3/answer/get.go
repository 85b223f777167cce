package answer

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/conditional"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// object returns the object that the request is for. Where there is none, who may not list the bucket does not learn so (S3 API Reference,
// GetObject): a list has s3:prefix and this request has not, so a permission to list that depends on it does not count.
func (a *asked) object() (*store.Object, error) {
	o, err := a.stored(a.own())
	switch {
	case errors.Is(err, store.ErrNoSuchKey), errors.Is(err, store.ErrNoSuchVersion):
		return nil, cmp.Or(a.mayList(), markedError(err))
	case err != nil:
		return nil, err
	case o.Deleted:
		e := api.Errorf(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
		e.Header = markerHeaders(o)
		e.Header.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
		e.Header.Set("Allow", http.MethodDelete)
		return nil, e
	}
	return o, a.checkSeen(a.own(), o)
}

// markedError is err with what S3 says of the delete marker because of which there is no such key.
func markedError(err error) error {
	deleted, ok := errors.AsType[*store.DeletedError](err)
	if !ok {
		return err
	}
	e := *storeErrors[store.ErrNoSuchKey]
	e.Header = markerHeaders(deleted.Marker)
	return &e
}

// markerHeaders name a delete marker in an error (S3 User Guide, "Working with delete markers").
func markerHeaders(marker *store.Object) http.Header {
	return http.Header{"X-Amz-Delete-Marker": {"true"}, "X-Amz-Version-Id": {marker.VersionID()}}
}

// attempts bound how often an object is looked up again because it was replaced while it was opened.
const attempts = 3

func getObject(a *asked) (response *api.Response, err error) {
	for range attempts {
		var o *store.Object
		if o, err = a.object(); err != nil {
			return nil, err
		}
		if response, err = a.answerObject(o); !errors.Is(err, store.ErrNoSuchKey) {
			return response, err
		}
	}
	return nil, err
}

func (a *asked) answerObject(o *store.Object) (*api.Response, error) {
	response, part, err := a.head(o)
	if err != nil || response.Status >= http.StatusMultipleChoices {
		return response, err
	}
	key, err := a.openDataKey(o)
	if err != nil {
		return nil, err
	}
	contents, err := a.Store.Open(o, key)
	if err != nil {
		return nil, err
	}
	// The first frame is opened before the answer begins.
	from := bufio.NewReaderSize(contents.Range(part.Offset, part.Length), 16)
	if _, err := from.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, contents.Close())
	}
	response.Stream = stream{from, contents}
	return response, nil
}

type stream struct {
	io.Reader
	io.Closer
}

func headObject(a *asked) (*api.Response, error) {
	o, err := a.object()
	if err != nil {
		return nil, err
	}
	response, _, err := a.head(o)
	if err == nil && a.wantsChecksum() && o.KMSKey != "" {
		_, err = a.openDataKey(o) // S3 API Reference, HeadObject
	}
	return response, err
}

func (a *asked) wantsChecksum() bool { return a.header("X-Amz-Checksum-Mode") == "ENABLED" }

// head answers all of a GET but the bytes, and says which they are. 304 and what the object does not have are answered here.
func (a *asked) head(o *store.Object) (*api.Response, conditional.Range, error) {
	switch conditional.Read(a.req.Header, o.ETag, o.Modified) {
	case conditional.NotModified:
		return &api.Response{Status: http.StatusNotModified, Header: identityHeaders(o)}, conditional.Range{}, nil
	case conditional.Failed:
		return nil, conditional.Range{}, preconditionFailed()
	}
	part, partial, err := a.part(o)
	if err != nil {
		return nil, part, err
	}
	response := &api.Response{Header: identityHeaders(o)}
	a.setHeaders(response.Header, o)
	response.Header.Set("Content-Length", strconv.FormatInt(part.Length, 10))
	if a.Query.Has("partNumber") {
		response.Header.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(len(o.Parts)))
	}
	if partial {
		response.Status = http.StatusPartialContent
		response.Header.Set("Content-Range", part.ContentRange(o.Size))
	}
	if sum := a.checksumOf(o, part); a.wantsChecksum() && sum != "" {
		response.Header.Set(checksum.Header(o.Checksum.Algorithm), sum)
		response.Header.Set("X-Amz-Checksum-Type", o.Checksum.Type)
	}
	return response, part, nil
}

// checksumOf is the checksum of what is answered of an object; empty: nobody knows it. Of parts it is said where it is the object's own that
// is over theirs (S3 User Guide, "Checking object integrity").
func (a *asked) checksumOf(o *store.Object, answered conditional.Range) string {
	number, err := strconv.Atoi(a.Query["partNumber"])
	switch {
	case err == nil && o.Checksum.Type == checksum.Composite:
		return o.Parts[number-1].Checksum.Value
	case answered.Length == o.Size:
		return o.Checksum.Value
	}
	return ""
}

// part is what a request asks for of an object: a range, a part as it was uploaded, or all.
func (a *asked) part(o *store.Object) (part conditional.Range, partial bool, err error) {
	given, has := a.Query["partNumber"]
	header := a.header("Range")
	if !has {
		if part, partial, err = conditional.ParseRange(header, o.Size); err != nil {
			err = api.Errorf(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
		}
		return part, partial, err
	}
	if header != "" {
		return part, false, invalidRequest("Cannot specify both Range header and partNumber query parameter")
	}
	number, err := strconv.ParseUint(given, 10, 31)
	if err != nil || number < 1 {
		return part, false, invalidArgument("Part number must be an integer between 1 and 10000, inclusive")
	}
	if number > uint64(len(o.Parts)) {
		return part, false, api.Errorf(http.StatusRequestedRangeNotSatisfiable, "InvalidPartNumber", "The requested partnumber is not satisfiable")
	}
	for _, before := range o.Parts[:number-1] {
		part.Offset += before.Size
	}
	part.Length = o.Parts[number-1].Size
	return part, part.Length > 0, nil
}

// identityHeaders are those of 304 too.
func identityHeaders(o *store.Object) http.Header {
	h := http.Header{"Etag": {quoted(o.ETag)}, "Last-Modified": {o.Modified.UTC().Format(http.TimeFormat)}}
	setVersion(h, o)
	return h
}

// setVersion names the version, where the bucket has versions.
func setVersion(h http.Header, o *store.Object) {
	if o.Version != "" {
		h.Set("X-Amz-Version-Id", o.Version)
	}
}

func quoted(etag string) string { return `"` + etag + `"` }

// metaPrefix begins the headers of user metadata.
const metaPrefix = "X-Amz-Meta-"

const defaultType = "binary/octet-stream"

func (a *asked) setHeaders(h http.Header, o *store.Object) {
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Type", defaultType)
	for name, value := range o.Metadata {
		if strings.HasPrefix(name, metaPrefix) { // boto3 takes the name as it is sent, and S3 sends small letters
			h[strings.ToLower(name)] = []string{value}
		} else {
			h.Set(name, value)
		}
	}
	for name, value := range a.Query { // they are signed; a request without a signature is none
		if header, ok := strings.CutPrefix(name, "response-"); ok {
			h.Set(header, value)
		}
	}
	setEncryption(h, o)
}

func preconditionFailed() error {
	return api.Errorf(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}

// mayList decides whether the caller may know that a key is not there.
func (a *asked) mayList() error {
	p := a.permission("ListBucket", "")
	return a.decide(&p, 1)
}
