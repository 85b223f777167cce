package s3_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestObjectIsReadAsItWasWritten(t *testing.T) {
	k := newKit(t, "yellow")
	yellow := k.tenant("yellow")
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300_000} {
		body := make([]byte, size)
		rand.Read(body)
		_, err := yellow.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(bucket), Key: aws.String("yellow/a"), Body: bytes.NewReader(body), ContentType: aws.String("application/pdf"),
			CacheControl: aws.String("no-store"), Metadata: map[string]string{"kind": "bill"},
			ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(k.keys["yellow"]),
		})
		k.must(err)
		out, err := yellow.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("yellow/a"), ChecksumMode: types.ChecksumModeEnabled})
		k.must(err)
		got, err := io.ReadAll(out.Body)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes of %d: %v", len(got), size, err)
		}
		if *out.ContentType != "application/pdf" || *out.CacheControl != "no-store" || out.Metadata["kind"] != "bill" || *out.ContentLength != int64(size) {
			t.Errorf("headers %+v", out)
		}
		if want := "arn:aws:kms:us-east-1:000000000000:key/" + k.keys["yellow"]; aws.ToString(out.SSEKMSKeyId) != want || out.ServerSideEncryption != "aws:kms" {
			t.Errorf("encrypted with %v under %v, want %s", out.ServerSideEncryption, out.SSEKMSKeyId, want)
		}
		if aws.ToString(out.ChecksumCRC32) == "" {
			t.Error("the checksum of the writer is not given back")
		}
	}
}

func TestHeadSaysWhatGetSaysButTheBytes(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "text"))
	for _, headers := range [][]string{nil, {"Range", "bytes=1-2"}, {"If-None-Match", "*"}, {"If-Match", `"x"`}, {"Range", "bytes=9-"}, {"X-Amz-Checksum-Mode", "ENABLED"}} {
		get, head := k.ask("GET", "/"+bucket+"/a", "", localawstest.Root, headers...), k.ask("HEAD", "/"+bucket+"/a", "", localawstest.Root, headers...)
		if get.status != head.status || head.body != "" || head.status >= 400 && head.header.Get("Content-Length") != "" {
			t.Errorf("%v: HEAD %d %q, GET %d", headers, head.status, head.body, get.status)
		}
		for _, name := range []string{"Etag", "Last-Modified", "Content-Range", "Content-Type", "X-Amz-Checksum-Crc32", "X-Amz-Server-Side-Encryption", "Accept-Ranges"} {
			if get.header.Get(name) != head.header.Get(name) {
				t.Errorf("%v: HEAD has %s %q, GET %q", headers, name, head.header.Get(name), get.header.Get(name))
			}
		}
		if get.status < 300 && get.header.Get("Content-Length") != head.header.Get("Content-Length") {
			t.Errorf("%v: HEAD has the length %s, GET %s", headers, head.header.Get("Content-Length"), get.header.Get("Content-Length"))
		}
	}
}

func TestRangesAndConditions(t *testing.T) {
	k := newKit(t)
	text := strings.Repeat("0123456789", 20_000)
	k.must(k.put(k.root, "a", text))
	target := "/" + bucket + "/a"
	etag := k.ask("HEAD", target, "", localawstest.Root).header.Get("Etag")
	later, before := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	for _, test := range []struct {
		headers []string
		status  int
		body    string
	}{
		{[]string{"Range", "bytes=65530-65545"}, 206, text[65530:65546]},
		{[]string{"Range", "bytes=-5"}, 206, text[len(text)-5:]},
		{[]string{"Range", "bytes=199999-"}, 206, text[199999:]},
		{[]string{"Range", "bytes=200000-"}, 416, ""},
		{[]string{"Range", "bytes=0-1,5-6"}, 200, text},
		{[]string{"If-Match", etag}, 200, text},
		{[]string{"If-Match", `"0"`}, 412, ""},
		{[]string{"If-None-Match", etag}, 304, ""},
		{[]string{"If-None-Match", `"0"`}, 200, text},
		{[]string{"If-Modified-Since", later}, 304, ""},
		{[]string{"If-Modified-Since", before}, 200, text},
		{[]string{"If-Unmodified-Since", before}, 412, ""},
	} {
		got := k.ask("GET", target, "", localawstest.Root, test.headers...)
		if got.status != test.status || test.status < 300 && got.body != test.body || test.status == 304 && got.body != "" {
			t.Errorf("%v: %d, %d bytes, want %d, %d bytes", test.headers, got.status, len(got.body), test.status, len(test.body))
		}
	}
	if got := k.ask("GET", target+"?response-content-type=text%2Fcsv&response-content-disposition=attachment", "", localawstest.Root); got.header.Get("Content-Type") != "text/csv" || got.header.Get("Content-Disposition") != "attachment" {
		t.Errorf("headers %v, want those that the request asks for", got.header)
	}
}

func TestWriteIsConditional(t *testing.T) {
	k := newKit(t)
	target := "/" + bucket + "/a"
	k.wants(k.ask("PUT", target, "one", localawstest.Root, "If-Match", `"x"`), 404, "NoSuchKey")
	k.wants(k.ask("PUT", target, "one", localawstest.Root, "If-None-Match", "*"), 200, "")
	k.wants(k.ask("PUT", target, "two", localawstest.Root, "If-None-Match", "*"), 412, "PreconditionFailed")
	k.wants(k.ask("PUT", target, "two", localawstest.Root, "If-Match", `"x"`), 412, "PreconditionFailed")
	k.holds("a", "one")
	etag := k.ask("HEAD", target, "", localawstest.Root).header.Get("Etag")
	k.wants(k.ask("PUT", target, "two", localawstest.Root, "If-Match", etag), 200, "")
	k.holds("a", "two")
	k.wants(k.ask("DELETE", target, "", localawstest.Root, "If-Match", etag), 412, "PreconditionFailed")
	k.holds("a", "two")
	k.wants(k.ask("DELETE", target, "", localawstest.Root), 204, "")
	k.isMissing("a")
	k.wants(k.ask("DELETE", target, "", localawstest.Root), 204, "")
}

func TestChecksums(t *testing.T) {
	k := newKit(t)
	for algorithm, sum := range map[types.ChecksumAlgorithm]string{
		"CRC32": "y/Q5Jg==", "CRC32C": "4waSgw==", "CRC64NVME": "rosUhgp5mIg=", "SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=", "SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
	} {
		header := "X-Amz-Checksum-" + string(algorithm)
		k.wants(k.ask("PUT", "/"+bucket+"/"+string(algorithm), "123456789", localawstest.Root, header, sum), 200, "")
		got := k.ask("GET", "/"+bucket+"/"+string(algorithm), "", localawstest.Root, "X-Amz-Checksum-Mode", "ENABLED")
		if got.header.Get(header) != sum || got.header.Get("X-Amz-Checksum-Type") != "FULL_OBJECT" {
			t.Errorf("%s: got %v, want %s", algorithm, got.header, sum)
		}
		k.wants(k.ask("PUT", "/"+bucket+"/wrong", "12345678", localawstest.Root, header, sum), 400, "BadDigest")
		k.wants(k.ask("PUT", "/"+bucket+"/wrong", "123456789", localawstest.Root, header, "AAAA"), 400, "InvalidRequest")
		if _, err := k.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("sdk"), Body: strings.NewReader("123456789"), ChecksumAlgorithm: algorithm}); err != nil {
			t.Errorf("%s: the SDK's own: %v", algorithm, err)
		}
	}
	k.wants(k.ask("PUT", "/"+bucket+"/wrong", "text", localawstest.Root, "Content-Md5", md5Of("other")), 400, "BadDigest")
	k.wants(k.ask("PUT", "/"+bucket+"/wrong", "text", localawstest.Root, "Content-Md5", "x"), 400, "InvalidDigest")
	k.wants(k.ask("PUT", "/"+bucket+"/wrong", "text", localawstest.Root, "Content-Md5", ""), 400, "InvalidDigest")
	k.wants(k.ask("PUT", "/"+bucket+"/wrong", "text", localawstest.Root, "X-Amz-Checksum-Crc32", "y/Q5Jg==", "X-Amz-Checksum-Sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="), 400, "InvalidRequest")
	k.wants(k.ask("PUT", "/"+bucket+"/wrong", "text", localawstest.Root, "X-Amz-Sdk-Checksum-Algorithm", "CRC32"), 400, "InvalidRequest")
	// S3 has this checksum, and localaws does not: it would not be compared.
	k.wants(k.ask("PUT", "/"+bucket+"/wrong", "text", localawstest.Root, "X-Amz-Checksum-Md5", md5Of("other")), 501, "NotImplemented")
	k.isMissing("wrong")
	k.wants(k.ask("PUT", "/"+bucket+"/right", "text", localawstest.Root, "Content-Md5", md5Of("text")), 200, "")
	if etag := k.ask("HEAD", "/"+bucket+"/right", "", localawstest.Root).header.Get("Etag"); etag != `"1cb251ec0d568de6a929b520c4aed8d1"` {
		t.Errorf("ETag %s, want the MD5", etag)
	}
}
