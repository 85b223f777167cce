package upstream

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
)

// protectionHeader is the metadata of an object that says how it is protected. No caller sees or sets it.
const protectionHeader = "X-Amz-Meta-Localaws-Protection"

var (
	errUnprotected = errors.New("the upstream holds an object that did not come through a gateway: what protects it is not known")
	errMoved       = errors.New("the upstream answers with an object that was written under another key")
)

// protection is what an object's own metadata say of it.
type protection struct {
	answer.Protection
	// Object is the SHA-256 of the object's ARN. An upstream that takes two keys for one is found out by it.
	Object []byte
}

func setProtection(h http.Header, bucket, key string, p *answer.Protection) error {
	text, err := json.Marshal(protection{*p, objectSum(bucket, key)}, json.Deterministic(true))
	h.Set(protectionHeader, base64.StdEncoding.EncodeToString(text))
	return err
}

// readProtection reads what setProtection has written for this very object.
func readProtection(h http.Header, bucket, key string) (*answer.Protection, error) {
	p := new(protection)
	text, err := base64.StdEncoding.DecodeString(h.Get(protectionHeader))
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	switch {
	case err != nil || len(p.Object) == 0 || len(h[protectionHeader]) != 1:
		return nil, errUnprotected
	case !bytes.Equal(p.Object, objectSum(bucket, key)):
		return nil, errMoved
	}
	return &p.Protection, nil
}

func objectSum(bucket, key string) []byte {
	sum := sha256.Sum256([]byte(request.ObjectARN(bucket, key)))
	return sum[:]
}

// checkMetadata refuses metadata that a reader which does not tell '_' from '-' takes for the gateway's own.
func checkMetadata(h http.Header) error {
	for name := range h {
		if strings.EqualFold(strings.ReplaceAll(name, "_", "-"), protectionHeader) {
			return api.Errorf(http.StatusBadRequest, "InvalidArgument", "The metadata localaws-protection is the gateway's own.")
		}
	}
	return nil
}
