package answer

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/kms"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// The headers of server-side encryption (S3 API Reference, PutObject).
const (
	sseHeader        = "X-Amz-Server-Side-Encryption"
	sseKeyHeader     = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
	sseContextHeader = "X-Amz-Server-Side-Encryption-Context"
	bucketKeyHeader  = "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"
)

const (
	sseS3  = "AES256"
	sseKMS = "aws:kms"
	// arnContext is what S3 sets in the encryption context: the object's ARN.
	arnContext = "aws:s3:arn"
)

// encryption is how the bytes of a new object are to be encrypted.
type encryption struct {
	key     string            // as it was named; empty: the store's own key
	context map[string]string // what the caller adds to the encryption context
}

// encryption reads how a request wants its object to be encrypted: by its headers, or as the bucket says.
func (a *asked) encryption() (*encryption, error) {
	if a.header(bucketKeyHeader) == "true" {
		return nil, api.Errorf(http.StatusNotImplemented, "NotImplemented", "localaws has no S3 Bucket Keys: under one, no policy sees for which object a key is used.")
	}
	method, e := a.header(sseHeader), &encryption{key: a.header(sseKeyHeader)}
	if method == "" && e.key == "" && a.Store != nil { // another endpoint's buckets name no key of KMS
		b, err := a.Store.Bucket(a.Bucket)
		if err != nil {
			return nil, err
		}
		if b.Encryption != nil {
			method, e.key = b.Encryption.Algorithm, b.Encryption.Key
		}
	}
	context := a.header(sseContextHeader)
	if err := checkMethod(method, e.key, context); err != nil {
		return nil, err
	}
	var err error
	e.context, err = parseContext(context)
	return e, err
}

func checkMethod(method, key, context string) error {
	switch method {
	case sseKMS:
		if key == "" {
			return invalidRequest("localaws has no key aws/s3: name a key with x-amz-server-side-encryption-aws-kms-key-id")
		}
	case "", sseS3:
		if key != "" || context != "" {
			return invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
		}
	case "aws:kms:dsse":
		return api.Errorf(http.StatusNotImplemented, "NotImplemented", "localaws does not have dual-layer encryption.")
	default:
		return invalidArgument("The encryption method specified is not supported")
	}
	return nil
}

// parseContext reads an encryption context: JSON in base64. The ARN in it is S3's to set.
func parseContext(header string) (map[string]string, error) {
	if header == "" {
		return nil, nil
	}
	var context map[string]string
	text, err := base64.StdEncoding.DecodeString(header)
	if err == nil {
		err = json.Unmarshal(text, &context)
	}
	if err != nil {
		return nil, invalidArgument("The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map")
	}
	if _, sets := context[arnContext]; sets {
		return nil, invalidArgument("The encryption context may not set aws:s3:arn")
	}
	return context, nil
}

// use decides whether the caller may use a KMS key for an object, and returns what uses it. Only then the state of the key counts.
func (a *asked) use(action, key, bucket, object string, context map[string]string) (*kms.Use, error) {
	whole := map[string]string{}
	maps.Copy(whole, context)
	whole[arnContext] = request.ObjectARN(bucket, object)
	use, err := a.Keys.Use(a.req, "s3", action, key, whole)
	if err != nil {
		return nil, KMSError(err)
	}
	return use, a.req.Decide(&use.Permission, 1)
}

// newDataKey makes the key under which the bytes of an object are sealed, and fills in what is kept of it.
func (a *asked) newDataKey(e *encryption, o *store.Object) (plaintext []byte, err error) {
	if e.key == "" {
		plaintext, o.DataKey, err = a.Store.NewDataKey(request.ObjectARN(o.Bucket, o.Key))
		return plaintext, err
	}
	use, err := a.use("GenerateDataKey", e.key, o.Bucket, o.Key, e.context)
	if err != nil {
		return nil, err
	}
	if a.KMSKey != "" && use.KeyARN() != a.KMSKey { // an alias was moved since the policies saw it
		return nil, aborted()
	}
	o.KMSKey, o.Context = use.KeyARN(), e.context
	plaintext, o.DataKey, err = use.NewDataKey()
	return plaintext, KMSError(err)
}

// openDataKey returns the key of an object that is read.
func (a *asked) openDataKey(o *store.Object) ([]byte, error) {
	if o.KMSKey == "" {
		return a.Store.OpenDataKey(request.ObjectARN(o.Bucket, o.Key), o.DataKey)
	}
	use, err := a.use("Decrypt", o.KMSKey, o.Bucket, o.Key, o.Context)
	if err != nil {
		return nil, err
	}
	plaintext, err := use.OpenDataKey(o.DataKey)
	return plaintext, KMSError(err)
}

// KMSError is how S3 answers an error of KMS.
func KMSError(err error) error {
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err
	}
	wrapped := *e
	wrapped.Code, wrapped.Status = "KMS."+e.Code, http.StatusBadRequest
	return &wrapped
}

func setEncryption(h http.Header, o *store.Object) {
	if o.KMSKey == "" {
		h.Set(sseHeader, sseS3)
		return
	}
	h.Set(sseHeader, sseKMS)
	h.Set(sseKeyHeader, o.KMSKey)
}
