package s3_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestKeysAreFlat: a key is what stands in the path, decoded once. Nothing of it is resolved.
func TestKeysAreFlat(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	k.must(k.put(k.root, "blue/a", "of blue"))
	for path, key := range map[string]string{
		"yellow/../blue/a":       "yellow/../blue/a",
		"yellow/%2e%2e/blue/b":   "yellow/../blue/b",
		"yellow/%2E%2E%2Fblue/c": "yellow/../blue/c",
		"yellow//a":              "yellow//a",
		"yellow/":                "yellow/",
		"yellow/./a":             "yellow/./a",
		"yellow%2Fencoded":       "yellow/encoded",
		"yellow/%252F":           "yellow/%2F",
		"yellow/a+b":             "yellow/a+b",
		"yellow/a%2Bc":           "yellow/a+c",
		"yellow/a%20b":           "yellow/a b",
		"yellow/%C3%A9":          "yellow/é",
		"yellow/%3Fa%23b%26":     "yellow/?a#b&",
		"yellow/\\..\\..\\blue":  "yellow/\\..\\..\\blue",
	} {
		text := "as " + key
		if a := k.ask("PUT", "/"+bucket+"/"+path, text, yellow); a.status != 200 {
			t.Errorf("PUT %s: %d %s", path, a.status, a.body)
			continue
		}
		k.holds(key, text)
		if a := k.ask("GET", "/"+bucket+"/"+path, "", yellow); a.body != text {
			t.Errorf("GET %s: %d %s", path, a.status, a.body)
		}
	}
	k.holds("blue/a", "of blue")
	for path, status := range map[string]int{
		"/" + bucket + "//yellow/a":                    403, // the key begins with a slash
		"//" + bucket + "/yellow/b":                    200, // the slashes of an endpoint are no part of it
		"//" + bucket + "/blue/a":                      403,
		"///" + bucket + "/../blue/a":                  403,
		"/" + bucket + "/blue%2Fa":                     403,
		"/" + bucket + "/./yellow/a":                   403,
		"/" + bucket + "/../" + bucket + "/yellow/a":   403,
		"/" + bucket + "/yellow/%00":                   400,
		"/" + bucket + "/yellow/%FF":                   400,
		"/" + bucket + "/" + strings.Repeat("k", 1025): 400,
		"/" + strings.ToUpper(bucket) + "/yellow/a":    400,
		"/localaws%2Dtest/yellow/a":                    400,
	} {
		if a := k.ask("PUT", path, "x", yellow); a.status != status {
			t.Errorf("PUT %.60s: %d %s, want %d", path, a.status, a.body, status)
		}
	}
	k.holds("blue/a", "of blue")
	out, err := k.root.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String("blue")})
	if err != nil || len(out.Contents) != 1 {
		t.Errorf("%d objects of blue, %v", len(out.Contents), err)
	}
}

func TestWhatIsNotKnownIsNotImplemented(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "text"))
	for _, test := range []struct {
		method, target string
		headers        []string
		status         int
		code           string
	}{
		{"GET", "/a?unknown", nil, 501, "NotImplemented"},
		{"GET", "/a?torrent", nil, 501, "NotImplemented"},
		{"GET", "/a?tagging&acl", nil, 501, "NotImplemented"},
		{"PUT", "/a", []string{"X-Amz-Rename-Source", "/" + bucket + "/b"}, 501, "NotImplemented"},
		{"PUT", "/a", []string{"X-Amz-Write-Offset-Bytes", "0"}, 501, "NotImplemented"},
		{"GET", "/a", []string{"X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"}, 501, "NotImplemented"},
		{"GET", "/a?X-Amz-Copy-Source=b", nil, 501, "NotImplemented"},
		{"PUT", "/a", []string{"X-Amz-Server-Side-Encryption", "aws:kms"}, 400, "InvalidRequest"},
		{"PUT", "/a", []string{"X-Amz-Server-Side-Encryption", "aws:other"}, 400, "InvalidArgument"},
		{"PUT", "/a", []string{"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "11111111-2222-3333-4444-555555555555"}, 400, "InvalidArgument"},
		{"PUT", "/a", []string{"X-Amz-Acl", "public-read"}, 400, "AccessControlListNotSupported"},
		{"PUT", "/a", []string{"X-Amz-Storage-Class", "GLACIER"}, 501, "NotImplemented"},
		{"PUT", "/a", []string{"X-Amz-Object-Lock-Mode", "GOVERNANCE"}, 400, "InvalidRequest"},
		{"GET", "/a", []string{"X-Amz-Expected-Bucket-Owner", "111111111111"}, 403, "AccessDenied"},
		{"PATCH", "/a", nil, 405, "MethodNotAllowed"},
		{"OPTIONS", "/a", nil, 405, "MethodNotAllowed"},
	} {
		k.wants(k.ask(test.method, "/"+bucket+test.target, "", localawstest.Root, test.headers...), test.status, test.code)
	}
	k.holds("a", "text")
	k.wants(k.ask("GET", "/"+bucket+"/a", "", localawstest.Root, "X-Amz-Expected-Bucket-Owner", "000000000000"), 200, "")
	k.wants(k.ask("GET", "/"+bucket+"/a", "a body", localawstest.Root), 400, "EntityTooLarge")
}

// TestBodyThatIsNotTheSignedOneIsNotStored: whatever is changed on the way.
func TestBodyThatIsNotTheSignedOneIsNotStored(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	k.must(k.put(k.root, "yellow/a", "before"))
	target := "/" + bucket + "/yellow/a"
	spoiled := func(change func(*http.Request)) answer {
		r := k.request("PUT", target, "after")
		if err := k.l.Sign(r, []byte("after"), yellow, "s3"); err != nil {
			t.Fatal(err)
		}
		change(r)
		return k.send(r, "", yellow)
	}
	body := func(text string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, test := range []struct {
		name   string
		change func(*http.Request)
		status int
		code   string
	}{
		{"another body", body("other"), 400, "XAmzContentSHA256Mismatch"},
		{"less", body("aft"), 400, "XAmzContentSHA256Mismatch"},
		{"more", body("after all"), 400, "XAmzContentSHA256Mismatch"},
		{"none", func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 }, 400, "XAmzContentSHA256Mismatch"},
		{"another hash", set("X-Amz-Content-Sha256", strings.Repeat("0", 64)), 403, "SignatureDoesNotMatch"},
		{"unsigned then", set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"), 403, "SignatureDoesNotMatch"},
		{"chunks then", set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), 403, "SignatureDoesNotMatch"},
		{"another key", func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/"+bucket+"/yellow/b", "" }, 403, "SignatureDoesNotMatch"},
		{"a query", func(r *http.Request) { r.URL.RawQuery = "tagging" }, 403, "SignatureDoesNotMatch"},
		{"a method", func(r *http.Request) { r.Method = "DELETE" }, 403, "SignatureDoesNotMatch"},
		{"a header", set("X-Amz-Meta-A", "b"), 403, "SignatureDoesNotMatch"},
		{"an encoding", set("Content-Encoding", "aws-chunked"), 400, "InvalidRequest"},
		{"no length", func(r *http.Request) { r.ContentLength = -1 }, 411, "MissingContentLength"},
	} {
		if a := spoiled(test.change); a.status != test.status || !strings.Contains(a.body, "<Code>"+test.code+"</Code>") {
			t.Errorf("%s: %d %s, want %d %s", test.name, a.status, a.body, test.status, test.code)
		}
		k.holds("yellow/a", "before")
	}
	k.wants(spoiled(func(*http.Request) {}), 200, "")
	k.holds("yellow/a", "after")
}

func TestErrorsOfSignaturesAreS3s(t *testing.T) {
	k := newKit(t)
	target := "/" + bucket + "/a"
	k.must(k.put(k.root, "a", "text"))
	wrong, unknown := localawstest.Root, localawstest.Root
	wrong.SecretAccessKey, unknown.AccessKeyID = "wrong", "AKIAIOSFODNN7EXAMPLE"
	k.wants(k.ask("GET", target, "", wrong), 403, "SignatureDoesNotMatch")
	k.wants(k.ask("GET", target, "", unknown), 403, "InvalidAccessKeyId")
	k.wants(k.ask("GET", target, "", localawstest.Credentials{}), 403, "AccessDenied")
	k.wants(k.ask("GET", target+"?AWSAccessKeyId=test&Signature=x&Expires=1", "", localawstest.Credentials{}), 400, "InvalidRequest")
	k.wants(k.ask("GET", target, "", localawstest.Root, "Authorization", "AWS test:x"), 400, "InvalidRequest")
	yellow := k.session("yellow")
	aged := func(by time.Duration) answer {
		r := k.request("GET", target, "")
		if err := k.l.Sign(r, nil, localawstest.Root, "s3"); err != nil {
			t.Fatal(err)
		}
		k.l.Advance(by)
		defer k.l.Advance(-by)
		return k.send(r, "", localawstest.Root)
	}
	k.wants(aged(14*time.Minute), 200, "")
	k.wants(aged(16*time.Minute), 403, "RequestTimeTooSkewed")
	k.wants(aged(-16*time.Minute), 403, "RequestTimeTooSkewed")
	k.l.Advance(2 * time.Hour)
	k.wants(k.ask("GET", target, "", yellow), 400, "ExpiredToken")
	k.wants(k.ask("GET", target, "", localawstest.Root), 200, "")
	a := k.ask("GET", "/"+bucket+"/missing", "", localawstest.Root)
	for _, want := range []string{"<Error><Code>NoSuchKey</Code><Message>", "<Resource>/" + bucket + "/missing</Resource>", "<RequestId>" + a.header.Get("X-Amz-Request-Id") + "</RequestId>", "<HostId>" + a.header.Get("X-Amz-Id-2") + "</HostId>"} {
		if !strings.Contains(a.body, want) || a.header.Get("Content-Type") != "application/xml" {
			t.Errorf("error %v %s, want %s", a.header, a.body, want)
		}
	}
}

func TestBucketIsInThePathAlone(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "text"))
	for host, status := range map[string]int{
		"localhost": 200, "s3.localhost": 200, "s3.us-east-1.amazonaws.com": 200, "s3.amazonaws.com:4566": 200, "localhost.localstack.cloud": 200,
		bucket + ".localhost": 400, bucket + ".s3.us-east-1.amazonaws.com": 400, bucket + ".s3.amazonaws.com": 400, "evil.example": 421,
	} {
		r := k.request("GET", "/"+bucket+"/a", "")
		r.Host = host
		if a := k.send(r, "", localawstest.Root); a.status != status {
			t.Errorf("Host %s: %d %s, want %d", host, a.status, a.body, status)
		}
	}
}

// TestContinueIsSaidOnceTheRequestIsAuthorized: a client that waits for it does not send what is denied.
func TestContinueIsSaidOnceTheRequestIsAuthorized(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	for key, want := range map[string]string{"yellow/a": "100 Continue", "blue/a": "403 Forbidden"} {
		r := k.request("PUT", "/"+bucket+"/"+key, "text")
		r.Header.Set("Expect", "100-continue")
		if err := k.l.Sign(r, []byte("text"), yellow, "s3"); err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", r.URL.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 4\r\n", r.URL.EscapedPath(), r.URL.Host)
		_ = r.Header.Write(conn)
		fmt.Fprint(conn, "\r\n")
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || strings.TrimSpace(line) != "HTTP/1.1 "+want {
			t.Errorf("%s: %q, %v, want %s", key, line, err, want)
		}
	}
}
