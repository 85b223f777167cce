package answer

import (
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/document"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// getEncryption: a bucket whose owner sets nothing encrypts under S3's own keys (S3 User Guide, "Setting default server-side encryption").
func getEncryption(a *asked) (*api.Response, error) {
	b, err := a.Store.Bucket(a.Bucket)
	if err != nil {
		return nil, err
	}
	type byDefault struct {
		SSEAlgorithm   string
		KMSMasterKeyID string `xml:",omitempty"`
	}
	type rule struct {
		ApplyServerSideEncryptionByDefault byDefault
		BucketKeyEnabled                   bool
	}
	set := byDefault{SSEAlgorithm: sseS3}
	if b.Encryption != nil {
		set = byDefault{b.Encryption.Algorithm, b.Encryption.Key}
	}
	return documentOf("ServerSideEncryptionConfiguration", struct{ Rule rule }{rule{set, false}})
}

func putEncryption(a *asked) (*api.Response, error) {
	root, err := a.document("ServerSideEncryptionConfiguration")
	if err != nil {
		return nil, err
	}
	rule := root.One("Rule")
	if rule == nil {
		return nil, document.Malformed()
	}
	set := rule.One("ApplyServerSideEncryptionByDefault")
	if set == nil {
		return nil, document.Malformed()
	}
	e := new(store.Encryption)
	e.Algorithm, _ = set.Text("SSEAlgorithm")
	e.Key, _ = set.Text("KMSMasterKeyID")
	bucketKey, _ := rule.Text("BucketKeyEnabled")
	for _, node := range []*document.Node{set, rule, root} {
		if err := node.Check(); err != nil {
			return nil, err
		}
	}
	if err := checkEncryption(e, bucketKey); err != nil {
		return nil, err
	}
	return a.change(http.StatusOK, func(s *store.Settings) { s.Encryption = e })
}

func checkEncryption(e *store.Encryption, bucketKey string) error {
	switch {
	case bucketKey == "true":
		return without("S3 Bucket Keys: under one, no policy sees for which object a key is used")
	case bucketKey != "" && bucketKey != "false":
		return document.Malformed()
	}
	switch e.Algorithm {
	case sseS3:
		if e.Key != "" {
			return invalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
		}
		return nil
	case sseKMS:
		if e.Key == "" {
			return invalidArgument("localaws has no key aws/s3: name a key with KMSMasterKeyID")
		}
		return nil
	case "aws:kms:dsse":
		return without("dual-layer encryption")
	}
	return document.Malformed()
}

func deleteEncryption(a *asked) (*api.Response, error) {
	return a.change(http.StatusNoContent, func(s *store.Settings) { s.Encryption = nil })
}
