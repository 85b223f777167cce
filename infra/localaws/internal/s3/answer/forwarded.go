package answer

import (
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// Read reads a request of S3: by its method, path, query and headers alone. Errors are those of request.Read.
func (s *Answers) Read(req *api.Request) (*request.Reading, error) {
	reading, err := request.Read(&request.Request{
		Method: req.HTTP.Method, Path: req.HTTP.Path, Query: req.HTTP.Query, Header: req.Header,
		KeyARN: func(given string) (string, error) {
			arn, err := s.Keys.KeyARN(req, given)
			return arn, KMSError(err)
		},
	})
	if err != nil {
		return nil, err
	}
	for i := range reading.Permissions {
		SetSignature(reading.Permissions[i].Context, req)
	}
	return reading, nil
}

// Protection is how an object's bytes are protected by KMS where another endpoint keeps them: the key, and a data key that only the
// key opens, under the object's ARN. The zero Protection is that of an object without a KMS key.
type Protection struct {
	KMSKey  string            `json:",omitzero"` // ARN
	Context map[string]string `json:",omitzero"` // what the writer added to the encryption context
	DataKey []byte            `json:",omitzero"`
}

// Forwarded is one request that another endpoint answers. Its methods decide what only the answer can name; their errors are the
// answer. Answers needs no Store for it.
type Forwarded struct{ asked }

// Forward returns the request that was read.
func (s *Answers) Forward(req *api.Request, reading *request.Reading) *Forwarded {
	return &Forwarded{asked{Answers: s, Reading: reading, req: req}}
}

// Begin refuses what is refused whatever the operation is: another owner of the bucket, and a body where none is taken.
func (f *Forwarded) Begin(takesBody bool) error { return f.begin(takesBody) }

// CheckBucket refuses what a new bucket of localaws cannot have. It reads the body.
func (f *Forwarded) CheckBucket() error {
	if err := f.checkWritten(); err != nil {
		return err
	}
	return f.checkLocation()
}

// CheckSize refuses a body that is too large for one request, or of which nobody says how large it is.
func (f *Forwarded) CheckSize() error { return f.checkSize() }

// Protect decides whether the caller may use the key that the headers name for a new object, and returns its protection.
func (f *Forwarded) Protect() (*Protection, error) {
	o, e, err := f.described()
	if err != nil {
		return nil, err
	}
	if e.key == "" {
		return &Protection{}, nil
	}
	if _, err := f.newDataKey(e, o); err != nil {
		return nil, err
	}
	return &Protection{o.KMSKey, o.Context, o.DataKey}, nil
}

// Unprotect decides whether the caller may use the key of an object to read it, or to add to it, and that the key opens it.
func (f *Forwarded) Unprotect(bucket, key string, p *Protection) error {
	if p.KMSKey == "" {
		return nil
	}
	use, err := f.use("Decrypt", p.KMSKey, bucket, key, p.Context)
	if err != nil {
		return err
	}
	_, err = use.OpenDataKey(p.DataKey)
	return KMSError(err)
}

// InheritsMetadata reports whether a copy has the metadata of its source. The error refuses directives that S3 does not have, and a copy that
// changes nothing.
func (f *Forwarded) InheritsMetadata() (bool, error) {
	metadata, err := f.directive("X-Amz-Metadata-Directive")
	if err != nil {
		return false, err
	}
	if _, err := f.directive("X-Amz-Tagging-Directive"); err != nil || metadata != directiveCopy {
		return false, err
	}
	return true, f.checkItself()
}

// NamesChecksums reports whether the attributes that a request names are such as need the permission to decrypt.
func (f *Forwarded) NamesChecksums() (bool, error) {
	wanted, err := f.wantedAttributes()
	return wanted["Checksum"] || wanted["ObjectParts"], err
}

// CheckPart refuses headers of encryption: the upload has said how its object is encrypted.
func (f *Forwarded) CheckPart() error { return f.checkPart() }

// List answers ListObjects and ListObjectsV2 by pages that read returns. See store.Store.List for what it must return.
func (f *Forwarded) List(read func(store.List) (page []store.Entry, more bool, err error)) (*api.Response, error) {
	if f.Operation == "ListObjectsV2" {
		return f.listObjectsV2(read)
	}
	return f.listObjects(read)
}

// ListUploads answers ListMultipartUploads by pages that read returns. See store.Store.ListMultiparts for what it must return.
func (f *Forwarded) ListUploads(read func(l store.List, id string) (page []store.UploadEntry, more bool, err error)) (*api.Response, error) {
	return f.listUploads(read)
}

// ListVersions answers ListObjectVersions by pages that read returns. See store.Store.ListVersions for what it must return.
func (f *Forwarded) ListVersions(read func(l store.List, version string) (page []store.VersionEntry, more bool, err error)) (*api.Response, error) {
	return f.listVersions(read)
}

// Missing is the answer where a key, or the version that the request names, is not there, or a denial where the caller may not know that.
func (f *Forwarded) Missing() error { return f.missing(f.Bucket, f.Key, f.Query["versionId"]) }

// MissingSource is Missing for the source of a copy.
func (f *Forwarded) MissingSource() error {
	return f.missing(f.Source.Bucket, f.Source.Key, f.Source.VersionID)
}

func (f *Forwarded) missing(bucket, key, version string) error {
	at := *f.Reading
	at.Bucket, at.Key = bucket, key
	if err := (&asked{Answers: f.Answers, Reading: &at, req: f.req}).mayList(); err != nil {
		return err
	}
	if version != "" {
		return errorOf(store.ErrNoSuchVersion)
	}
	return errorOf(store.ErrNoSuchKey)
}

// NoSuchBucket is the answer where the bucket is not there.
func NoSuchBucket() error { return errorOf(store.ErrNoSuchBucket) }

// SetEncryption sets the headers that tell under which key an object is: its ARN, or empty for none of KMS.
func SetEncryption(h http.Header, key string) { setEncryption(h, &store.Object{KMSKey: key}) }

// Encoding is the Content-Encoding of the object that a request writes, without the encoding of the transfer; empty: it has none.
func Encoding(h http.Header) string { return withoutChunked(h.Get("Content-Encoding")) }

// ReadDelete reads which objects a DeleteObjects names, and returns its answer: each object is decided on its own, and remove is called
// for those that the caller may delete. It returns the headers of the answer to their DeleteObject.
func (f *Forwarded) ReadDelete() (func(remove func(key, version string) (http.Header, error)) (*api.Response, error), error) {
	all, quiet, err := f.readDelete()
	return func(remove func(key, version string) (http.Header, error)) (*api.Response, error) {
		var out struct {
			Deleted []deleted
			Error   []notDeleted
		}
		for _, one := range all {
			if denied := f.mayDelete(one, len(all)); denied != nil {
				out.Error = append(out.Error, notDeleted{one.key, one.version, "AccessDenied", denied.Error()})
				continue
			}
			h, err := remove(one.key, one.version)
			if err != nil {
				return nil, err
			}
			if !quiet {
				out.Deleted = append(out.Deleted, forwardedDeletion(one, h))
			}
		}
		return documentOf("DeleteResult", out)
	}, err
}

func forwardedDeletion(one doomed, h http.Header) deleted {
	d := deleted{Key: one.key, VersionId: one.version}
	if h.Get("X-Amz-Delete-Marker") == "true" {
		d.DeleteMarker, d.DeleteMarkerVersionId = true, h.Get("X-Amz-Version-Id")
	}
	return d
}
