package answer

import (
	"encoding/xml"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// listedVersion is a version or a delete marker: both stand in one order, under different names.
type listedVersion struct {
	XMLName           xml.Name
	Key, VersionId    string
	IsLatest          bool
	LastModified      string
	ETag              string `xml:",omitempty"`
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              *int64 `xml:",omitempty"`
	StorageClass      string `xml:",omitempty"`
	Owner             *owner
}

// versionList is the answer of ListObjectVersions.
type versionList struct {
	Name, Prefix, KeyMarker, VersionIdMarker string
	NextKeyMarker, NextVersionIdMarker       string `xml:",omitempty"`
	MaxKeys                                  int
	Delimiter, EncodingType                  string `xml:",omitempty"`
	IsTruncated                              bool
	Versions                                 []listedVersion
	CommonPrefixes                           []commonPrefix
}

// readVersions reads a page of the versions in a bucket, as store.Store.ListVersions does.
type readVersions func(l store.List, version string) ([]store.VersionEntry, bool, error)

func listVersions(a *asked) (*api.Response, error) { return a.listVersions(a.Store.ListVersions) }

func (a *asked) listVersions(read readVersions) (*api.Response, error) {
	limit, err := a.limit("max-keys")
	if err != nil {
		return nil, err
	}
	if err := a.checkEncodingType(); err != nil {
		return nil, err
	}
	version, key := a.Query["version-id-marker"], a.Query["key-marker"]
	if version != "" && key == "" {
		return nil, invalidArgument("A version-id marker cannot be specified without a key marker.")
	}
	entries, more, err := read(store.List{
		Bucket: a.Bucket, Prefix: a.Query["prefix"], Delimiter: a.Query["delimiter"], After: key, Limit: limit,
	}, version)
	if err != nil {
		return nil, err
	}
	out := versionList{
		Name: a.Bucket, Prefix: a.encoded(a.Query["prefix"]), KeyMarker: a.encoded(key), VersionIdMarker: version, MaxKeys: limit,
		Delimiter: a.encoded(a.Query["delimiter"]), EncodingType: a.Query["encoding-type"], IsTruncated: more && limit > 0,
	}
	for _, e := range entries {
		if e.Object == nil {
			out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{a.encoded(e.Prefix)})
		} else {
			out.Versions = append(out.Versions, a.listedVersion(e))
		}
	}
	if out.IsTruncated {
		last := entries[len(entries)-1]
		out.NextKeyMarker = a.encoded(last.Name())
		if last.Object != nil {
			out.NextVersionIdMarker = last.Object.VersionID()
		}
	}
	return documentOf("ListVersionsResult", out)
}

func (a *asked) listedVersion(e store.VersionEntry) listedVersion {
	o := e.Object
	l := listedVersion{
		XMLName: xml.Name{Local: "Version"}, Key: a.encoded(o.Key), VersionId: o.VersionID(), IsLatest: e.Latest, LastModified: timeText(o.Modified),
		Owner: ownerOf(a.req.Account),
	}
	if o.Deleted {
		l.XMLName.Local = "DeleteMarker"
		return l
	}
	l.ETag, l.Size, l.StorageClass = quoted(o.ETag), &o.Size, "STANDARD"
	l.ChecksumAlgorithm, l.ChecksumType = o.Checksum.Algorithm, o.Checksum.Type
	return l
}
