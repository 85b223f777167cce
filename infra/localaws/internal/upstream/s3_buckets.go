package upstream

import (
	"context"
	"encoding/xml"
	"net/http"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/document"
)

// settings are those of buckets that the upstream keeps in the same meaning as localaws. A document whose meaning counts is written anew.
var settings = func() map[string]operation {
	passOn, passDocument := operation{forward: (*forwarding).passOn}, operation{(*forwarding).passDocument, true}
	return map[string]operation{
		"GetBucketLocation": passOn,

		"GetBucketVersioning":           passOn,
		"PutBucketVersioning":           {(*forwarding).putVersioning, true},
		"ListObjectVersions":            passOn,
		"GetBucketEncryption":           passOn,
		"PutBucketEncryption":           {(*forwarding).putEncryption, true},
		"DeleteBucketEncryption":        passOn,
		"GetPublicAccessBlock":          passOn,
		"PutPublicAccessBlock":          passDocument,
		"DeletePublicAccessBlock":       passOn,
		"GetBucketTagging":              passOn,
		"PutBucketTagging":              passDocument,
		"DeleteBucketTagging":           passOn,
		"GetBucketOwnershipControls":    passOn,
		"PutBucketOwnershipControls":    {(*forwarding).putOwnership, true},
		"DeleteBucketOwnershipControls": passOn,
	}
}()

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

// text reads the one element that a document may have, below these.
func (f *forwarding) text(root string, path ...string) (string, error) {
	body, err := f.document()
	if err != nil {
		return "", err
	}
	node, err := document.Parse(body, root)
	if err != nil {
		return "", err
	}
	nodes := []*document.Node{node}
	for _, name := range path[:len(path)-1] {
		if node = node.One(name); node == nil {
			return "", document.Malformed()
		}
		nodes = append(nodes, node)
	}
	text, _ := node.Text(path[len(path)-1])
	for _, node := range slices.Backward(nodes) {
		if err := node.Check(); err != nil {
			return "", err
		}
	}
	return text, nil
}

func (f *forwarding) putVersioning(ctx context.Context) (*api.Response, error) {
	status, err := f.text("VersioningConfiguration", "Status")
	if err != nil {
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
	algorithm, err := f.text("ServerSideEncryptionConfiguration", "Rule", "ApplyServerSideEncryptionByDefault", "SSEAlgorithm")
	if err != nil {
		return nil, err
	}
	if algorithm != sseS3 {
		return nil, notImplemented("a default encryption but AES256: name the key of each object")
	}
	return f.sendDocument(ctx, struct {
		XMLName   xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ServerSideEncryptionConfiguration"`
		Algorithm string   `xml:"Rule>ApplyServerSideEncryptionByDefault>SSEAlgorithm"`
	}{Algorithm: sseS3})
}

// ownerEnforced: there are no ACLs, and all objects are the bucket owner's (S3 User Guide, "Controlling ownership of objects").
const ownerEnforced = "BucketOwnerEnforced"

func (f *forwarding) putOwnership(ctx context.Context) (*api.Response, error) {
	given, err := f.text("OwnershipControls", "Rule", "ObjectOwnership")
	if err != nil {
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
