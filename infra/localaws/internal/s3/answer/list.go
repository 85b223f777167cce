package answer

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// maxKeys is how many entries a page of a list has at most (S3 API Reference, ListObjectsV2).
const maxKeys = 1000

// MostListed is what a page can have in bytes: a key has 1,024, of which each may take five as XML.
const MostListed = maxKeys * (5*1024 + 512)

// timeFormat is that of S3's documents.
const timeFormat = "2006-01-02T15:04:05.000Z"

func timeText(t time.Time) string { return t.UTC().Format(timeFormat) }

type owner struct{ ID string }

// ownerOf is the canonical user of an account: a number of 64 hexadecimal digits.
func ownerOf(account string) *owner {
	sum := sha256.Sum256([]byte("canonical user of " + account))
	return &owner{hex.EncodeToString(sum[:])}
}

type listed struct {
	Key, LastModified, ETag string
	ChecksumAlgorithm       string `xml:",omitempty"`
	ChecksumType            string `xml:",omitempty"`
	Size                    int64
	StorageClass            string
	Owner                   *owner
}

type commonPrefix struct{ Prefix string }

// page are the elements that both forms of a list have.
type page struct {
	Name           string
	Prefix         string
	Delimiter      string `xml:",omitempty"`
	MaxKeys        int
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	Contents       []listed
	CommonPrefixes []commonPrefix

	last string // the name of the last entry
}

// readList reads a page of a bucket's objects, as store.Store.List does.
type readList func(store.List) ([]store.Entry, bool, error)

func listObjects(a *asked) (*api.Response, error) { return a.listObjects(a.Store.List) }

func (a *asked) listObjects(read readList) (*api.Response, error) {
	p, err := a.page(a.Query["marker"], true, read)
	if err != nil {
		return nil, err
	}
	out := struct {
		page
		Marker     string
		NextMarker string `xml:",omitempty"`
	}{page: *p, Marker: a.encoded(a.Query["marker"])}
	if p.IsTruncated && p.Delimiter != "" {
		out.NextMarker = a.encoded(p.last)
	}
	return documentOf("ListBucketResult", out)
}

func listObjectsV2(a *asked) (*api.Response, error) { return a.listObjectsV2(a.Store.List) }

func (a *asked) listObjectsV2(read readList) (*api.Response, error) {
	after := a.Query["start-after"]
	token, continues := a.Query["continuation-token"]
	if continues {
		name, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || len(name) == 0 {
			return nil, invalidArgument("The continuation token provided is incorrect")
		}
		after = string(name)
	}
	p, err := a.page(after, a.Query["fetch-owner"] == "true", read)
	if err != nil {
		return nil, err
	}
	out := struct {
		page
		KeyCount              int
		ContinuationToken     string `xml:",omitempty"`
		NextContinuationToken string `xml:",omitempty"`
		StartAfter            string `xml:",omitempty"`
	}{page: *p, KeyCount: len(p.Contents) + len(p.CommonPrefixes), ContinuationToken: token, StartAfter: a.encoded(a.Query["start-after"])}
	if p.IsTruncated {
		out.NextContinuationToken = base64.RawURLEncoding.EncodeToString([]byte(p.last))
	}
	return documentOf("ListBucketResult", out)
}

// page reads a page of the bucket, behind the name after.
func (a *asked) page(after string, withOwner bool, read readList) (*page, error) {
	limit, err := a.maxKeys("max-keys")
	if err != nil {
		return nil, err
	}
	if err := a.checkEncodingType(); err != nil {
		return nil, err
	}
	entries, more, err := read(store.List{
		Bucket: a.Bucket, Prefix: a.Query["prefix"], Delimiter: a.Query["delimiter"], After: after, Limit: limit,
	})
	if err != nil {
		return nil, err
	}
	p := &page{
		Name: a.Bucket, Prefix: a.encoded(a.Query["prefix"]), Delimiter: a.encoded(a.Query["delimiter"]), MaxKeys: limit,
		EncodingType: a.Query["encoding-type"], IsTruncated: more && limit > 0,
	}
	for _, entry := range entries {
		p.last = entry.Name()
		if entry.Object == nil {
			p.CommonPrefixes = append(p.CommonPrefixes, commonPrefix{a.encoded(entry.Prefix)})
			continue
		}
		p.Contents = append(p.Contents, a.listed(entry.Object, withOwner))
	}
	return p, nil
}

func (a *asked) listed(o *store.Object, withOwner bool) listed {
	l := listed{
		Key: a.encoded(o.Key), LastModified: timeText(o.Modified), ETag: quoted(o.ETag), Size: o.Size, StorageClass: "STANDARD",
		ChecksumAlgorithm: o.Checksum.Algorithm, ChecksumType: o.Checksum.Type,
	}
	if withOwner {
		l.Owner = ownerOf(a.req.Account)
	}
	return l
}

// maxKeys is how many entries a page has at most. package request has refused what is no number.
func (a *asked) maxKeys(parameter string) (int, error) {
	given, has := a.Query[parameter]
	if !has {
		return maxKeys, nil
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		return 0, invalidArgument("Provided max-keys not an integer or within integer range")
	}
	return min(n, maxKeys), nil
}

// encoded is a name as the list is to have it: as it is, or percent-encoded.
func (a *asked) encoded(name string) string {
	if a.Query["encoding-type"] != "url" {
		return name
	}
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(name))
}

func listBuckets(a *asked) (*api.Response, error) {
	limit := 10_000 // S3 API Reference, ListBuckets
	if given, has := a.Query["max-buckets"]; has {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > limit {
			return nil, invalidArgument("Argument max-buckets must be an integer between 1 and 10000")
		}
		limit = n
	}
	all, err := a.Store.Buckets()
	if err != nil {
		return nil, err
	}
	type bucket struct{ Name, CreationDate, BucketRegion string }
	var out struct {
		Owner             *owner
		Buckets           struct{ Bucket []bucket }
		ContinuationToken string `xml:",omitempty"`
		Prefix            string `xml:",omitempty"`
	}
	out.Owner, out.Prefix = ownerOf(a.req.Account), a.Query["prefix"]
	for _, b := range all {
		if !strings.HasPrefix(b.Name, out.Prefix) || b.Name <= a.Query["continuation-token"] || a.isElsewhere() {
			continue
		}
		if len(out.Buckets.Bucket) == limit {
			out.ContinuationToken = out.Buckets.Bucket[limit-1].Name
			break
		}
		out.Buckets.Bucket = append(out.Buckets.Bucket, bucket{b.Name, timeText(b.Created), a.req.Region})
	}
	return documentOf("ListAllMyBucketsResult", out)
}

// isElsewhere reports whether buckets of another region are asked for.
func (a *asked) isElsewhere() bool {
	region, has := a.Query["bucket-region"]
	return has && region != a.req.Region
}
