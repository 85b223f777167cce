package answer

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/conditional"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// Limits of an object (S3 User Guide, "Uploading objects", "Working with object metadata").
const (
	maxPut      = 5 << 30 // bytes of one PUT
	maxMetadata = 2 << 10 // bytes of user metadata, names and values together
)

func putObject(a *asked) (*api.Response, error) {
	if err := a.checkSize(); err != nil {
		return nil, err
	}
	o, e, err := a.described()
	if err != nil {
		return nil, err
	}
	sums, err := checksum.Demanded(a.req.Header, e.key == "")
	if err != nil {
		return nil, err
	}
	stored, err := a.store(o, e, sums, func(to io.Writer) error { return receive(to, a.req.HTTP.Body, sums) })
	if err != nil {
		return nil, err
	}
	return &api.Response{Header: writtenHeaders(stored)}, nil
}

// store stores what fill writes.
func (a *asked) store(o *store.Object, e *encryption, sums *checksum.Sums, fill func(io.Writer) error) (*store.Object, error) {
	if _, err := a.Store.Bucket(a.Bucket); err != nil {
		return nil, err
	}
	key, err := a.newDataKey(e, o)
	if err != nil {
		return nil, err
	}
	upload, err := a.Store.Begin(*o, key)
	if err != nil {
		return nil, err
	}
	defer upload.Abort()
	if err := fill(io.MultiWriter(upload, sums)); err != nil {
		return nil, err
	}
	return upload.Commit(func(o *store.Object) { a.finish(o, sums) }, a.mayReplace)
}

// checkSize refuses a body that has no size, or more than an object or a part may have at once.
func (a *asked) checkSize() error {
	switch size := a.req.HTTP.Body.Size(); {
	case size < 0:
		return api.Errorf(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	case size > maxPut:
		return api.Errorf(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	return nil
}

// finish fills in what is known of an object once its bytes are.
func (a *asked) finish(o *store.Object, sums *checksum.Sums) {
	o.Modified = a.Now().UTC()
	o.ETag = etag(sums.MD5())
	if o.KMSKey != "" {
		o.ETag = etag(nil)
	}
	o.Checksum = store.Checksum{Algorithm: sums.Algorithm, Value: sums.Value(), Type: checksum.FullObject}
}

// etag is the MD5 of an object's bytes. That of one under a KMS key is none (S3 API Reference, "Object").
func etag(md5 []byte) string {
	if md5 == nil {
		md5 = make([]byte, 16)
		rand.Read(md5) // never fails (crypto/rand)
	}
	return hex.EncodeToString(md5)
}

func writtenHeaders(o *store.Object) http.Header {
	h := http.Header{"Etag": {quoted(o.ETag)}}
	h.Set(checksum.Header(o.Checksum.Algorithm), o.Checksum.Value)
	h.Set("X-Amz-Checksum-Type", o.Checksum.Type)
	setEncryption(h, o)
	setVersion(h, o)
	return h
}

var copyPieces = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// receive copies a body to its end, where it is known to be the one that was signed, and compares its checksums.
func receive(to io.Writer, body api.Body, sums *checksum.Sums) error {
	piece := copyPieces.Get().(*[64 << 10]byte)
	defer copyPieces.Put(piece)
	if _, err := io.CopyBuffer(to, onlyReader{body}, piece[:]); err != nil {
		return err
	}
	return sums.Check(body.Trailer)
}

type onlyReader struct{ io.Reader }

// mayReplace evaluates the conditions of a request that writes, for what is there.
func (a *asked) mayReplace(before *store.Object) error {
	etag := ""
	if before != nil {
		etag = before.ETag
	}
	if conditional.Write(a.req.Header, etag) == conditional.Go {
		return nil
	}
	if before == nil {
		return store.ErrNoSuchKey
	}
	return preconditionFailed()
}

// described is a new object with what the headers say of it.
func (a *asked) described() (*store.Object, *encryption, error) {
	o := &store.Object{Bucket: a.Bucket, Key: a.Key, Metadata: map[string]string{}}
	if err := a.checkWritten(); err != nil {
		return nil, nil, err
	}
	size := 0
	for name := range a.req.Header {
		if rest, ok := strings.CutPrefix(name, metaPrefix); ok {
			o.Metadata[name] = a.header(name)
			size += len(rest) + len(o.Metadata[name])
		}
	}
	if size > maxMetadata {
		return nil, nil, api.Errorf(http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
	}
	for _, name := range []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"} {
		value := a.header(name)
		if name == "Content-Encoding" {
			value = withoutChunked(value)
		}
		if value != "" {
			o.Metadata[name] = value
		}
	}
	var err error
	if o.Tags, err = a.headerTags(); err != nil {
		return nil, nil, err
	}
	e, err := a.encryption()
	return o, e, err
}

// withoutChunked takes the encoding of the transfer out of those of the object.
func withoutChunked(encodings string) string {
	var rest []string
	for one := range strings.SplitSeq(encodings, ",") {
		if one = strings.TrimSpace(one); one != "aws-chunked" && one != "" {
			rest = append(rest, one)
		}
	}
	return strings.Join(rest, ", ")
}

// checkWritten refuses what an object of localaws cannot have.
func (a *asked) checkWritten() error {
	for name := range a.req.Header {
		switch {
		case strings.HasPrefix(name, "X-Amz-Grant-"), name == "X-Amz-Acl" && !ownersACL[a.header(name)]:
			return api.Errorf(http.StatusBadRequest, "AccessControlListNotSupported", "The bucket does not allow ACLs")
		case strings.HasPrefix(name, "X-Amz-Object-Lock-"):
			return invalidRequest("Bucket is missing Object Lock Configuration")
		}
	}
	if class := a.header("X-Amz-Storage-Class"); class != "" && class != "STANDARD" {
		return api.Errorf(http.StatusNotImplemented, "NotImplemented", "localaws has the storage class STANDARD alone.")
	}
	return nil
}

// ownersACL are the canned ACLs that give nobody but the bucket's owner anything (S3 User Guide, "Controlling ownership of objects").
var ownersACL = map[string]bool{"private": true, "bucket-owner-full-control": true}
