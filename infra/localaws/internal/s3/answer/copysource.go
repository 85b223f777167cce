package answer

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/conditional"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// source returns the object that a copy reads, if the conditions of the request hold for it. Where there is none, who may not list its
// bucket does not learn so, as in object.
func (a *asked) source() (*store.Object, error) {
	o, err := a.stored(a.ofSource())
	switch {
	case errors.Is(err, store.ErrNoSuchKey), errors.Is(err, store.ErrNoSuchVersion):
		list := a.permissionOn("ListBucket", request.BucketARN(a.Source.Bucket))
		return nil, cmp.Or(a.decide(&list, 1), err)
	case err != nil:
		return nil, err
	case o.Deleted:
		return nil, invalidRequest("The source of a copy request may not specifically refer to a delete marker by version id.")
	case conditional.Read(a.sourceConditions(), o.ETag, o.Modified) != conditional.Go:
		return nil, preconditionFailed()
	}
	return o, a.checkSeen(a.ofSource(), o)
}

// sourceConditions are the conditions on the source, under the names that they have in a GET. Each that does not hold is a 412.
func (a *asked) sourceConditions() http.Header {
	h := http.Header{}
	for _, name := range []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if value := a.header("X-Amz-Copy-Source-" + name); value != "" {
			h.Set(name, value)
		}
	}
	return h
}

// openSource opens the source under the caller's own permission on its key. Whoever gets the Contents closes them.
func (a *asked) openSource() (o *store.Object, contents *store.Contents, err error) {
	for range attempts {
		if o, err = a.source(); err != nil {
			return nil, nil, err
		}
		var key []byte
		if key, err = a.openDataKey(o); err != nil {
			return nil, nil, err
		}
		if contents, err = a.Store.Open(o, key); !errors.Is(err, store.ErrNoSuchKey) {
			return o, contents, err
		}
	}
	return nil, nil, err
}

// copyBytes copies a part of a source.
func copyBytes(to io.Writer, contents *store.Contents, part conditional.Range) error {
	piece := copyPieces.Get().(*[64 << 10]byte)
	defer copyPieces.Put(piece)
	_, err := io.CopyBuffer(to, onlyReader{contents.Range(part.Offset, part.Length)}, piece[:])
	return err
}

// sourceRange reads which bytes of the source a part is to have: bytes=FIRST-LAST, both of them within it.
func (a *asked) sourceRange(o *store.Object) (conditional.Range, error) {
	header := a.header("X-Amz-Copy-Source-Range")
	if header == "" {
		return conditional.Range{Length: o.Size}, nil
	}
	spec, isBytes := strings.CutPrefix(header, "bytes=")
	from, to, ok := strings.Cut(spec, "-")
	first, err := strconv.ParseUint(from, 10, 62)
	last, lastErr := strconv.ParseUint(to, 10, 62)
	switch {
	case !isBytes || !ok || err != nil || lastErr != nil || last < first:
		return conditional.Range{}, invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
	case int64(last) >= o.Size:
		return conditional.Range{}, api.Errorf(http.StatusBadRequest, "InvalidArgument", "Range specified is not valid for source object of size: %d", int(o.Size))
	}
	return conditional.Range{Offset: int64(first), Length: int64(last-first) + 1}, nil
}

// mayCopyTags decides whether the caller may read the tags of the source and give them to the copy (S3 API Reference, CopyObject).
func (a *asked) mayCopyTags(source *store.Object) error {
	action := "GetObjectTagging"
	if a.Source.VersionID != "" {
		action = "GetObjectVersionTagging"
	}
	read := a.permissionOn(action, request.ObjectARN(source.Bucket, source.Key))
	setExistingTags(read.Context, source)
	if a.Source.VersionID != "" {
		read.Context.Set("s3:VersionId", a.Source.VersionID)
	}
	if err := a.decide(&read, 2); err != nil {
		return err
	}
	write := a.permission("PutObjectTagging", a.Key)
	setRequestTags(write.Context, sortedTags(source.Tags))
	before, err := a.Store.Object(a.Bucket, a.Key)
	if err != nil && !isMissing(err) {
		return err
	}
	setExistingTags(write.Context, before)
	return a.decide(&write, 2)
}
