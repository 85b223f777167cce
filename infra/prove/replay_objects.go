package prove

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/shiptrack/infra/prove/theorem"
)

// form is how an action of S3 is asked for: with a method, and a query that names a sub-resource.
type form struct{ method, query string }

var objectForms = map[string]form{
	"getobject": {http.MethodGet, ""}, "getobjectversion": {http.MethodGet, "versionId=null"}, "getobjectattributes": {http.MethodGet, "attributes"},
	"putobject": {http.MethodPut, ""}, "deleteobject": {http.MethodDelete, ""}, "deleteobjectversion": {http.MethodDelete, "versionId=null"},
	"getobjecttagging": {http.MethodGet, "tagging"}, "putobjecttagging": {http.MethodPut, "tagging"}, "deleteobjecttagging": {http.MethodDelete, "tagging"},
	"getobjectacl": {http.MethodGet, "acl"}, "putobjectacl": {http.MethodPut, "acl"}, "getobjectretention": {http.MethodGet, "retention"},
	"putobjectretention": {http.MethodPut, "retention"}, "getobjectlegalhold": {http.MethodGet, "legal-hold"}, "putobjectlegalhold": {http.MethodPut, "legal-hold"},
	"abortmultipartupload": {http.MethodDelete, "uploadId=x"}, "listmultipartuploadparts": {http.MethodGet, "uploadId=x"}, "restoreobject": {http.MethodPost, "restore"},
}

var bucketForms = map[string]form{
	"listbucket": {http.MethodGet, "list-type=2"}, "listbucketversions": {http.MethodGet, "versions"}, "listbucketmultipartuploads": {http.MethodGet, "uploads"},
	"getbucketlocation": {http.MethodGet, "location"}, "getencryptionconfiguration": {http.MethodGet, "encryption"}, "getbucketpolicy": {http.MethodGet, "policy"},
	"getbucketacl": {http.MethodGet, "acl"}, "getbuckettagging": {http.MethodGet, "tagging"}, "getbucketversioning": {http.MethodGet, "versioning"},
	"deletebucket": {http.MethodDelete, ""}, "putbucketpolicy": {http.MethodPut, "policy"}, "deletebucketpolicy": {http.MethodDelete, "policy"},
}

// onObjects is a request for a bucket or an object.
func (w *World) onObjects(ctx context.Context, q *theorem.Request, action, resource string) (request, error) {
	bucket, key, ofObject := strings.Cut(resource, "/")
	forms := bucketForms
	if ofObject {
		forms = objectForms
	}
	how, known := forms[strings.ToLower(action)]
	switch {
	case !known:
		return request{}, unsendable(fmt.Sprintf("no request for %s is known that needs %s", q.Resource, q.Action))
	case ofObject && key == "":
		return request{}, unsendable("no object has an empty name")
	}
	if err := w.makeBucket(ctx, bucket); err != nil {
		return request{}, err
	}
	if ofObject && how.method != http.MethodPut {
		if err := w.makeObject(ctx, bucket, key, nil); err != nil {
			return request{}, err
		}
	}
	sent := objectRequest(how.method, bucket, key)
	query := []string{how.query}
	for _, name := range []string{"prefix", "delimiter", "max-keys"} {
		if values, has := q.Context["s3:"+name]; has && len(values) == 1 && !ofObject {
			query = append(query, name+"="+strings.ReplaceAll(url.QueryEscape(values[0]), "+", "%20"))
		}
	}
	if text := strings.Trim(strings.Join(query, "&"), "&"); text != "" {
		sent.path += "?" + text
	}
	for name, value := range named(q, "s3:x-amz-") {
		sent.headers = append(sent.headers, "X-Amz-"+name+": "+value)
	}
	slices.Sort(sent.headers)
	return sent, nil
}

// objectRequest is a request for an object, or for a bucket where key is empty.
func objectRequest(method, bucket, key string) request {
	path := "/" + bucket
	if key != "" {
		path += "/" + key
	}
	q := request{service: "s3", method: method, path: (&url.URL{Path: path}).EscapedPath()}
	if method == http.MethodPut {
		q.body = "replayed"
	}
	return q
}

func (w *World) makeBucket(ctx context.Context, bucket string) error {
	q := objectRequest(http.MethodPut, bucket, "")
	q.body = ""
	_, err := w.seed(ctx, q)
	return err
}

func (w *World) makeObject(ctx context.Context, bucket, key string, headers []string) error {
	q := objectRequest(http.MethodPut, bucket, key)
	q.headers = headers
	_, err := w.seed(ctx, q)
	return err
}

// onKey is a request for a key with the tags that q says. KMS chooses the key's id.
func (w *World) onKey(ctx context.Context, q *theorem.Request, action, resource string) (sent request, on string, err error) {
	if !strings.HasPrefix(resource, "key/") {
		return sent, "", unsendable("no key is " + q.Resource)
	}
	tags := []object{}
	for name, value := range named(q, "aws:resourcetag/") {
		tags = append(tags, object{"TagKey": name, "TagValue": value})
	}
	var made struct{ KeyMetadata struct{ KeyId, Arn string } }
	if err := w.asRoot(ctx, "CreateKey", object{"Tags": tags}, &made); err != nil {
		return sent, "", unsendable("the key cannot be made: " + err.Error())
	}
	id, on := made.KeyMetadata.KeyId, made.KeyMetadata.Arn
	if via := one(q, "kms:viaservice"); via != "" {
		sent, err = w.viaS3(ctx, q, action, via, id)
		return sent, on, err
	}
	body := object{"KeyId": id}
	pairs := named(q, "kms:encryptioncontext:")
	if len(pairs) > 0 {
		body["EncryptionContext"] = pairs
	}
	operation := action
	switch strings.ToLower(action) {
	case "decrypt":
		var encrypted struct{ CiphertextBlob string }
		in := object{"KeyId": id, "Plaintext": base64.StdEncoding.EncodeToString([]byte("replayed")), "EncryptionContext": pairs}
		if err := w.asRoot(ctx, "Encrypt", in, &encrypted); err != nil {
			return sent, "", unsendable("nothing can be encrypted: " + err.Error())
		}
		operation, body["CiphertextBlob"] = "Decrypt", encrypted.CiphertextBlob
	case "encrypt":
		operation, body["Plaintext"] = "Encrypt", plaintext
	case "generatedatakey", "generatedatakeywithoutplaintext":
		body["KeySpec"] = "AES_256"
	}
	text, err := json.Marshal(body)
	return request{service: "kms", operation: operation, body: string(text)}, on, err
}

// viaS3 is a request for an object that has S3 ask KMS for the key.
func (w *World) viaS3(ctx context.Context, q *theorem.Request, action, via, key string) (request, error) {
	if via != "s3."+region+".amazonaws.com" {
		return request{}, unsendable("kms:ViaService " + via + " is set by that service alone, which localaws does not have")
	}
	object, ok := strings.CutPrefix(one(q, "kms:encryptioncontext:aws:s3:arn"), "arn:aws:s3:::")
	bucket, name, _ := strings.Cut(object, "/")
	if !ok || name == "" {
		return request{}, unsendable("S3 asks for the key of an object, and kms:EncryptionContext:aws:s3:arn names none")
	}
	if err := w.makeBucket(ctx, bucket); err != nil {
		return request{}, err
	}
	switch strings.ToLower(action) {
	case "decrypt":
		return objectRequest(http.MethodGet, bucket, name), w.makeObject(ctx, bucket, name, encryptedUnder(key))
	case "generatedatakey":
		put := objectRequest(http.MethodPut, bucket, name)
		put.headers = encryptedUnder(key)
		return put, nil
	}
	return request{}, unsendable("S3 does not ask KMS for " + action)
}
