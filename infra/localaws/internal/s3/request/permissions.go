package request

import (
	"net/http"
	"strconv"

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

// bypass is a header that takes a permission of its own (S3 API Reference, DeleteObject). No object of localaws is locked, so it changes
// nothing else.
const bypass = "X-Amz-Bypass-Governance-Retention"

// bypasses are the operations that take it.
var bypasses = map[string]bool{"DeleteObject": true, "DeleteObjects": true}

// Bypasses reports whether a request asks to delete locked objects too: each of them needs BypassGovernanceRetention.
func Bypasses(h http.Header) bool { return has(h, bypass) && h.Get(bypass) != "false" }

// permitDelete: a condition on what is deleted tells what GetObject tells.
func permitDelete(q *Request, r *Reading) error {
	if err := permitVersion("DeleteObject")(q, r); err != nil {
		return err
	}
	if Bypasses(q.Header) {
		r.on("BypassGovernanceRetention")
	}
	r.permitComparison(q)
	return nil
}

// permitComparison adds GetObject for a request that writes under the condition If-Match: whether it holds tells what the object is. S3's
// documentation does not say which permission it takes; this is the safe choice.
func (r *Reading) permitComparison(q *Request) {
	if has(q.Header, "If-Match") {
		r.on("GetObject")
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
		setWrite(keys, q.Header, r.Operation != "CreateMultipartUpload")
		if err := setTags(keys, q.Header.Get("X-Amz-Tagging")); err != nil {
			return err
		}
		if err := r.setKMSKey(q, keys); err != nil {
			return err
		}
	}
	r.permitComparison(q)
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
	for _, p := range r.Permissions[first:] { // a permission for a comparison has it too
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
	keys := r.on("PutObject")
	setWrite(keys, q.Header, false)
	if copies {
		keys.Set("s3:x-amz-copy-source", r.Source.name())
	}
	return nil
}

// permitComplete is for CompleteMultipartUpload, which makes the object.
func permitComplete(q *Request, r *Reading) error {
	setWrite(r.on("PutObject"), q.Header, true)
	r.permitComparison(q)
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
