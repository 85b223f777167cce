package request

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/policy"
)

// ObjectARN is the resource of an object: its key as it is, without region and account.
func ObjectARN(bucket, key string) string { return BucketARN(bucket) + "/" + key }

// BucketARN is the resource of a bucket.
func BucketARN(bucket string) string { return "arn:aws:s3:::" + bucket }

// on adds the permission for an action on what the path names.
func (r *Reading) on(action string) *policy.Context {
	resource := BucketARN(r.Bucket)
	if r.Key != "" {
		resource = ObjectARN(r.Bucket, r.Key)
	}
	return r.onResource(action, resource)
}

func (r *Reading) onResource(action, resource string) *policy.Context {
	keys := new(policy.Context)
	r.Permissions = append(r.Permissions, api.Permission{Action: "s3:" + action, Resource: resource, Context: keys})
	return keys
}

func permitNothing(*Request, *Reading) error { return nil }

func permit(action string) func(*Request, *Reading) error {
	return func(q *Request, r *Reading) error {
		keys := r.on(action)
		setHeaders(keys, q.Header)
		if id, has := r.Query["versionId"]; has {
			keys.Set("s3:VersionId", id)
		}
		return nil
	}
}

// permitVersion: with versionId the action on versions takes the place of the other one, also for versionId=null.
func permitVersion(action string) func(*Request, *Reading) error {
	return permitVersioned(action, action+"Version")
}

func permitVersioned(action, versioned string) func(*Request, *Reading) error {
	return func(q *Request, r *Reading) error {
		if r.Query.Has("versionId") {
			return permit(versioned)(q, r)
		}
		return permit(action)(q, r)
	}
}

// permitAttributes: GetObjectAttributes needs GetObject too (S3 API Reference).
func permitAttributes(q *Request, r *Reading) error {
	if err := permitVersion("GetObject")(q, r); err != nil {
		return err
	}
	return permitVersioned("GetObjectAttributes", "GetObjectVersionAttributes")(q, r)
}

func permitListBuckets(_ *Request, r *Reading) error {
	r.onResource("ListAllMyBuckets", "*")
	return nil
}

// permitList sets the keys of a list only where the request has them: a policy may demand that there is one.
func permitList(action string) func(*Request, *Reading) error {
	return func(_ *Request, r *Reading) error {
		keys := r.on(action)
		for _, name := range []string{"prefix", "delimiter"} {
			if value, has := r.Query[name]; has {
				keys.Set("s3:"+name, value)
			}
		}
		for _, name := range []string{"max-keys", "max-uploads"} {
			given, has := r.Query[name]
			if !has {
				continue
			}
			n, err := strconv.ParseUint(given, 10, 31)
			if err != nil {
				return api.Errorf(http.StatusBadRequest, "InvalidArgument", "Provided %s not an integer or within integer range", api.Own(name))
			}
			keys.Set("s3:max-keys", strconv.FormatUint(n, 10))
		}
		return r.checkListType()
	}
}

func (r *Reading) checkListType() error {
	if kind, has := r.Query["list-type"]; has && kind != "2" {
		return badRequest("InvalidArgument", "Invalid List Type specified in Request")
	}
	if r.Operation == "ListObjects" && r.Query["list-type"] == "2" {
		r.Operation = "ListObjectsV2"
	}
	return nil
}

// permitCreateBucket: headers that say who else may use the bucket, or that lock its objects, are permissions of their own.
func permitCreateBucket(q *Request, r *Reading) error {
	keys := r.on("CreateBucket")
	setHeaders(keys, q.Header)
	if grants(q.Header) {
		setHeaders(r.on("PutBucketAcl"), q.Header)
	}
	if has(q.Header, "X-Amz-Bucket-Object-Lock-Enabled") {
		r.on("PutBucketVersioning")
		r.on("PutBucketObjectLockConfiguration")
	}
	if has(q.Header, "X-Amz-Object-Ownership") {
		r.on("PutBucketOwnershipControls")
	}
	return nil
}

// permitPut is for what begins a new object: some headers need a permission more.
func permitPut(q *Request, r *Reading) error {
	actions := []string{"PutObject"}
	if grants(q.Header) {
		actions = append(actions, "PutObjectAcl")
	}
	if has(q.Header, "X-Amz-Tagging") {
		actions = append(actions, "PutObjectTagging")
	}
	if has(q.Header, "X-Amz-Object-Lock-Mode") || has(q.Header, "X-Amz-Object-Lock-Retain-Until-Date") {
		actions = append(actions, "PutObjectRetention")
	}
	if has(q.Header, "X-Amz-Object-Lock-Legal-Hold") {
		actions = append(actions, "PutObjectLegalHold")
	}
	for _, action := range actions {
		keys := r.on(action)
		setHeaders(keys, q.Header)
		if err := setTags(keys, q.Header.Get("X-Amz-Tagging")); err != nil {
			return err
		}
		if err := r.setKMSKey(q, keys); err != nil {
			return err
		}
	}
	return nil
}

// permitCopy: the source is read with the caller's own permission.
func permitCopy(q *Request, r *Reading) error {
	if err := r.permitSource(q); err != nil {
		return err
	}
	first := len(r.Permissions)
	if err := permitPut(q, r); err != nil {
		return err
	}
	for _, p := range r.Permissions[first:] {
		p.Context.Set("s3:x-amz-copy-source", r.Source.name())
	}
	return nil
}

// permitPart is for UploadPart and UploadPartCopy.
func permitPart(q *Request, r *Reading) error {
	if n, err := strconv.ParseUint(r.Query["partNumber"], 10, 31); err != nil || n < 1 || n > 10000 {
		return badRequest("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
	}
	copies := has(q.Header, copySource)
	if copies {
		if err := r.permitSource(q); err != nil {
			return err
		}
	}
	if keys := r.on("PutObject"); copies {
		keys.Set("s3:x-amz-copy-source", r.Source.name())
	}
	return nil
}

func (r *Reading) permitSource(q *Request) (err error) {
	if r.Source, err = parseSource(q.Header.Get(copySource)); err != nil {
		return err
	}
	action := "GetObject"
	if r.Source.VersionID != "" {
		action = "GetObjectVersion"
	}
	keys := r.onResource(action, ObjectARN(r.Source.Bucket, r.Source.Key))
	if r.Source.VersionID != "" {
		keys.Set("s3:VersionId", r.Source.VersionID)
	}
	return nil
}

// name is the source as s3:x-amz-copy-source has it: built anew, not as it was sent.
func (s *Source) name() string { return s.Bucket + "/" + s.Key }

// conditionHeaders become condition keys of their own names (Service Authorization Reference, S3).
var conditionHeaders = []string{
	"x-amz-acl", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write", "x-amz-grant-write-acp",
	"x-amz-metadata-directive", "x-amz-object-ownership", "x-amz-server-side-encryption", "x-amz-storage-class",
}

func setHeaders(keys *policy.Context, h http.Header) {
	for _, name := range conditionHeaders {
		if has(h, http.CanonicalHeaderKey(name)) {
			keys.Set("s3:"+name, h.Get(name))
		}
	}
}

func has(h http.Header, name string) bool { return len(h[name]) > 0 }

// grants reports whether headers say who else may use what is put.
func grants(h http.Header) bool {
	for name := range h {
		if name == "X-Amz-Acl" || strings.HasPrefix(name, "X-Amz-Grant-") {
			return true
		}
	}
	return false
}

// setTags sets s3:RequestObjectTag/KEY and s3:RequestObjectTagKeys.
func setTags(keys *policy.Context, header string) error {
	if header == "" {
		return nil
	}
	tags, err := url.ParseQuery(header)
	if err != nil {
		return badRequest("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	var names []string
	for name, values := range tags {
		if len(values) != 1 || len(tags) > maxTags {
			return badRequest("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
		}
		keys.SetOnce("s3:RequestObjectTag/"+name, values[0])
		names = append(names, name)
	}
	keys.SetAll("s3:RequestObjectTagKeys", names)
	return nil
}

const maxTags = 10

// setKMSKey sets the condition key to the ARN of the key that a header names: IAM compares text. It is absent where the bucket's
// default decides.
func (r *Reading) setKMSKey(q *Request, keys *policy.Context) (err error) {
	given := q.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	if given == "" {
		return nil
	}
	if r.KMSKey == "" {
		if r.KMSKey, err = q.KeyARN(given); err != nil {
			return err
		}
	}
	keys.Set("s3:x-amz-server-side-encryption-aws-kms-key-id", r.KMSKey)
	return nil
}
