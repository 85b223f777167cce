package request

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/internal/api"
)

const bkt = "arn:aws:s3:::bkt"

// read reads "METHOD /path?query" with headers, given as name, value, name, value.
func read(line string, headers ...string) (*Reading, error) {
	method, target, _ := strings.Cut(line, " ")
	path, query, _ := strings.Cut(target, "?")
	r := &Request{Method: method, Path: path, Query: query, Header: http.Header{}, KeyARN: func(given string) (string, error) {
		if given == "none" {
			return "", api.Errorf(400, "KMS.NotFoundException", "none")
		}
		return "arn:aws:kms:us-east-1:000000000000:key/" + given, nil
	}}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return Read(r)
}

func permissionsOf(r *Reading) []string {
	var all []string
	for _, p := range r.Permissions {
		all = append(all, p.Action+" "+p.Resource)
	}
	return all
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*api.Error](err); ok {
		return e.Code
	}
	return ""
}

const (
	copies = "X-Amz-Copy-Source"
	sse    = "X-Amz-Server-Side-Encryption"
)

func TestRequestsNeedTheirPermissions(t *testing.T) {
	const object = bkt + "/yellow/1"
	for _, row := range []struct {
		line, operation string
		headers         []string
		want            []string
	}{
		{"GET /", "ListBuckets", nil, []string{"s3:ListAllMyBuckets *"}},
		{"GET /bkt/yellow/1", "GetObject", []string{"Range", "bytes=0-1", "If-Match", "x"}, []string{"s3:GetObject " + object}},
		{"GET /bkt/yellow/1?x-id=GetObject&X-Amz-Checksum-Mode=ENABLED&response-content-type=a", "GetObject", nil, []string{"s3:GetObject " + object}},
		{"HEAD /bkt/yellow/1", "HeadObject", nil, []string{"s3:GetObject " + object}},
		{"GET /bkt/yellow/1?versionId=v", "GetObject", nil, []string{"s3:GetObjectVersion " + object}},
		{"HEAD /bkt/yellow/1?versionId=null", "HeadObject", nil, []string{"s3:GetObjectVersion " + object}},
		{"GET /bkt/yellow/1?attributes", "GetObjectAttributes", nil, []string{"s3:GetObject " + object, "s3:GetObjectAttributes " + object}},
		{"GET /bkt/yellow/1?attributes&versionId=v", "GetObjectAttributes", nil, []string{"s3:GetObjectVersion " + object, "s3:GetObjectVersionAttributes " + object}},
		{"GET /bkt/yellow/1?tagging", "GetObjectTagging", nil, []string{"s3:GetObjectTagging " + object}},
		{"PUT /bkt/yellow/1?tagging", "PutObjectTagging", nil, []string{"s3:PutObjectTagging " + object}},
		{"DELETE /bkt/yellow/1?tagging&versionId=v", "DeleteObjectTagging", nil, []string{"s3:DeleteObjectVersionTagging " + object}},
		{"GET /bkt/yellow/1?acl", "GetObjectAcl", nil, []string{"s3:GetObjectAcl " + object}},
		{"PUT /bkt/yellow/1?acl&versionId=v", "PutObjectAcl", nil, []string{"s3:PutObjectVersionAcl " + object}},
		{"GET /bkt/yellow/1?retention", "GetObjectRetention", nil, []string{"s3:GetObjectRetention " + object}},
		{"PUT /bkt/yellow/1?retention", "PutObjectRetention", nil, []string{"s3:PutObjectRetention " + object}},
		{"GET /bkt/yellow/1?legal-hold", "GetObjectLegalHold", nil, []string{"s3:GetObjectLegalHold " + object}},
		{"PUT /bkt/yellow/1?legal-hold", "PutObjectLegalHold", nil, []string{"s3:PutObjectLegalHold " + object}},
		{"GET /bkt/yellow/1?torrent", "GetObjectTorrent", nil, []string{"s3:GetObjectTorrent " + object}},
		{"POST /bkt/yellow/1?restore", "RestoreObject", nil, []string{"s3:RestoreObject " + object}},
		{"PUT /bkt/yellow/1", "PutObject", nil, []string{"s3:PutObject " + object}},
		{"PUT /bkt/yellow/1", "PutObject", []string{"X-Amz-Acl", "private", "X-Amz-Tagging", "a=b"}, []string{"s3:PutObject " + object, "s3:PutObjectAcl " + object, "s3:PutObjectTagging " + object}},
		{"PUT /bkt/yellow/1", "PutObject", []string{"X-Amz-Grant-Read", "id=x"}, []string{"s3:PutObject " + object, "s3:PutObjectAcl " + object}},
		{"PUT /bkt/yellow/1", "PutObject", []string{"X-Amz-Object-Lock-Mode", "GOVERNANCE", "X-Amz-Object-Lock-Legal-Hold", "ON"}, []string{"s3:PutObject " + object, "s3:PutObjectRetention " + object, "s3:PutObjectLegalHold " + object}},
		{"PUT /bkt/yellow/1", "PutObject", []string{"If-Match", "x"}, []string{"s3:PutObject " + object, "s3:GetObject " + object}},
		{"PUT /bkt/yellow/1", "PutObject", []string{"If-None-Match", "*"}, []string{"s3:PutObject " + object}},
		{"DELETE /bkt/yellow/1", "DeleteObject", []string{"If-Match", "x"}, []string{"s3:DeleteObject " + object, "s3:GetObject " + object}},
		{"PUT /bkt/yellow/1", "CopyObject", []string{copies, "/bkt/blue/1"}, []string{"s3:GetObject " + bkt + "/blue/1", "s3:PutObject " + object}},
		{"PUT /bkt/yellow/1", "CopyObject", []string{copies, "bkt/blue/1?versionId=v", "X-Amz-Acl", "private"}, []string{"s3:GetObjectVersion " + bkt + "/blue/1", "s3:PutObject " + object, "s3:PutObjectAcl " + object}},
		{"POST /bkt/yellow/1?uploads", "CreateMultipartUpload", []string{"X-Amz-Acl", "private"}, []string{"s3:PutObject " + object, "s3:PutObjectAcl " + object}},
		{"PUT /bkt/yellow/1?partNumber=1&uploadId=u", "UploadPart", nil, []string{"s3:PutObject " + object}},
		{"PUT /bkt/yellow/1?partNumber=1&uploadId=u", "UploadPartCopy", []string{copies, "bkt/blue%2F1"}, []string{"s3:GetObject " + bkt + "/blue/1", "s3:PutObject " + object}},
		{"POST /bkt/yellow/1?uploadId=u", "CompleteMultipartUpload", nil, []string{"s3:PutObject " + object}},
		{"DELETE /bkt/yellow/1?uploadId=u", "AbortMultipartUpload", nil, []string{"s3:AbortMultipartUpload " + object}},
		{"GET /bkt/yellow/1?uploadId=u&max-parts=1", "ListParts", nil, []string{"s3:ListMultipartUploadParts " + object}},
		{"GET /bkt?uploads&prefix=a", "ListMultipartUploads", nil, []string{"s3:ListBucketMultipartUploads " + bkt}},
		{"DELETE /bkt/yellow/1", "DeleteObject", nil, []string{"s3:DeleteObject " + object}},
		{"DELETE /bkt/yellow/1?versionId=v", "DeleteObject", nil, []string{"s3:DeleteObjectVersion " + object}},
		{"DELETE /bkt/yellow/1?versionId=v", "DeleteObject", []string{"X-Amz-Bypass-Governance-Retention", "true"}, []string{"s3:DeleteObjectVersion " + object, "s3:BypassGovernanceRetention " + object}},
		{"DELETE /bkt/yellow/1", "DeleteObject", []string{"X-Amz-Bypass-Governance-Retention", "false"}, []string{"s3:DeleteObject " + object}},
		{"POST /bkt?delete", "DeleteObjects", []string{"X-Amz-Bypass-Governance-Retention", "true"}, nil},
		{"GET /bkt", "ListObjects", nil, []string{"s3:ListBucket " + bkt}},
		{"GET /bkt/?list-type=2&prefix=yellow/", "ListObjectsV2", nil, []string{"s3:ListBucket " + bkt}},
		{"HEAD /bkt", "HeadBucket", nil, []string{"s3:ListBucket " + bkt}},
		{"GET /bkt?versions", "ListObjectVersions", nil, []string{"s3:ListBucketVersions " + bkt}},
		{"POST /bkt?delete", "DeleteObjects", nil, nil},
		{"PUT /bkt", "CreateBucket", nil, []string{"s3:CreateBucket " + bkt}},
		{"PUT /bkt", "CreateBucket", []string{"X-Amz-Acl", "private"}, []string{"s3:CreateBucket " + bkt, "s3:PutBucketAcl " + bkt}},
		{"DELETE /bkt", "DeleteBucket", nil, []string{"s3:DeleteBucket " + bkt}},
		{"GET /bkt?location", "GetBucketLocation", nil, []string{"s3:GetBucketLocation " + bkt}},
		{"PUT /bkt?encryption", "PutBucketEncryption", nil, []string{"s3:PutEncryptionConfiguration " + bkt}},
		{"DELETE /bkt?encryption", "DeleteBucketEncryption", nil, []string{"s3:PutEncryptionConfiguration " + bkt}},
		{"GET /bkt?versioning", "GetBucketVersioning", nil, []string{"s3:GetBucketVersioning " + bkt}},
		{"PUT /bkt?publicAccessBlock", "PutPublicAccessBlock", nil, []string{"s3:PutBucketPublicAccessBlock " + bkt}},
		{"PUT /bkt?tagging", "PutBucketTagging", nil, []string{"s3:PutBucketTagging " + bkt}},
		{"PUT /bkt?policy", "PutBucketPolicy", nil, []string{"s3:PutBucketPolicy " + bkt}},
		{"GET /bkt?policy", "GetBucketPolicy", nil, []string{"s3:GetBucketPolicy " + bkt}},
	} {
		got, err := read(row.line, row.headers...)
		if err != nil {
			t.Errorf("%s %v: %v", row.line, row.headers, err)
			continue
		}
		if got.Operation != row.operation || !slices.Equal(permissionsOf(got), row.want) {
			t.Errorf("%s %v: %s with %q, want %s with %q", row.line, row.headers, got.Operation, permissionsOf(got), row.operation, row.want)
		}
	}
}

func TestKeysAreFlatAndDecodedOnce(t *testing.T) {
	for path, want := range map[string]string{
		"/bkt/yellow/../blue/1": "yellow/../blue/1", "/bkt/yellow/./1": "yellow/./1", "/bkt//lead": "/lead", "/bkt/a//b/": "a//b/", "/bkt/..": "..",
		"/bkt/yellow%2F1": "yellow/1", "/bkt/yellow%252F1": "yellow%2F1", "/bkt/a+b": "a+b", "/bkt/a%20b": "a b", "/bkt/%C3%A9": "é", "/bkt/a%3Fb": "a?b",
		"/bkt/" + strings.Repeat("x", 1024): strings.Repeat("x", 1024),
	} {
		got, err := read("GET " + path)
		if err != nil || got.Key != want || got.Bucket != "bkt" || got.Permissions[0].Resource != bkt+"/"+want {
			t.Errorf("%s: %+v, %v; want the key %q", path, got, err, want)
		}
	}
	for source, want := range map[string]string{
		"bkt/yellow/../blue/1": "yellow/../blue/1", "/bkt/a+b": "a+b", "bkt//lead": "/lead", "bkt/a%252Fb": "a%2Fb", "bkt%2Fa": "a",
	} {
		got, err := read("PUT /bkt/to", copies, source)
		if err != nil || got.Source.Key != want || got.Permissions[0].Resource != bkt+"/"+want {
			t.Errorf("source %s: %+v, %v; want the key %q", source, got, err, want)
		}
		if err == nil {
			var named string
			got.Permissions[1].Context.Each(func(name string, values []string, _ bool) {
				if name == "s3:x-amz-copy-source" {
					named = values[0]
				}
			})
			if named != "bkt/"+want {
				t.Errorf("source %s: s3:x-amz-copy-source is %q, want %q", source, named, "bkt/"+want)
			}
		}
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	for _, row := range []struct {
		line, code string
		headers    []string
	}{
		{"GET /bkt/a?versionId=v&versionId=w", "InvalidArgument", nil},
		{"GET /bkt?prefix=a&prefix=b", "InvalidArgument", nil},
		{"GET /bkt/a?versionId=", "InvalidArgument", nil},
		{"GET /bkt?prefix=%zz", "InvalidArgument", nil},
		{"GET /bkt?prefix=%ff", "InvalidArgument", nil},
		{"GET /bkt?max-keys=+5", "InvalidArgument", nil},
		{"GET /bkt?max-keys=-1", "InvalidArgument", nil},
		{"GET /bkt?list-type=1", "InvalidArgument", nil},
		{"GET /bkt/%00", "InvalidURI", nil},
		{"GET /bkt/%ff", "InvalidURI", nil},
		{"GET /bkt/%zz", "InvalidURI", nil},
		{"GET bkt/a", "InvalidURI", nil},
		{"GET /bkt/" + strings.Repeat("x", 1025), "KeyTooLongError", nil},
		{"GET /Bkt/a", "InvalidBucketName", nil},
		{"GET /bk/a", "InvalidBucketName", []string{}},
		{"GET /b%6Bt/a", "InvalidBucketName", nil},
		{"GET /bkt%2Fa", "InvalidBucketName", nil},
		{"GET //bkt/a", "InvalidBucketName", nil},
		{"GET /../bkt/a", "InvalidBucketName", nil},
		{"PUT /bkt/a?uploadId=u", "InvalidArgument", nil},
		{"PUT /bkt/a?uploadId=u&partNumber=10001", "InvalidArgument", nil},
		{"PUT /bkt/a", "InvalidArgument", []string{copies, "bkt"}},
		{"PUT /bkt/a", "InvalidArgument", []string{copies, ""}},
		{"PUT /bkt/a", "InvalidArgument", []string{copies, "bkt/"}},
		{"PUT /bkt/a", "InvalidArgument", []string{copies, "bkt/a?b"}},
		{"PUT /bkt/a", "InvalidArgument", []string{copies, "bkt/a?versionId=b?c"}},
		{"PUT /bkt/a", "InvalidArgument", []string{copies, "bkt/a?versionId=b&c"}},
		{"PUT /bkt/a", "InvalidArgument", []string{copies, "bkt/%zz"}},
		{"PUT /bkt/a", "InvalidURI", []string{copies, "bkt/%00"}},
		{"PUT /bkt/a", "InvalidRequest", []string{copies, "bkt/a", copies, "bkt/b"}},
		{"PUT /bkt/a", "InvalidRequest", []string{sse, "aws:kms", sse, "AES256"}},
		{"GET /bkt/a", "InvalidRequest", []string{"Range", "bytes=0-1", "Range", "bytes=2-3"}},
		{"PUT /bkt/a", "InvalidArgument", []string{"X-Amz-Tagging", "a=b&a=c"}},
		{"PUT /bkt/a", "KMS.NotFoundException", []string{sse + "-Aws-Kms-Key-Id", "none"}},

		{"GET /bkt/a?unknown", "NotImplemented", nil},
		{"GET /bkt/a?ACL", "NotImplemented", nil},
		{"GET /bkt/a?acl&tagging", "NotImplemented", nil},
		{"GET /bkt/a?X-Amz-Copy-Source=x", "NotImplemented", nil},
		{"GET /bkt/a?x-amz-signature=x", "NotImplemented", nil},
		{"PUT /bkt/a?X-Amz-Copy-Source=x", "NotImplemented", nil},
		{"PUT /bkt/a?versionId=v", "NotImplemented", nil},
		{"PUT /bkt/a?partNumber=1", "NotImplemented", nil},
		{"PUT /bkt/a?response-content-type=x", "NotImplemented", nil},
		{"POST /bkt/a", "NotImplemented", nil},
		{"POST /bkt", "NotImplemented", nil},
		{"POST /bkt?delete&prefix=a", "NotImplemented", nil},
		{"POST /bkt/a?select&select-type=2", "NotImplemented", nil},
		{"PATCH /bkt/a", "MethodNotAllowed", nil},
		{"DELETE /", "NotImplemented", nil},
		{"HEAD /bkt?prefix=a", "NotImplemented", nil},
		{"GET /bkt/a?list-type=2", "NotImplemented", nil},
		{"GET /bkt/a", "NotImplemented", []string{copies, "bkt/b"}},
		{"POST /bkt/a?uploads", "NotImplemented", []string{copies, "bkt/b"}},
		{"PUT /bkt/a?tagging", "NotImplemented", []string{copies, "bkt/b"}},
		{"PUT /bkt/a", "NotImplemented", []string{"X-Amz-Rename-Source", "bkt/b"}},
		{"PUT /bkt/a", "NotImplemented", []string{"X-Amz-Write-Offset-Bytes", "1"}},
		{"PUT /bkt/a", "NotImplemented", []string{"X-Amz-Checksum-Md5", "x"}},
		{"DELETE /bkt/a", "NotImplemented", []string{"X-Amz-If-Match-Size", "1"}},
		{"DELETE /bkt/a", "NotImplemented", []string{"X-Amz-If-Match-Last-Modified-Time", "x"}},
		{"PUT /192.168.5.123", "InvalidBucketName", nil},
		{"PUT /xn--bkt", "InvalidBucketName", nil},
		{"GET /bkt--x-s3/a", "InvalidBucketName", nil},
		{"POST /bkt/a?uploadId=u", "NotImplemented", []string{"X-Amz-Checksum-Sha512", "x"}},
		{"PUT /bkt/a", "NotImplemented", []string{"X-Amz-Bypass-Governance-Retention", "true"}},
		{"GET /bkt/a", "NotImplemented", []string{sse + "-Customer-Algorithm", "AES256"}},
		{"PUT /bkt/a", "NotImplemented", []string{copies, "arn:aws:s3:us-east-1:000000000000:accesspoint/x/object/y"}},
		{"GET /arn:aws:s3:us-east-1:000000000000:accesspoint/a", "NotImplemented", nil},
	} {
		got, err := read(row.line, row.headers...)
		if codeOf(err) != row.code {
			t.Errorf("%s %q: %+v, %v; want %s", row.line, row.headers, got, err, row.code)
		}
	}
}

const creates = "s3:ObjectCreationOperation"

func TestConditionKeysAreThereOnlyWhereTheRequestHasThem(t *testing.T) {
	keysOf := func(line string, headers ...string) map[string]string {
		r, err := read(line, headers...)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all := map[string]string{}
		for _, p := range r.Permissions {
			p.Context.Each(func(name string, values []string, unknown bool) { all[name] = strings.Join(values, ",") })
		}
		return all
	}
	for _, row := range []struct {
		line    string
		headers []string
		want    map[string]string
	}{
		{"GET /bkt", nil, map[string]string{}},
		{"HEAD /bkt", nil, map[string]string{}},
		{"GET /bkt?prefix=", nil, map[string]string{"s3:prefix": ""}},
		{"GET /bkt?list-type=2&prefix=yellow%2F&delimiter=/&max-keys=05", nil, map[string]string{"s3:prefix": "yellow/", "s3:delimiter": "/", "s3:max-keys": "5"}},
		{"GET /bkt?prefix=a+b", nil, map[string]string{"s3:prefix": "a b"}},
		{"GET /bkt?versions&prefix=a", nil, map[string]string{"s3:prefix": "a"}},
		{"GET /bkt/a", nil, map[string]string{}},
		{"GET /bkt/a?versionId=v", nil, map[string]string{"s3:VersionId": "v"}},
		{"PUT /bkt/a", nil, map[string]string{creates: "true"}},
		{"PUT /bkt/a", []string{"If-None-Match", "*"}, map[string]string{creates: "true", "s3:if-none-match": "*"}},
		{"POST /bkt/a?uploads", nil, map[string]string{creates: "false"}},
		{"PUT /bkt/a?uploadId=u&partNumber=1", nil, map[string]string{creates: "false"}},
		{"POST /bkt/a?uploadId=u", []string{"If-Match", "x"}, map[string]string{creates: "true", "s3:if-match": "x"}},
		{"PUT /bkt/a", []string{sse, "aws:kms", sse + "-Aws-Kms-Key-Id", "1", "X-Amz-Acl", "private"}, map[string]string{
			creates: "true", "s3:x-amz-server-side-encryption": "aws:kms", "s3:x-amz-acl": "private",
			"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:000000000000:key/1",
		}},
		{"PUT /bkt/a", []string{copies, "/bkt/b%20c", "X-Amz-Metadata-Directive", "REPLACE"}, map[string]string{creates: "true", "s3:x-amz-copy-source": "bkt/b c", "s3:x-amz-metadata-directive": "REPLACE"}},
		{"PUT /bkt/a", []string{"X-Amz-Tagging", "Team=a"}, map[string]string{creates: "true", "s3:RequestObjectTag/Team": "a", "s3:RequestObjectTagKeys": "Team"}},
	} {
		got := keysOf(row.line, row.headers...)
		if len(got) != len(row.want) {
			t.Errorf("%s %q: keys %v, want %v", row.line, row.headers, got, row.want)
		}
		for name, want := range row.want {
			if value, has := got[name]; !has || value != want {
				t.Errorf("%s %q: %s is %q (%v), want %q", row.line, row.headers, name, value, has, want)
			}
		}
	}
}
