package request

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

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

// setWrite sets the keys of a request that makes an object, at once or in the end (S3 User Guide, "Enforce conditional writes on Amazon S3 buckets").
func setWrite(keys *policy.Context, h http.Header, makes bool) {
	keys.Set("s3:ObjectCreationOperation", strconv.FormatBool(makes))
	for _, name := range []string{"if-match", "if-none-match"} {
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
