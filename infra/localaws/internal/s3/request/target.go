package request

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// maxKey is how many bytes a key may have (S3 User Guide, "Naming Amazon S3 objects").
const maxKey = 1024

// bucketPattern is a bucket's name (S3 User Guide, "General purpose bucket naming rules"); it has no character that could be encoded.
var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// reservedBuckets are names of this pattern that no bucket may have: IP addresses, and what S3 keeps for itself (the same page).
var reservedBuckets = regexp.MustCompile(`\.\.|^\d+\.\d+\.\d+\.\d+$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$`)

// splitPath returns the bucket and the key of a path: /BUCKET/KEY. The key is what stands behind the second slash, percent-decoded
// once. Keys are flat: dots, doubled slashes and a slash at the end are ordinary characters, never resolved.
func splitPath(path string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return "", "", badRequest("InvalidURI", "Couldn't parse the specified URI.")
	}
	if rest == "" {
		return "", "", nil
	}
	bucket, encoded, _ := strings.Cut(rest, "/")
	if err := checkBucket(bucket); err != nil {
		return "", "", err
	}
	key, err = url.PathUnescape(encoded)
	if err != nil {
		return "", "", badRequest("InvalidURI", "Couldn't parse the specified URI.")
	}
	return bucket, key, CheckKey(key)
}

func checkBucket(name string) error {
	if strings.HasPrefix(name, "arn:") || strings.HasPrefix(name, "arn%3") {
		return notImplemented("access points")
	}
	if !bucketPattern.MatchString(name) || reservedBuckets.MatchString(name) {
		return badRequest("InvalidBucketName", "The specified bucket is not valid.")
	}
	return nil
}

// CheckKey refuses what cannot be the key of an object. The error is an *api.Error.
func CheckKey(key string) error {
	if len(key) > maxKey {
		return badRequest("KeyTooLongError", "Your key is too long")
	}
	if !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return badRequest("InvalidURI", "Couldn't parse the specified URI.")
	}
	return nil
}

const copySource = "X-Amz-Copy-Source"

// parseSource reads a copy source: [/]BUCKET/KEY[?versionId=ID]. It "must be URL-encoded", which the SDK for Go leaves to its caller: %XX
// is decoded once, a plus stays. A second question mark could begin the version or be a part of the key: it is refused.
func parseSource(text string) (*Source, error) {
	path, version, hasVersion := strings.Cut(strings.TrimPrefix(text, "/"), "?")
	s := &Source{}
	if hasVersion {
		id, ok := strings.CutPrefix(version, "versionId=")
		if !ok || id == "" || strings.ContainsAny(id, "?&%") {
			return nil, badRequest("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
		}
		s.VersionID = id
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return nil, badRequest("InvalidArgument", "The copy source is not properly encoded")
	}
	bucket, key, ok := strings.Cut(decoded, "/")
	if !ok || key == "" {
		return nil, badRequest("InvalidArgument", "Copy Source must mention the source bucket and key: sourcebucket/sourcekey")
	}
	if err := checkBucket(bucket); err != nil {
		return nil, err
	}
	s.Bucket, s.Key = bucket, key
	return s, CheckKey(key)
}

// parseQuery reads a query string. A name that is given twice is refused.
func parseQuery(raw string) (Query, error) {
	query := Query{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if err != nil || valueErr != nil || !utf8.ValidString(name) || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return nil, badRequest("InvalidArgument", "A parameter of the query is not properly encoded")
		}
		if query.Has(name) {
			return nil, api.Errorf(http.StatusBadRequest, "InvalidArgument", "The parameter %s is given more than once", name)
		}
		if len(query) == maxParameters {
			return nil, badRequest("InvalidArgument", "The query has too many parameters")
		}
		query[name] = value
	}
	if id, has := query["versionId"]; has && id == "" {
		return nil, badRequest("InvalidArgument", "Version id cannot be the empty string")
	}
	for name := range query {
		if signing[name] || ignored[name] {
			delete(query, name)
		}
	}
	return query, nil
}

const maxParameters = 64

// signing are the parameters of a presigned request. They are compared exactly: another X-Amz-* is no part of a signature.
var signing = map[string]bool{
	"X-Amz-Algorithm": true, "X-Amz-Credential": true, "X-Amz-Date": true, "X-Amz-Expires": true, "X-Amz-SignedHeaders": true,
	"X-Amz-Signature": true, "X-Amz-Security-Token": true, "X-Amz-Content-Sha256": true,
}

// ignored are parameters that SDKs add, which change nothing: the name of the operation, which method and sub-resource say too, and
// whether the answer has a checksum.
var ignored = map[string]bool{"x-id": true, "X-Amz-Checksum-Mode": true}
