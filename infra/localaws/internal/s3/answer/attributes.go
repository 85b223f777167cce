package answer

import (
	"net/http"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

type attributePart struct {
	PartNumber int
	Size       int64
	checksumElements
}

type attributeParts struct {
	IsTruncated          *bool `xml:",omitempty"`
	MaxParts             int   `xml:",omitempty"`
	NextPartNumberMarker int   `xml:",omitempty"`
	PartNumberMarker     int   `xml:",omitempty"`
	Part                 []attributePart
	PartsCount           int
}

type attributes struct {
	ETag         string            `xml:",omitempty"`
	Checksum     *checksumElements `xml:",omitempty"`
	ObjectParts  *attributeParts   `xml:",omitempty"`
	StorageClass string            `xml:",omitempty"`
	ObjectSize   *int64            `xml:",omitempty"`
}

// getObjectAttributes: of an object under a KMS key, checksums need the permission to decrypt. S3's documentation says so of HeadObject alone;
// this is the safe choice.
func getObjectAttributes(a *asked) (*api.Response, error) {
	wanted, err := a.wantedAttributes()
	if err != nil {
		return nil, err
	}
	o, err := a.object()
	if err != nil {
		return nil, err
	}
	var out attributes
	if wanted["ETag"] {
		out.ETag = o.ETag
	}
	if wanted["StorageClass"] {
		out.StorageClass = "STANDARD"
	}
	if wanted["ObjectSize"] {
		out.ObjectSize = &o.Size
	}
	if o.KMSKey != "" && (wanted["Checksum"] || wanted["ObjectParts"]) {
		if _, err := a.openDataKey(o); err != nil {
			return nil, err
		}
	}
	if wanted["Checksum"] {
		whole := o.Checksum
		whole.Value, _, _ = strings.Cut(whole.Value, "-") // without the number of parts, as AWS answers here
		sum := elementsOf(whole)
		out.Checksum = &sum
	}
	if wanted["ObjectParts"] && strings.Contains(o.ETag, "-") {
		if out.ObjectParts, err = a.attributeParts(o); err != nil {
			return nil, err
		}
	}
	response, err := documentOf("GetObjectAttributesResponse", out)
	if err != nil {
		return nil, err
	}
	response = withVersion(response, o)
	response.Header.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	return response, nil
}

// wantedAttributes reads which attributes a request names.
func (a *asked) wantedAttributes() (map[string]bool, error) {
	wanted := map[string]bool{}
	all := strings.Join(a.req.Header["X-Amz-Object-Attributes"], ",") // the SDK for Go sends each on its own
	for name := range strings.SplitSeq(all, ",") {
		switch name = strings.TrimSpace(name); name {
		case "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize":
			wanted[name] = true
		default:
			return nil, invalidArgument("Invalid attribute name specified.")
		}
	}
	return wanted, nil
}

// attributeParts are the parts of an object, which are listed where its checksum is over theirs.
func (a *asked) attributeParts(o *store.Object) (*attributeParts, error) {
	limit, err := a.number("X-Amz-Max-Parts", maxKeys)
	if err != nil {
		return nil, err
	}
	after, err := a.number("X-Amz-Part-Number-Marker", 0)
	if err != nil {
		return nil, err
	}
	out := &attributeParts{PartsCount: len(o.Parts)}
	if o.Checksum.Type != checksum.Composite {
		return out, nil
	}
	limit, after = min(limit, maxKeys), min(after, len(o.Parts))
	last := min(after+limit, len(o.Parts))
	more := last < len(o.Parts)
	out.IsTruncated, out.MaxParts, out.PartNumberMarker, out.NextPartNumberMarker = &more, limit, after, last
	for i := after; i < last; i++ {
		out.Part = append(out.Part, attributePart{i + 1, o.Parts[i].Size, partElements(o.Parts[i].Checksum)})
	}
	return out, nil
}

// number reads a header that is a number from 0 on.
func (a *asked) number(header string, otherwise int) (int, error) {
	given := a.header(header)
	if given == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(given, 10, 31)
	if err != nil {
		return 0, api.Errorf(http.StatusBadRequest, "InvalidArgument", "%s must be a number", api.Own(strings.ToLower(header)))
	}
	return int(n), nil
}
