package upstream_test

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestObjectIsAnsweredAsItWasPut(t *testing.T) {
	o := startObjects(t)
	text := strings.Repeat("bill of lading ", 10_000)
	headers := append(o.under("yellow"), "Content-Type", "application/pdf", "X-Amz-Meta-Pages", "3", "Cache-Control", "no-store")
	put := o.want(o.ask("PUT", "/"+bucket+"/yellow/1001/a.pdf", text, o.sessions["yellow"], headers...), 200, "")
	for _, method := range []string{"GET", "HEAD"} {
		got := o.want(o.ask(method, "/"+bucket+"/yellow/1001/a.pdf", "", o.sessions["yellow"]), 200, "")
		for name, want := range map[string]string{
			"Content-Type": "application/pdf", "X-Amz-Meta-Pages": "3", "Cache-Control": "no-store", "Etag": put.header.Get("Etag"),
			"Content-Length": fmt.Sprint(len(text)), "X-Amz-Server-Side-Encryption": "aws:kms",
			"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": o.keys["yellow"], protection: "",
		} {
			if got.header.Get(name) != want || want == "" && len(got.header[name]) > 0 {
				t.Errorf("%s: the header %s is %q, want %q", method, name, got.header.Values(name), want)
			}
		}
		if method == "GET" && got.body != text {
			t.Errorf("got %d bytes, want %d", len(got.body), len(text))
		}
	}
	part := o.want(o.ask("GET", "/"+bucket+"/yellow/1001/a.pdf", "", o.sessions["yellow"], "Range", "bytes=5-12"), 206, "")
	if want := fmt.Sprintf("bytes 5-12/%d", len(text)); part.body != text[5:13] || part.header.Get("Content-Range") != want {
		t.Errorf("got %q, %s, want %q, %s", part.body, part.header.Get("Content-Range"), text[5:13], want)
	}
	o.want(o.ask("GET", "/"+bucket+"/yellow/1001/a.pdf", "", o.sessions["yellow"], "Range", "bytes=999999999-"), 416, "InvalidRange")
	o.want(o.ask("GET", "/"+bucket+"/yellow/1001/a.pdf", "", o.sessions["yellow"], "If-None-Match", put.header.Get("Etag")), 304, "")
	o.want(o.ask("GET", "/"+bucket+"/yellow/1001/a.pdf", "", o.sessions["yellow"], "If-Match", `"x"`), 412, "PreconditionFailed")
	o.want(o.ask("DELETE", "/"+bucket+"/yellow/1001/a.pdf", "", o.sessions["yellow"]), 204, "")
	o.isEmptyBehind("yellow/1001/a.pdf")
}

func TestKeysStayFlatThroughTheGateway(t *testing.T) {
	o := startObjects(t)
	o.want(o.putOwn("blue", "blue/1", "blue's"), 200, "")
	for i, key := range []string{"yellow/../blue/1", "yellow//1", "yellow/%2e%2e/blue/1", "yellow/%252F", "yellow/a+b%20c", "yellow/%C3%A9/", "yellow/a%3Fb%23c"} {
		o.want(o.putOwn("yellow", key, fmt.Sprint("yellow's ", i)), 200, "")
	}
	o.holds("blue", "blue/1", "blue's")
	o.holds("yellow", "yellow/../blue/1", "yellow's 2") // %2e is a dot
	o.holds("yellow", "yellow//1", "yellow's 1")
	o.holds("yellow", "yellow/a+b%20c", "yellow's 4")
	o.want(o.ask("GET", "/"+bucket+"/blue/1", "", o.sessions["yellow"]), 403, "AccessDenied")
	list := o.want(o.ask("GET", "/"+bucket+"?list-type=2&prefix=yellow%2F", "", localawstest.Root), 200, "")
	for _, key := range []string{"yellow/../blue/1", "yellow//1", "yellow/%2F", "yellow/a+b c", "yellow/é/", "yellow/a?b#c"} {
		if !strings.Contains(list.body, "<Key>"+key+"</Key>") {
			t.Errorf("the list has no %q: %s", key, list.body)
		}
	}
}

func TestProtectionIsNeitherSeenNorSetByCallers(t *testing.T) {
	o := startObjects(t)
	for _, name := range []string{protection, "x-amz-meta-localaws_protection", "X-AMZ-META-LOCALAWS-PROTECTION"} {
		o.want(o.ask("PUT", "/"+bucket+"/yellow/1", "text", localawstest.Root, name, "e30="), 400, "InvalidArgument")
		o.isEmptyBehind("yellow/1")
	}
	o.want(o.putOwn("yellow", "yellow/1", "text"), 200, "")
	if behind := o.askBehind("HEAD", "/"+bucket+"/yellow/1", "").header; behind.Get(protection) == "" || behind.Get("X-Amz-Server-Side-Encryption") == "aws:kms" {
		t.Errorf("control: the upstream has %v, want the protection alone", behind)
	}
	for _, target := range []string{"/yellow/1", "?list-type=2", "/yellow/1?response-content-type=text%2Fplain"} {
		got := o.want(o.ask("GET", "/"+bucket+target, "", localawstest.Root), 200, "")
		if seen := fmt.Sprint(got.header, got.body); strings.Contains(strings.ToLower(seen), "localaws-protection") {
			t.Errorf("%s: it is seen: %s", target, seen)
		}
	}
}

func TestObjectThatDidNotComeThroughTheGatewayIsNotAnswered(t *testing.T) {
	o := startObjects(t)
	o.want(o.putOwn("yellow", "yellow/1", "control"), 200, "")
	o.holds("yellow", "yellow/1", "control")
	for key, headers := range map[string][]string{
		"none": nil, "empty": {protection, ""}, "noise": {protection, "%%%"}, "nothing": {protection, "e30="}, "null": {protection, "bnVsbA=="},
	} {
		o.want(o.askBehind("PUT", "/"+bucket+"/yellow/"+key, "forged", headers...), 200, "")
		for _, by := range []string{"root", "yellow"} {
			if got := o.want(o.ask("GET", "/"+bucket+"/yellow/"+key, "", o.sessions[by]), 500, "InternalError"); strings.Contains(got.body, "forged") {
				t.Errorf("%s reads %s: %s", by, key, got.body)
			}
			o.want(o.ask("HEAD", "/"+bucket+"/yellow/"+key, "", o.sessions[by]), 500, "")
		}
		o.want(o.ask("PUT", "/"+bucket+"/copy", "", localawstest.Root, "X-Amz-Copy-Source", bucket+"/yellow/"+key), 500, "InternalError")
		o.isEmptyBehind("copy")
		if last := logged(t, o.gateway); last.Code != "InternalError" || !strings.Contains(last.Reason, "did not come through a gateway") {
			t.Errorf("%s: logged %+v, want why", key, last)
		}
	}
}

func TestObjectThatWasMovedBehindTheGatewayIsNotAnswered(t *testing.T) {
	o := startObjects(t)
	o.want(o.putOwn("yellow", "yellow/1", "yellow's"), 200, "")
	o.want(o.putOwn("blue", "blue/1", "blue's"), 200, "")
	o.want(o.ask("PUT", "/"+bucket+"/blue/plain", "plain", localawstest.Root), 200, "")

	// The whole object, with what protects it, under another key.
	for _, from := range []string{"blue/1", "blue/plain"} {
		o.move(from, "yellow/moved")
		o.want(o.ask("GET", "/"+bucket+"/yellow/moved", "", o.sessions["yellow"]), 500, "InternalError")
		o.want(o.ask("GET", "/"+bucket+"/yellow/moved", "", localawstest.Root), 500, "InternalError")
		if last := logged(t, o.gateway); !strings.Contains(last.Reason, "under another key") {
			t.Errorf("logged %+v, want why", last)
		}
	}
	// The bytes of one under what protects another.
	o.move("blue/1", "yellow/1")
	o.want(o.ask("GET", "/"+bucket+"/yellow/1", "", o.sessions["yellow"]), 500, "InternalError")
	o.holds("blue", "blue/1", "blue's")
}

// A protection that says another object than its data key was sealed for is opened by no key.
func TestDataKeyOfAnotherObjectDoesNotOpenThisOne(t *testing.T) {
	o := startObjects(t)
	for _, key := range []string{"yellow/1", "yellow/2"} {
		o.want(o.putOwn("yellow", key, key), 200, "")
	}
	one, two := o.decoded("yellow/1"), o.decoded("yellow/2")
	forged := one[:strings.Index(one, `"Object"`)] + two[strings.Index(two, `"Object"`):]
	o.want(o.askBehind("PUT", "/"+bucket+"/yellow/2", "forged", protection, base64.StdEncoding.EncodeToString([]byte(forged))), 200, "")
	o.want(o.ask("GET", "/"+bucket+"/yellow/2", "", o.sessions["yellow"]), 400, "KMS.InvalidCiphertextException")
	o.holds("yellow", "yellow/1", "yellow/1")
}

// decoded is the protection of an object in the upstream.
func (o *objects) decoded(key string) string {
	o.Helper()
	text, err := base64.StdEncoding.DecodeString(o.askBehind("HEAD", "/"+bucket+"/"+key, "").header.Get(protection))
	if err != nil || !strings.Contains(string(text), `"Object"`) || !strings.HasPrefix(string(text), `{"Context"`) && !strings.HasPrefix(string(text), `{"DataKey"`) && !strings.HasPrefix(string(text), `{"KMSKey"`) {
		o.Fatalf("%q, %v", text, err)
	}
	return string(text)
}

func TestKeysDecideThroughTheGateway(t *testing.T) {
	o := startObjects(t)
	o.want(o.putOwn("yellow", "yellow/1", "own"), 200, "")
	o.holds("yellow", "yellow/1", "own")

	// Another's key: neither to write nor to read under, though the prefix is the own one.
	o.want(o.ask("PUT", "/"+bucket+"/yellow/2", "text", o.sessions["yellow"], o.under("blue")...), 403, "AccessDenied")
	o.isEmptyBehind("yellow/2")
	o.want(o.ask("PUT", "/"+bucket+"/yellow/2", "text", localawstest.Root, o.under("blue")...), 200, "")
	o.holds("root", "yellow/2", "text")
	o.want(o.ask("GET", "/"+bucket+"/yellow/2", "", o.sessions["yellow"]), 403, "AccessDenied")
	o.want(o.ask("HEAD", "/"+bucket+"/yellow/2", "", o.sessions["yellow"]), 200, "")
	o.want(o.ask("HEAD", "/"+bucket+"/yellow/2", "", o.sessions["yellow"], "X-Amz-Checksum-Mode", "ENABLED"), 403, "")
	o.want(o.ask("PUT", "/"+bucket+"/yellow/3", "", o.sessions["yellow"], append(o.under("yellow"), "X-Amz-Copy-Source", bucket+"/yellow/2")...), 403, "AccessDenied")
	o.isEmptyBehind("yellow/3")

	client := kms.NewFromConfig(o.gateway.Config(localawstest.Root))
	if _, err := client.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: aws.String(o.keys["yellow"])}); err != nil {
		t.Fatal(err)
	}
	o.want(o.ask("GET", "/"+bucket+"/yellow/1", "", o.sessions["yellow"]), 400, "KMS.DisabledException")
	o.want(o.putOwn("yellow", "yellow/4", "text"), 400, "KMS.DisabledException")
	o.isEmptyBehind("yellow/4")
	if _, err := client.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: aws.String(o.keys["yellow"])}); err != nil {
		t.Fatal(err)
	}
	o.holds("yellow", "yellow/1", "own")
}

func TestMissingKeyIsToldOnlyToThoseWhoMayList(t *testing.T) {
	o := startObjects(t)
	o.want(o.ask("GET", "/"+bucket+"/yellow/none", "", localawstest.Root), 404, "NoSuchKey")
	o.want(o.ask("HEAD", "/"+bucket+"/yellow/none", "", localawstest.Root), 404, "")
	o.want(o.ask("GET", "/"+bucket+"/yellow/none?versionId=v", "", localawstest.Root), 404, "NoSuchVersion")
	o.want(o.ask("GET", "/"+bucket+"-none/yellow/none", "", localawstest.Root), 404, "NoSuchBucket")
	o.want(o.ask("GET", "/"+bucket+"/yellow/none", "", o.sessions["yellow"]), 403, "AccessDenied")
	o.want(o.ask("HEAD", "/"+bucket+"/yellow/none", "", o.sessions["yellow"]), 403, "")
	o.want(o.ask("GET", "/"+bucket+"/yellow/none?versionId=v", "", o.sessions["yellow"]), 403, "AccessDenied")
	o.want(o.ask("PUT", "/"+bucket+"/yellow/copy", "", o.sessions["yellow"], "X-Amz-Copy-Source", bucket+"/yellow/none"), 403, "AccessDenied")
}

func TestBodyThatIsNotTheSignedOneIsNotStoredBehindTheGateway(t *testing.T) {
	o := startObjects(t)
	sum := func(text string) string {
		return base64.StdEncoding.EncodeToString(binaryCRC32(text))
	}
	for name, tc := range map[string]struct {
		sign, send string
		headers    []string
		status     int
		code       string
	}{
		"another hash":     {"signed", "forged", nil, 400, "XAmzContentSHA256Mismatch"},
		"another length":   {"signed", "signed and more", nil, 400, "XAmzContentSHA256Mismatch"},
		"another checksum": {"text", "text", []string{"X-Amz-Checksum-Crc32", sum("other")}, 400, "BadDigest"},
		"another md5":      {"text", "text", []string{"Content-Md5", "1B2M2Y8AsgTpgAmY7PhCfg=="}, 400, "BadDigest"},
		"empty, forged":    {"signed", "", nil, 400, "XAmzContentSHA256Mismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			put := func(key, send string, headers ...string) answered {
				r := request(t, o.gateway, "PUT", "/"+bucket+"/"+key, strings.NewReader(send), headers...)
				if send == "" {
					r.Body, r.ContentLength = http.NoBody, 0
				}
				if err := o.gateway.Sign(r, []byte(tc.sign), localawstest.Root, "s3"); err != nil {
					t.Fatal(err)
				}
				return sent(r)
			}
			put("good", tc.sign).want(t, 200, "")
			put("bad", tc.send, tc.headers...).want(t, tc.status, tc.code)
			o.isEmptyBehind("bad")
		})
	}
	large := strings.Repeat("x", 1<<20)
	o.want(o.ask("PUT", "/"+bucket+"/large", large, localawstest.Root, "X-Amz-Checksum-Crc32", sum(large)), 200, "")
	o.holds("root", "large", large)
	o.want(o.ask("PUT", "/"+bucket+"/large", large, localawstest.Root, "X-Amz-Checksum-Crc32", sum("")), 400, "BadDigest")
	o.holds("root", "large", large)
}

func binaryCRC32(text string) []byte {
	n := crc32.ChecksumIEEE([]byte(text))
	return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

func TestDeleteObjectsDeletesWhatMayBeDeleted(t *testing.T) {
	o := startObjects(t)
	o.want(o.putOwn("yellow", "yellow/1", "1"), 200, "")
	o.want(o.putOwn("yellow", "yellow/2", "2"), 200, "")
	o.want(o.putOwn("blue", "blue/1", "blue's"), 200, "")
	body := `<Delete><Object><Key>yellow/1</Key></Object><Object><Key>blue/1</Key></Object><Object><Key>yellow/2</Key><VersionId>null</VersionId></Object></Delete>`
	got := o.want(o.ask("POST", "/"+bucket+"?delete", body, o.sessions["yellow"], "X-Amz-Checksum-Crc32", base64.StdEncoding.EncodeToString(binaryCRC32(body))), 200, "")
	for _, want := range []string{"<Deleted><Key>yellow/1</Key></Deleted>", "<Error><Key>blue/1</Key><Code>AccessDenied</Code>", "<Error><Key>yellow/2</Key><VersionId>null</VersionId><Code>AccessDenied</Code>"} {
		if !strings.Contains(got.body, want) {
			t.Errorf("got %s, want %s", got.body, want)
		}
	}
	o.isEmptyBehind("yellow/1")
	o.holds("blue", "blue/1", "blue's")
	o.holds("yellow", "yellow/2", "2")
	body = `<Delete><Object><Key>blue/1</Key></Object></Delete>`
	o.want(o.ask("POST", "/"+bucket+"?delete", body, o.sessions["yellow"], "X-Amz-Checksum-Crc32", base64.StdEncoding.EncodeToString(binaryCRC32(body+" "))), 400, "BadDigest")
	o.want(o.ask("POST", "/"+bucket+"-none?delete", body, localawstest.Root, "X-Amz-Checksum-Crc32", base64.StdEncoding.EncodeToString(binaryCRC32(body))), 404, "NoSuchBucket")
}

func TestWhatTheGatewayDoesNotForwardIsNotImplemented(t *testing.T) {
	o := startObjects(t)
	o.want(o.ask("PUT", "/"+bucket+"/a", "text", localawstest.Root), 200, "")
	for _, row := range []struct {
		line, body string
		headers    []string
	}{
		{"GET /" + bucket + "/a?tagging", "", nil},
		{"PUT /" + bucket + "/a", "text", []string{"X-Amz-Tagging", "a=b"}},
		{"POST /" + bucket + "/b?uploads", "", []string{"X-Amz-Tagging", "a=b"}},
		{"PUT /" + bucket + "/a?acl", "", nil},
		{"PUT /" + bucket + "?policy", "{}", nil},
		{"PUT /" + bucket + "?encryption", `<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`, nil},
		{"PUT /" + bucket + "?ownershipControls", `<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>`, nil},
		{"PUT /new-bucket", "", []string{"X-Amz-Bucket-Object-Lock-Enabled", "true"}},
		{"PUT /new-bucket", "", []string{"X-Amz-Object-Ownership", "ObjectWriter"}},
	} {
		method, target, _ := strings.Cut(row.line, " ")
		got := o.ask(method, target, row.body, localawstest.Root, row.headers...)
		if got.status != 501 || got.code != "NotImplemented" {
			t.Errorf("%s %q: got %d %s, want 501", row.line, row.headers, got.status, got.body)
		}
	}
	o.want(o.ask("PUT", "/new-bucket", "", localawstest.Root, "X-Amz-Acl", "public-read"), 400, "AccessControlListNotSupported")
	o.want(o.askBehind("HEAD", "/new-bucket", ""), 404, "")
	for _, headers := range [][]string{{"X-Amz-Expected-Bucket-Owner", "111111111111"}} {
		o.want(o.ask("GET", "/"+bucket+"/a", "", localawstest.Root, headers...), 403, "AccessDenied")
	}
	o.want(o.ask("GET", "/"+bucket+"/a", "", localawstest.Root, "X-Amz-Expected-Bucket-Owner", o.gateway.Account), 200, "")
	if status := o.ask("GET", "/"+bucket+"/a", "a body", localawstest.Root).status; status != 400 && status != 413 {
		t.Errorf("a GET with a body: got %d, want that it is refused", status)
	}
}

func TestBucketsAreMadeBehindTheGateway(t *testing.T) {
	o := startObjects(t)
	o.want(o.ask("PUT", "/second-bucket", "", localawstest.Root), 200, "")
	o.want(o.askBehind("HEAD", "/second-bucket", ""), 200, "")
	if got := o.want(o.ask("HEAD", "/second-bucket", "", localawstest.Root), 200, "").header.Get("X-Amz-Bucket-Region"); got != o.gateway.Region {
		t.Errorf("the region is %q, want %q", got, o.gateway.Region)
	}
	o.want(o.ask("HEAD", "/third-bucket", "", localawstest.Root), 404, "")
	if got := o.want(o.ask("GET", "/", "", localawstest.Root), 200, ""); !strings.Contains(got.body, "<Name>second-bucket</Name>") {
		t.Errorf("got %s", got.body)
	}
	o.want(o.ask("PUT", "/second-bucket/a", "text", localawstest.Root), 200, "")
	got := o.want(o.ask("DELETE", "/second-bucket", "", localawstest.Root), 409, "BucketNotEmpty")
	if !strings.Contains(got.body, "<RequestId>"+got.header.Get("X-Amz-Request-Id")+"</RequestId>") || logged(t, o.gateway).RequestID != got.header.Get("X-Amz-Request-Id") {
		t.Errorf("got %s with id %s, want the id of the log in both", got.body, got.header.Get("X-Amz-Request-Id"))
	}
	o.want(o.ask("DELETE", "/second-bucket/a", "", localawstest.Root), 204, "")
	o.want(o.ask("DELETE", "/second-bucket", "", localawstest.Root), 204, "")
	o.want(o.askBehind("HEAD", "/second-bucket", ""), 404, "")
}

func TestMetadataHasNamesInSmallLetters(t *testing.T) {
	o := startObjects(t)
	o.want(o.ask("PUT", "/"+bucket+"/a", "text", localawstest.Root, "X-Amz-Meta-Kind", "proof"), 200, "")
	r := request(t, o.gateway, "GET", "/"+bucket+"/a", nil)
	if err := o.gateway.Sign(r, nil, localawstest.Root, "s3"); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	r.Header.Set("Connection", "close")
	if err := r.Write(c); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(c); err != nil || !strings.Contains(string(text), "\r\nx-amz-meta-kind: proof\r\n") {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestRequestsToTheUpstreamNameNoKey(t *testing.T) {
	o := startObjects(t)
	o.want(o.putOwn("yellow", "yellow/1", "text"), 200, "")
	for _, entry := range o.behind.Entries(t) {
		if slices.ContainsFunc([]string{entry.Action, entry.Operation}, func(s string) bool { return strings.HasPrefix(s, "kms:") }) {
			t.Errorf("the upstream was asked for %+v", entry)
		}
	}
}
