package answer

import (
	"strconv"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

type listedPart struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
	checksumElements
}

// partList is the answer of ListParts.
type partList struct {
	Bucket, Key, UploadId string
	Initiator, Owner      *owner
	StorageClass          string
	PartNumberMarker      int
	NextPartNumberMarker  int
	MaxParts              int
	IsTruncated           bool
	ChecksumAlgorithm     string `xml:",omitempty"`
	ChecksumType          string `xml:",omitempty"`
	Part                  []listedPart
}

func listParts(a *asked) (*api.Response, error) {
	limit, err := a.limit("max-parts")
	if err != nil {
		return nil, err
	}
	after := 0
	if given, has := a.Query["part-number-marker"]; has {
		if after, err = strconv.Atoi(given); err != nil || after < 0 {
			return nil, invalidArgument("Argument partNumberMarker must be an integer between 0 and 2147483647")
		}
	}
	m, err := a.multipart()
	if err != nil {
		return nil, err
	}
	parts, more, err := a.Store.Parts(m, min(after, maxParts), limit)
	if err != nil {
		return nil, err
	}
	self := ownerOf(a.req.Account)
	out := partList{
		Bucket: a.Bucket, Key: a.Key, UploadId: m.ID, Initiator: self, Owner: self, StorageClass: "STANDARD",
		PartNumberMarker: after, MaxParts: limit, IsTruncated: more && limit > 0,
	}
	if m.Checksum != "" {
		out.ChecksumAlgorithm, out.ChecksumType = m.Checksum, m.ChecksumType
	}
	for _, part := range parts {
		l := listedPart{PartNumber: part.Number, LastModified: timeText(part.Modified), ETag: quoted(part.ETag), Size: part.Size}
		if m.Checksum != "" {
			l.checksumElements = partElements(part.Checksum)
		}
		out.Part, out.NextPartNumberMarker = append(out.Part, l), part.Number
	}
	return documentOf("ListPartsResult", out)
}

// limit reads how many entries of a list are asked for: a list of uploads or parts has no more than a list of objects.
func (a *asked) limit(parameter string) (int, error) {
	given, has := a.Query[parameter]
	if !has {
		return maxKeys, nil
	}
	n, err := strconv.ParseUint(given, 10, 31)
	if err != nil {
		return 0, api.Errorf(400, "InvalidArgument", "Provided %s not an integer or within integer range", api.Own(parameter))
	}
	return min(int(n), maxKeys), nil
}

type listedUpload struct {
	Key, UploadId, StorageClass, Initiated string
	Initiator, Owner                       *owner
	ChecksumAlgorithm                      string `xml:",omitempty"`
	ChecksumType                           string `xml:",omitempty"`
}

// uploadList is the answer of ListMultipartUploads.
type uploadList struct {
	Bucket, KeyMarker, UploadIdMarker string
	NextKeyMarker, NextUploadIdMarker string `xml:",omitempty"`
	Prefix                            string
	Delimiter, EncodingType           string `xml:",omitempty"`
	MaxUploads                        int
	IsTruncated                       bool
	Upload                            []listedUpload
	CommonPrefixes                    []commonPrefix
}

// readUploads reads a page of a bucket's uploads, as store.Store.ListMultiparts does.
type readUploads func(l store.List, id string) ([]store.UploadEntry, bool, error)

func listUploads(a *asked) (*api.Response, error) { return a.listUploads(a.Store.ListMultiparts) }

func (a *asked) listUploads(read readUploads) (*api.Response, error) {
	limit, err := a.limit("max-uploads")
	if err != nil {
		return nil, err
	}
	if err := a.checkEncodingType(); err != nil {
		return nil, err
	}
	id := a.Query["upload-id-marker"]
	if a.Query["key-marker"] == "" {
		id = "" // S3 API Reference: without key-marker it is ignored
	}
	entries, more, err := read(store.List{
		Bucket: a.Bucket, Prefix: a.Query["prefix"], Delimiter: a.Query["delimiter"], After: a.Query["key-marker"], Limit: limit,
	}, id)
	if err != nil {
		return nil, err
	}
	out := uploadList{
		Bucket: a.Bucket, KeyMarker: a.encoded(a.Query["key-marker"]), UploadIdMarker: a.Query["upload-id-marker"], Prefix: a.encoded(a.Query["prefix"]),
		Delimiter: a.encoded(a.Query["delimiter"]), EncodingType: a.Query["encoding-type"], MaxUploads: limit, IsTruncated: more && limit > 0,
	}
	for _, e := range entries {
		if e.Upload == nil {
			out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{a.encoded(e.Prefix)})
			out.NextKeyMarker, out.NextUploadIdMarker = a.encoded(e.Prefix), ""
			continue
		}
		out.Upload = append(out.Upload, a.listedUpload(e.Upload))
		out.NextKeyMarker, out.NextUploadIdMarker = a.encoded(e.Upload.Key), e.Upload.ID
	}
	if !out.IsTruncated {
		out.NextKeyMarker, out.NextUploadIdMarker = "", ""
	}
	return documentOf("ListMultipartUploadsResult", out)
}

func (a *asked) listedUpload(m *store.Multipart) listedUpload {
	l := listedUpload{
		Key: a.encoded(m.Key), UploadId: m.ID, StorageClass: "STANDARD", Initiated: timeText(m.Initiated),
		Initiator: ownerOf(a.req.Account), Owner: ownerOf(a.req.Account),
	}
	if m.Checksum != "" {
		l.ChecksumAlgorithm, l.ChecksumType = m.Checksum, m.ChecksumType
	}
	return l
}

func (a *asked) checkEncodingType() error {
	if kind, has := a.Query["encoding-type"]; has && kind != "url" {
		return invalidArgument("Invalid Encoding Method specified in Request")
	}
	return nil
}
