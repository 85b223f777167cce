package answer

import (
	"cmp"
	"io"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/conditional"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// copyObject reads the source as a GET does and writes the copy as a PUT does. The copy's encryption comes from the request or the bucket,
// never from the source (S3 API Reference, CopyObject).
func copyObject(a *asked) (*api.Response, error) {
	o, e, err := a.described()
	if err != nil {
		return nil, err
	}
	algorithm, err := a.checksumAlgorithm()
	if err != nil {
		return nil, err
	}
	source, contents, err := a.openSource()
	if err != nil {
		return nil, err
	}
	defer func() { _ = contents.Close() }() // it was read
	if source.Size > maxPut {
		return nil, invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
	}
	if err := a.inherit(o, source); err != nil {
		return nil, err
	}
	sums := checksum.Computed(cmp.Or(algorithm, source.Checksum.Algorithm, checksum.Default), e.key == "")
	stored, err := a.store(o, e, sums, func(to io.Writer) error {
		return copyBytes(to, contents, conditional.Range{Length: source.Size})
	})
	if err != nil {
		return nil, err
	}
	return a.copied("CopyObjectResult", source, stored, stored.Checksum)
}

// Values of the directives: what the copy has of the source.
const (
	directiveCopy    = "COPY"
	directiveReplace = "REPLACE"
)

// inherit gives a copy the metadata and the tags of its source, where the request does not replace them.
func (a *asked) inherit(o, source *store.Object) error {
	metadata, err := a.directive("X-Amz-Metadata-Directive")
	if err != nil {
		return err
	}
	tagging, err := a.directive("X-Amz-Tagging-Directive")
	if err != nil {
		return err
	}
	if metadata == directiveCopy {
		o.Metadata = source.Metadata
		if err := a.checkItself(); err != nil {
			return err
		}
	}
	if tagging == directiveReplace {
		return nil
	}
	if a.header("X-Amz-Tagging") != "" {
		return invalidArgument("x-amz-tagging needs x-amz-tagging-directive: REPLACE")
	}
	if o.Tags = source.Tags; len(o.Tags) == 0 {
		return nil
	}
	return a.mayCopyTags(source)
}

func (a *asked) directive(header string) (string, error) {
	switch given := a.header(header); given {
	case "", directiveCopy:
		return directiveCopy, nil
	case directiveReplace:
		return given, nil
	}
	return "", invalidArgument("Unknown directive of a copy: COPY and REPLACE are known.")
}

// checkItself refuses a copy that takes the place of its source and changes nothing. A copy of an older version brings that back.
func (a *asked) checkItself() error {
	if a.Source.Bucket == a.Bucket && a.Source.Key == a.Key && a.Source.VersionID == "" && a.header(sseHeader) == "" {
		return invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
	}
	return nil
}

// copied answers a copy.
func (a *asked) copied(name string, source, written *store.Object, sum store.Checksum) (*api.Response, error) {
	response, err := documentOf(name, struct {
		LastModified, ETag string
		checksumElements
	}{timeText(written.Modified), quoted(written.ETag), elementsOf(sum)})
	if err != nil {
		return nil, err
	}
	response.Header = http.Header{}
	setEncryption(response.Header, written)
	setVersion(response.Header, written)
	if source.Version != "" {
		response.Header.Set("X-Amz-Copy-Source-Version-Id", source.Version)
	}
	return response, nil
}

func uploadPartCopy(a *asked) (*api.Response, error) {
	source, contents, err := a.openSource()
	if err != nil {
		return nil, err
	}
	defer func() { _ = contents.Close() }() // it was read
	part, err := a.sourceRange(source)
	if err != nil {
		return nil, err
	}
	if part.Length > maxPut {
		return nil, invalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
	}
	m, key, err := a.openMultipart()
	if err != nil {
		return nil, err
	}
	sums := checksum.Computed(cmp.Or(m.Checksum, checksum.Default), m.Object.KMSKey == "")
	stored, err := a.storePart(m, key, sums, func(to io.Writer) error { return copyBytes(to, contents, part) })
	if err != nil {
		return nil, err
	}
	sum := store.Checksum{}
	if m.Checksum != "" {
		sum = store.Checksum{Algorithm: stored.Checksum.Algorithm, Value: stored.Checksum.Value}
	}
	return a.copied("CopyPartResult", source, &store.Object{Modified: stored.Modified, ETag: stored.ETag, KMSKey: m.Object.KMSKey}, sum)
}
