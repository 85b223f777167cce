package upstream

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// Lists are answered as the embedded S3 answers them, of pages that the upstream lists: the gateway asks for names as they are, makes tokens
// and encodes names itself. LocalStack compares encoded names with others at the end of a page, and so leaves out keys such as "a+b"; it reads
// no token that stands for "é"; it takes a limit of 0 for none, which a policy may have allowed for being small.

// maxList is what a list of the upstream may have, in bytes: 1,001 keys of 1,024 bytes, of which each may take five as XML, and as much again.
const maxList = 1001 * 2 * 5 * 1024

type (
	objectElement struct {
		Key, VersionId, ETag, ChecksumAlgorithm, ChecksumType string
		LastModified                                          time.Time
		Size                                                  int64
		IsLatest                                              bool
	}
	uploadElement struct {
		Key, UploadId, ChecksumAlgorithm, ChecksumType string
		Initiated                                      time.Time
	}
	prefixElement struct{ Prefix string }
)

func (e *objectElement) object(bucket string) *store.Object {
	return &store.Object{
		Bucket: bucket, Key: e.Key, Modified: e.LastModified, Size: e.Size, ETag: strings.Trim(e.ETag, `"`),
		Checksum: store.Checksum{Algorithm: e.ChecksumAlgorithm, Type: e.ChecksumType},
	}
}

// version is a version, or a delete marker.
func (e *objectElement) version(bucket string, deleted bool) store.VersionEntry {
	o := e.object(bucket)
	if o.Deleted = deleted; e.VersionId != "null" {
		o.Version = e.VersionId
	}
	return store.VersionEntry{Entry: store.Entry{Object: o}, Latest: e.IsLatest}
}

// listObjects answers both forms of a list by the older one, whose marker may be any name.
func (f *forwarding) listObjects(ctx context.Context) (*api.Response, error) {
	var id string
	response, err := f.List(func(l store.List) (page []store.Entry, more bool, err error) {
		var said struct {
			Contents       []objectElement
			CommonPrefixes []prefixElement
		}
		id, err = f.listed(ctx, l, "max-keys", url.Values{"marker": {l.After}}, &said)
		for _, e := range said.Contents {
			page = append(page, store.Entry{Object: e.object(l.Bucket)})
		}
		for _, e := range said.CommonPrefixes {
			page = append(page, store.Entry{Prefix: e.Prefix})
		}
		slices.SortStableFunc(page, func(a, b store.Entry) int { return strings.Compare(a.Name(), b.Name()) })
		return page[:min(l.Limit, len(page))], len(page) > l.Limit, err
	})
	return withID(response, id), err
}

func (f *forwarding) listVersions(ctx context.Context) (*api.Response, error) {
	var id string
	response, err := f.ListVersions(func(l store.List, version string) (page []store.VersionEntry, more bool, err error) {
		var said struct {
			Version, DeleteMarker []objectElement
			CommonPrefixes        []prefixElement
		}
		id, err = f.listed(ctx, l, "max-keys", url.Values{"versions": {""}, "key-marker": {l.After}, "version-id-marker": {version}}, &said)
		for _, e := range said.Version {
			page = append(page, e.version(l.Bucket, false))
		}
		for _, e := range said.DeleteMarker {
			page = append(page, e.version(l.Bucket, true))
		}
		for _, e := range said.CommonPrefixes {
			page = append(page, store.VersionEntry{Entry: store.Entry{Prefix: e.Prefix}})
		}
		slices.SortStableFunc(page, newestFirst)
		return page[:min(l.Limit, len(page))], len(page) > l.Limit, err
	})
	return withID(response, id), err
}

// newestFirst is the order of versions: by key, those of one key by their time, the newest first.
func newestFirst(a, b store.VersionEntry) int {
	if order := strings.Compare(a.Name(), b.Name()); order != 0 || a.Object == nil || b.Object == nil {
		return order
	}
	switch {
	case a.Latest:
		return -1
	case b.Latest:
		return 1
	}
	return b.Object.Modified.Compare(a.Object.Modified)
}

func (f *forwarding) listUploads(ctx context.Context) (*api.Response, error) {
	var id string
	response, err := f.ListUploads(func(l store.List, after string) (page []store.UploadEntry, more bool, err error) {
		var said struct {
			Upload         []uploadElement
			CommonPrefixes []prefixElement
		}
		id, err = f.listed(ctx, l, "max-uploads", url.Values{"uploads": {""}, "key-marker": {l.After}, "upload-id-marker": {after}}, &said)
		for _, e := range said.Upload {
			page = append(page, store.UploadEntry{Upload: &store.Multipart{
				Bucket: l.Bucket, Key: e.Key, ID: e.UploadId, Initiated: e.Initiated, Checksum: e.ChecksumAlgorithm, ChecksumType: e.ChecksumType,
			}})
		}
		for _, e := range said.CommonPrefixes {
			page = append(page, store.UploadEntry{Prefix: e.Prefix})
		}
		slices.SortStableFunc(page, func(a, b store.UploadEntry) int { return strings.Compare(a.Name(), b.Name()) })
		return page[:min(l.Limit, len(page))], len(page) > l.Limit, err
	})
	return withID(response, id), err
}

// listed asks the upstream for a page and one entry more, and reads its document. It returns the id that the upstream gave the request.
func (f *forwarding) listed(ctx context.Context, l store.List, limit string, query url.Values, document any) (id string, err error) {
	query.Set("prefix", l.Prefix)
	query.Set("delimiter", l.Delimiter)
	query.Set(limit, strconv.Itoa(l.Limit+1))
	for name, values := range query {
		if values[0] == "" && name != "uploads" && name != "versions" {
			delete(query, name)
		}
	}
	q := &outgoing{method: http.MethodGet, bucket: l.Bucket, query: strings.ReplaceAll(query.Encode(), "+", "%20"), header: http.Header{}}
	response, err := f.send(ctx, q)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", f.refused(response)
	}
	defer response.Body.Close()
	if err := xml.NewDecoder(io.LimitReader(response.Body, maxList)).Decode(document); err != nil {
		return "", failed(err)
	}
	return answeredHeaders(response.Header.Clone()).Get(UpstreamRequestID), nil
}

// withID gives an answer the upstream's id of the request that it comes from.
func withID(response *api.Response, id string) *api.Response {
	if response != nil && id != "" {
		response.Header = http.Header{UpstreamRequestID: {id}}
	}
	return response
}
