package upstream_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// begin begins an upload of a tenant, under its own key, and returns its id.
func (o *objects) begin(tenant, key string) string {
	o.Helper()
	got := o.want(o.ask("POST", "/"+bucket+"/"+key+"?uploads", "", o.sessions[tenant], o.under(tenant)...), 200, "")
	if got.header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != o.keys[tenant] {
		o.Errorf("the upload is under %v, want %s", got.header, o.keys[tenant])
	}
	id := regexp.MustCompile(`<UploadId>(.+)</UploadId>`).FindStringSubmatch(got.body)
	if id == nil {
		o.Fatalf("got %s, want an upload", got.body)
	}
	return id[1]
}

func (o *objects) part(by, key, upload string, number int, text string, headers ...string) answered {
	o.Helper()
	return o.ask("PUT", fmt.Sprintf("/%s/%s?partNumber=%d&uploadId=%s", bucket, key, number, upload), text, o.sessions[by], headers...)
}

func (o *objects) complete(by, key, upload string, parts ...answered) answered {
	o.Helper()
	body := "<CompleteMultipartUpload>"
	for i, p := range parts {
		body += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, p.header.Get("Etag"))
	}
	return o.ask("POST", "/"+bucket+"/"+key+"?uploadId="+upload, body+"</CompleteMultipartUpload>", o.sessions[by])
}

func TestObjectInPartsGoesThroughTheGateway(t *testing.T) {
	o := startObjects(t)
	large := strings.Repeat("x", 5<<20)
	id := o.begin("yellow", "yellow/1")
	first := o.want(o.part("yellow", "yellow/1", id, 1, large), 200, "")
	second := o.want(o.part("yellow", "yellow/1", id, 2, "the rest"), 200, "")
	if got := o.want(o.ask("GET", "/"+bucket+"/yellow/1?uploadId="+id, "", o.sessions["yellow"]), 200, ""); strings.Count(got.body, "<Part>") != 2 {
		t.Errorf("got %s, want two parts", got.body)
	}
	o.want(o.complete("yellow", "yellow/1", id, first, second), 200, "")
	o.holds("yellow", "yellow/1", large+"the rest")
	if got := o.ask("HEAD", "/"+bucket+"/yellow/1", "", o.sessions["yellow"]).header; got.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != o.keys["yellow"] {
		t.Errorf("got %v, want the key", got)
	}
	o.want(o.complete("yellow", "yellow/1", id, first, second), 404, "NoSuchUpload")

	// A part that another object gives.
	id = o.begin("yellow", "yellow/2")
	copied := o.want(o.part("yellow", "yellow/2", id, 1, "", "X-Amz-Copy-Source", bucket+"/yellow/1", "X-Amz-Copy-Source-Range", "bytes=5242880-5242887"), 200, "")
	copied.header.Set("Etag", regexp.MustCompile(`<ETag>(.+)</ETag>`).FindStringSubmatch(copied.body)[1])
	o.want(o.complete("yellow", "yellow/2", id, copied), 200, "")
	o.holds("yellow", "yellow/2", "the rest")
}

func TestUploadOfAnotherKeyOrOfAnotherGatewayIsNone(t *testing.T) {
	o := startObjects(t)
	ask := func(by, key, id string, status int, code string) {
		t.Helper()
		part := o.want(o.part(by, key, id, 1, "part"), status, code)
		o.want(o.ask("GET", "/"+bucket+"/"+key+"?uploadId="+id, "", o.sessions[by]), status, code)
		if status == 200 {
			return
		}
		o.want(o.complete(by, key, id, part), status, code)
		o.want(o.ask("DELETE", "/"+bucket+"/"+key+"?uploadId="+id, "", o.sessions[by]), status, code)
	}
	yellows, blues := o.begin("yellow", "yellow/1"), o.begin("blue", "blue/1")
	ask("yellow", "yellow/1", yellows, 200, "")
	ask("blue", "blue/1", blues, 200, "")
	ask("yellow", "yellow/1", blues, 404, "NoSuchUpload")
	ask("yellow", "yellow/2", yellows, 404, "NoSuchUpload")
	ask("yellow", "blue/1", blues, 403, "AccessDenied")

	// What protects an upload is known to the gateway alone that began it.
	o.gateway.Restart(t)
	ask("yellow", "yellow/1", yellows, 404, "NoSuchUpload")
	behind := o.want(o.askBehind("POST", "/"+bucket+"/yellow/3?uploads", ""), 200, "")
	ask("yellow", "yellow/3", regexp.MustCompile(`<UploadId>(.+)</UploadId>`).FindStringSubmatch(behind.body)[1], 404, "NoSuchUpload")

	id := o.begin("yellow", "yellow/1")
	o.want(o.ask("DELETE", "/"+bucket+"/yellow/1?uploadId="+id, "", o.sessions["yellow"]), 204, "")
	ask("yellow", "yellow/1", id, 404, "NoSuchUpload")
}

func TestPartNeedsTheKeyOfTheUpload(t *testing.T) {
	o := startObjects(t)
	id := o.begin("yellow", "yellow/1")
	o.want(o.part("yellow", "yellow/1", id, 1, "control"), 200, "")
	o.want(o.part("yellow", "yellow/1", id, 1, "part", "X-Amz-Server-Side-Encryption", "AES256"), 400, "InvalidArgument")
	o.putRoles(strings.Replace(ownDocuments, `"kms:Decrypt",`, "", 1))
	part := o.want(o.part("yellow", "yellow/1", id, 1, "part"), 403, "AccessDenied")
	o.want(o.complete("yellow", "yellow/1", id, part), 403, "AccessDenied")
	o.putRoles(strings.Replace(ownDocuments, `,"kms:GenerateDataKey"`, "", 1))
	o.want(o.ask("POST", "/"+bucket+"/yellow/1?uploads", "", o.sessions["yellow"], o.under("yellow")...), 403, "AccessDenied")
	o.isEmptyBehind("yellow/1")
}

func TestPartThatIsNotTheSignedOneIsNotStored(t *testing.T) {
	o := startObjects(t)
	id := o.begin("yellow", "yellow/1")
	good := o.want(o.part("yellow", "yellow/1", id, 1, "good"), 200, "")
	r := request(t, o.gateway, "PUT", "/"+bucket+"/yellow/1?partNumber=1&uploadId="+id, strings.NewReader("forged"))
	if err := o.gateway.Sign(r, []byte("signed"), o.sessions["yellow"], "s3"); err != nil {
		t.Fatal(err)
	}
	o.want(sent(r), 400, "XAmzContentSHA256Mismatch")
	o.want(o.complete("yellow", "yellow/1", id, good), 200, "")
	o.holds("yellow", "yellow/1", "good")
}

func TestCopyIsUnderItsOwnProtection(t *testing.T) {
	o := startObjects(t)
	o.want(o.ask("PUT", "/"+bucket+"/yellow/1", "text", o.sessions["yellow"], append(o.under("yellow"), "X-Amz-Meta-Pages", "3", "Content-Type", "application/pdf")...), 200, "")
	copies := func(by, from, to string, headers ...string) answered {
		t.Helper()
		return o.ask("PUT", "/"+bucket+"/"+to, "", o.sessions[by], append(headers, "X-Amz-Copy-Source", bucket+"/"+from)...)
	}
	o.want(copies("yellow", "yellow/1", "yellow/2", o.under("yellow")...), 200, "")
	o.holds("yellow", "yellow/2", "text")
	got := o.ask("HEAD", "/"+bucket+"/yellow/2", "", o.sessions["yellow"]).header
	if got.Get("X-Amz-Meta-Pages") != "3" || got.Get("Content-Type") != "application/pdf" || len(got[protection]) > 0 {
		t.Errorf("the copy has %v, want the metadata of its source", got)
	}
	o.want(copies("yellow", "yellow/1", "yellow/3", append(o.under("yellow"), "X-Amz-Metadata-Directive", "REPLACE", "X-Amz-Meta-Pages", "4")...), 200, "")
	got = o.ask("HEAD", "/"+bucket+"/yellow/3", "", o.sessions["yellow"]).header
	if got.Get("X-Amz-Meta-Pages") != "4" || got.Get("Content-Type") == "application/pdf" {
		t.Errorf("the copy has %v, want the metadata of its own", got)
	}
	// Without a key in the request the copy has none, whatever its source has.
	o.want(copies("root", "yellow/1", "yellow/4"), 200, "")
	if got := o.ask("HEAD", "/"+bucket+"/yellow/4", "", localawstest.Root).header.Get("X-Amz-Server-Side-Encryption"); got != "AES256" {
		t.Errorf("the copy is under %q, want AES256", got)
	}
	o.want(copies("yellow", "yellow/1", "yellow/1"), 400, "InvalidRequest")
	o.want(copies("yellow", "yellow/1", "yellow/5", "X-Amz-Metadata-Directive", "replace"), 400, "InvalidArgument")
	o.want(copies("yellow", "yellow/1", "yellow/5", "X-Amz-Copy-Source-If-Match", `"x"`), 412, "PreconditionFailed")
	o.want(copies("blue", "yellow/1", "blue/1", o.under("blue")...), 403, "AccessDenied")
	o.isEmptyBehind("blue/1")
	o.isEmptyBehind("yellow/5")
}

func TestVersionsGoThroughTheGateway(t *testing.T) {
	o := startObjects(t)
	o.want(o.ask("PUT", "/"+bucket+"?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>", localawstest.Root), 200, "")
	o.want(o.ask("PUT", "/"+bucket+"?versioning", "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", localawstest.Root), 400, "IllegalVersioningConfigurationException")
	first := o.want(o.putOwn("yellow", "yellow/1", "first"), 200, "").header.Get("X-Amz-Version-Id")
	o.want(o.putOwn("yellow", "yellow/1", "second"), 200, "")
	o.holds("yellow", "yellow/1", "second")
	o.holds("yellow", "yellow/1?versionId="+first, "first")
	o.want(o.ask("GET", "/"+bucket+"/yellow/1?versionId="+first, "", o.sessions["blue"]), 403, "AccessDenied")
	o.want(o.ask("GET", "/"+bucket+"/yellow/2?versionId="+first, "", localawstest.Root), 404, "NoSuchVersion")
	marker := o.want(o.ask("DELETE", "/"+bucket+"/yellow/1", "", o.sessions["yellow"]), 204, "").header
	if marker.Get("X-Amz-Delete-Marker") != "true" {
		t.Errorf("got %v, want a delete marker", marker)
	}
	o.want(o.ask("GET", "/"+bucket+"/yellow/1", "", localawstest.Root), 404, "NoSuchKey")
	o.want(o.ask("GET", "/"+bucket+"/yellow/1?versionId="+marker.Get("X-Amz-Version-Id"), "", localawstest.Root), 405, "MethodNotAllowed")
	if got := o.want(o.ask("GET", "/"+bucket+"?versions", "", localawstest.Root), 200, ""); strings.Count(got.body, "<Version>") != 2 || strings.Count(got.body, "<DeleteMarker>") != 1 {
		t.Errorf("got %s, want two versions and a marker", got.body)
	}
}

func TestAttributesNeedTheKeyForChecksums(t *testing.T) {
	o := startObjects(t)
	o.want(o.putOwn("yellow", "yellow/1", "text"), 200, "")
	o.putRoles(strings.NewReplacer(`"s3:GetObjectVersion"`, `"s3:GetObjectAttributes"`, `"kms:Decrypt",`, "").Replace(ownDocuments))
	ask := func(by, names string) answered {
		return o.ask("GET", "/"+bucket+"/yellow/1?attributes", "", o.sessions[by], "X-Amz-Object-Attributes", names)
	}
	if got := o.want(ask("yellow", "ObjectSize,StorageClass"), 200, ""); !strings.Contains(got.body, "<ObjectSize>4</ObjectSize>") {
		t.Errorf("got %s", got.body)
	}
	o.want(ask("yellow", "ObjectSize,Checksum"), 403, "AccessDenied")
	if got := o.want(ask("root", "ObjectSize,Checksum"), 200, ""); !strings.Contains(got.body, "<ChecksumCRC64NVME>") {
		t.Errorf("got %s, want a checksum", got.body)
	}
	o.want(ask("root", "Owner"), 400, "InvalidArgument")
	o.want(o.askBehind("PUT", "/"+bucket+"/yellow/1", "forged"), 200, "")
	o.want(ask("root", "ObjectSize"), 500, "InternalError")
}
