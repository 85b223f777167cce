package upstream

import (
	"context"
	"encoding/xml"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/answer"
	"example.com/shiptrack/infra/localaws/internal/s3/document"
)

// settings are those of buckets that the upstream keeps in the same meaning as localaws. A document whose meaning counts is written anew.
var settings = func() map[string]operation {
	passOn, passDocument := operation{forward: (*forwarding).passOn}, operation{forward: (*forwarding).passDocument, takesBody: true}
	all := map[string]operation{
		"GetBucketLocation": passOn,

		"GetBucketVersioning":           passOn,
		"PutBucketVersioning":           {forward: (*forwarding).putVersioning, takesBody: true},
		"ListObjectVersions":            {forward: (*forwarding).listVersions, most: answer.MostListed},
		"GetBucketEncryption":           passOn,
		"PutBucketEncryption":           {forward: (*forwarding).putEncryption, takesBody: true},
		"DeleteBucketEncryption":        passOn,
		"GetPublicAccessBlock":          passOn,
		"PutPublicAccessBlock":          passDocument,
		"DeletePublicAccessBlock":       passOn,
		"GetBucketTagging":              passOn,
		"PutBucketTagging":              passDocument,
		"DeleteBucketTagging":           passOn,
		"GetBucketOwnershipControls":    passOn,
		"PutBucketOwnershipControls":    {forward: (*forwarding).putOwnership, takesBody: true},
		"DeleteBucketOwnershipControls": passOn,
	}
	for _, name := range unset {
		all[name] = passOn
	}
	return all
}()

// unset are operations on settings that no bucket behind the gateway has, since it puts none. Terraform and others read them all.
var unset = []string{
	"GetBucketPolicy", "GetBucketPolicyStatus", "GetBucketCors", "GetBucketWebsite", "GetBucketLifecycleConfiguration", "GetBucketReplication",
	"GetObjectLockConfiguration", "GetBucketLogging", "GetBucketNotificationConfiguration", "GetBucketAccelerateConfiguration",
	"GetBucketRequestPayment", "GetBucketAcl",
	"DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketWebsite", "DeleteBucketLifecycleConfiguration", "DeleteBucketReplication",
}

// createBucket has the bucket made in the gateway's region.
func (f *forwarding) createBucket(ctx context.Context) (*api.Response, error) {
	for _, name := range []string{"X-Amz-Bucket-Object-Lock-Enabled", "X-Amz-Object-Ownership"} {
		if given := f.req.Header.Get(name); given != "" && given != "false" && given != ownerEnforced {
			return nil, notImplemented("buckets with the header " + name)
		}
	}
	if err := f.CheckBucket(); err != nil {
		return nil, err
	}
	if f.req.Region == "us-east-1" { // S3 API Reference, CreateBucket: its documents leave it out
		return f.passOn(ctx)
	}
	return f.sendDocument(ctx, struct {
		XMLName            xml.Name `xml:"CreateBucketConfiguration"`
		LocationConstraint string
	}{LocationConstraint: f.req.Region})
}

// passDocument sends a request with the document that it has.
func (f *forwarding) passDocument(ctx context.Context) (*api.Response, error) {
	body, err := f.document()
	if err != nil {
		return nil, err
	}
	q := f.outgoing()
	q.setBody(body)
	return f.whole(ctx, q, nil)
}

// sendDocument sends a request with a document of the gateway's.
func (f *forwarding) sendDocument(ctx context.Context, value any) (*api.Response, error) {
	body, err := xml.Marshal(value)
	if err != nil {
		return nil, err
	}
	q := f.outgoing()
	q.setBody(body)
	return f.whole(ctx, q, nil)
}

// parsed reads a document whose root is called root.
func (f *forwarding) parsed(root string) (*document.Node, error) {
	body, err := f.document()
	if err != nil {
		return nil, err
	}
	return document.Parse(body, root)
}

// checkRead refuses elements that nobody took.
func checkRead(nodes ...*document.Node) error {
	for _, node := range nodes {
		if err := node.Check(); err != nil {
			return err
		}
	}
	return nil
}

func (f *forwarding) putVersioning(ctx context.Context) (*api.Response, error) {
	root, err := f.parsed("VersioningConfiguration")
	if err != nil {
		return nil, err
	}
	status, _ := root.Text("Status")
	if mfa, has := root.Text("MfaDelete"); has && mfa != "Disabled" {
		return nil, notImplemented("MFA delete")
	}
	if err := checkRead(root); err != nil {
		return nil, err
	}
	if status != "Enabled" && status != "Suspended" {
		return nil, api.Errorf(http.StatusBadRequest, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	}
	return f.sendDocument(ctx, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ VersioningConfiguration"`
		Status  string
	}{Status: status})
}

// putEncryption passes on a default that needs no key of KMS: the upstream knows none of localaws' keys.
func (f *forwarding) putEncryption(ctx context.Context) (*api.Response, error) {
	const sseS3 = "AES256"
	root, err := f.parsed("ServerSideEncryptionConfiguration")
	if err != nil {
		return nil, err
	}
	rule := root.One("Rule")
	if rule == nil {
		return nil, document.Malformed()
	}
	way := rule.One("ApplyServerSideEncryptionByDefault")
	if way == nil {
		return nil, document.Malformed()
	}
	algorithm, _ := way.Text("SSEAlgorithm")
	if bucketKey, _ := rule.Text("BucketKeyEnabled"); algorithm != sseS3 || bucketKey == "true" {
		return nil, notImplemented("a default encryption but AES256: name the key of each object")
	}
	if err := checkRead(way, rule, root); err != nil {
		return nil, err
	}
	return f.sendDocument(ctx, struct {
		XMLName   xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ServerSideEncryptionConfiguration"`
		Algorithm string   `xml:"Rule>ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
		BucketKey bool     `xml:"Rule>BucketKeyEnabled"`
	}{Algorithm: sseS3})
}

// ownerEnforced: there are no ACLs, and all objects are the bucket owner's (S3 User Guide, "Controlling ownership of objects").
const ownerEnforced = "BucketOwnerEnforced"

func (f *forwarding) putOwnership(ctx context.Context) (*api.Response, error) {
	root, err := f.parsed("OwnershipControls")
	if err != nil {
		return nil, err
	}
	rule := root.One("Rule")
	if rule == nil {
		return nil, document.Malformed()
	}
	given, _ := rule.Text("ObjectOwnership")
	if err := checkRead(rule, root); err != nil {
		return nil, err
	}
	if given != ownerEnforced {
		return nil, notImplemented("ACLs: the ownership must be BucketOwnerEnforced")
	}
	return f.sendDocument(ctx, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ OwnershipControls"`
		Given   string   `xml:"Rule>ObjectOwnership"`
	}{Given: given})
}
