package prove

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// uploads are attacks with uploads in parts. Whoever has the id of an upload must not be able to use it under another key.
func uploads() []*Attack {
	begin := onObject{"CreateMultipartUpload in another's prefix", "POST", inBucket + "/@/1001/parts.txt?uploads", encryptedUnder(ownAlias()), ""}
	all := []*Attack{ofPrefix("write-begin-upload", writer, begin), ofPrefix("seed-begin-upload", seeder, begin)}
	for _, o := range []struct {
		name, does, method, query, body string
		headers                         []string
	}{
		{"upload-part", "UploadPart into another's upload", "PUT", "partNumber=1&uploadId=", "planted", nil},
		{"upload-part-copy", "UploadPartCopy of another's document", "PUT", "partNumber=1&uploadId=", "", []string{"X-Amz-Copy-Source: " + bucket + "/blue/1001/canary.txt"}},
		{"list-parts", "ListParts of another's upload", "GET", "uploadId=", "", nil},
	} {
		for prefix, by := range map[string]string{"": attacker, "write-": writer} {
			all = append(all, &Attack{
				Name: "s3/" + prefix + o.name, Does: by + ": " + o.does, Differs: "the caller is root", Layer: IAM, Codes: forbidden, needs: needs[by], local: true,
				Attempt: inUpload(victim, o.method, o.query, o.body, o.headers, by), Control: inUpload(victim, o.method, o.query, o.body, o.headers, root),
			})
		}
	}
	return append(all, &Attack{
		Name: "s3/upload-of-other-key", Does: "an upload of another's document, completed under the own key", Differs: "the upload is of that key", Layer: Request, Codes: []string{"NoSuchUpload"}, local: true,
		Attempt: completed(victim, attacker), Control: completed(attacker, attacker),
	})
}

const uploaded = inBucket + "/@/1001/parts.txt"

// upload begins an upload in a tenant's prefix as root and returns its id.
func (w *World) upload(ctx context.Context, tenant string) (string, error) {
	a, err := w.send(ctx, onObject{"", "POST", uploaded + "?uploads", encryptedUnder("@alias"), ""}.of(root, tenant))
	_, rest, _ := strings.Cut(string(a.Body), "<UploadId>")
	id, _, found := strings.Cut(rest, "</UploadId>")
	if err == nil && !found {
		err = fmt.Errorf("no upload: %s %s", a.Code, a.Message)
	}
	return id, err
}

// inUpload sends a request about an upload in a tenant's prefix, and aborts the upload.
func inUpload(tenant, method, query, body string, headers []string, by string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		id, err := w.upload(ctx, tenant)
		if err != nil {
			return Answer{}, err
		}
		a, err := w.send(ctx, onObject{"", method, uploaded + "?" + query + id, headers, body}.of(by, tenant))
		if err != nil {
			return a, err
		}
		_, err = w.send(ctx, onObject{"", "DELETE", uploaded + "?uploadId=" + id, nil, ""}.of(root, tenant))
		return a, err
	}
}

// completed begins an upload with one part in the prefix of one tenant, and completes it as root under the key of another.
func completed(begun, under string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		id, err := w.upload(ctx, begun)
		if err != nil {
			return Answer{}, err
		}
		part, err := w.send(ctx, onObject{"", "PUT", uploaded + "?partNumber=1&uploadId=" + id, nil, "planted"}.of(root, begun))
		if err != nil || !part.ok() {
			return part, err
		}
		list := fmt.Sprintf(`<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part></CompleteMultipartUpload>`, part.ETag)
		a, err := w.send(ctx, onObject{"", "POST", uploaded + "?uploadId=" + id, nil, list}.of(root, under))
		if err != nil || a.ok() {
			return a, err
		}
		_, err = w.send(ctx, onObject{"", "DELETE", uploaded + "?uploadId=" + id, nil, ""}.of(root, begun))
		return a, err
	}
}

// presignedObjects are attacks with links to documents: whoever has a link can change it.
func presignedObjects() []*Attack {
	codes := []string{"SignatureDoesNotMatch", "AccessDenied", "AuthorizationQueryParametersError", "InvalidArgument", "InvalidRequest", "ExpiredToken", "InvalidToken", "InvalidAccessKeyId"}
	var all []*Attack
	add := func(name, does string, at time.Duration, change func(*http.Request)) {
		all = append(all, &Attack{
			Name: "s3/link-" + name, Does: "a link to the own document " + does, Differs: "it is as it was signed", Layer: Signature, Codes: codes, local: true,
			Attempt: link(attacker, attacker, at, change), Control: link(attacker, attacker, 0, func(*http.Request) {}),
		})
	}
	query := func(from, to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, from, to, 1) }
	}
	path := func(to string) func(*http.Request) {
		return func(r *http.Request) { r.URL.Path, r.URL.RawPath = to, "" }
	}
	add("to-other", "that was changed to another's", 0, path(strings.ReplaceAll(itsObject, "@", victim)))
	add("with-dots", "that was changed to another's by dots", 0, path(inBucket+"/yellow/../blue/1001/canary.txt"))
	add("to-bucket", "that was changed to the bucket", 0, path(inBucket))
	add("by-put", "sent by PUT", 0, func(r *http.Request) { r.Method = http.MethodPut })
	add("by-delete", "sent by DELETE", 0, func(r *http.Request) { r.Method = http.MethodDelete })
	add("longer", "whose time was made longer", 0, query("X-Amz-Expires=60", "X-Amz-Expires=86400"))
	add("late", "a minute after its time", -2*time.Minute, func(*http.Request) {})
	add("ahead", "that was signed for in an hour", time.Hour, func(*http.Request) {})
	add("sub-resource", "with a sub-resource that was not signed", 0, func(r *http.Request) { r.URL.RawQuery += "&acl" })
	add("version", "with a version that was not signed", 0, func(r *http.Request) { r.URL.RawQuery += "&versionId=null" })
	add("content-type", "with another type of the answer that was not signed", 0, func(r *http.Request) { r.URL.RawQuery += "&response-content-type=text%2Fhtml" })
	add("host-unsigned", "without host among its signed headers", 0, query("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="))
	add("header", "with a header that was not signed", 0, func(r *http.Request) { r.Header.Set("X-Amz-Copy-Source", bucket+"/blue/1001/canary.txt") })
	add("expiry-twice", "with a second, longer time", 0, func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Expires=86400" })
	add("sigv2", "signed as SigV2 does", 0, func(r *http.Request) { r.URL.RawQuery = "AWSAccessKeyId=test&Expires=4102444800&Signature=x" })
	return append(all, &Attack{
		Name: "s3/link-made-for-other", Does: attacker + ": a link to another's document", Differs: "the document is its own", Layer: IAM, Codes: forbidden, local: true,
		Attempt: link(attacker, victim, 0, func(*http.Request) {}), Control: link(attacker, attacker, 0, func(*http.Request) {}),
	})
}

// link sends a link to a tenant's document, which a caller signed for a minute, at from now.
func link(by, tenant string, at time.Duration, change func(*http.Request)) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		to := w.at(request{service: "s3"})
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, to.url+w.names.fill(strings.ReplaceAll(itsObject, "@", tenant))+"?X-Amz-Expires=60", http.NoBody)
		if err != nil {
			return Answer{}, err
		}
		signed, _, err := v4.NewSigner(asS3).PresignHTTP(ctx, w.callers[by], r, "UNSIGNED-PAYLOAD", "s3", to.region, time.Now().Add(at))
		if err != nil {
			return Answer{}, err
		}
		if r, err = http.NewRequestWithContext(ctx, http.MethodGet, signed, http.NoBody); err != nil {
			return Answer{}, err
		}
		change(r)
		return w.exchange(r)
	}
}

// asS3 makes the signer sign the path as it is sent.
func asS3(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }
