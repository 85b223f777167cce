package answer

import (
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/document"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// ownerEnforced: there are no ACLs, and all objects are the bucket owner's (S3 User Guide, "Controlling ownership of objects").
const ownerEnforced = "BucketOwnerEnforced"

// firstSettings are those of a new bucket (S3 User Guide, "Default settings for new S3 buckets").
func (a *asked) firstSettings() (store.Settings, error) {
	if given := a.header("X-Amz-Object-Ownership"); given != "" {
		if err := checkOwnership(given); err != nil {
			return store.Settings{}, err
		}
	}
	if locked := a.header("X-Amz-Bucket-Object-Lock-Enabled"); locked != "" && locked != "false" {
		return store.Settings{}, without("Object Lock")
	}
	return store.Settings{Ownership: ownerEnforced, PublicAccessBlock: &store.PublicAccessBlock{
		BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true,
	}}, nil
}

// document reads the body of a request, which must be what its checksum headers say, as a document whose root is called root.
func (a *asked) document(root string) (*document.Node, error) {
	body, err := a.body()
	if err != nil {
		return nil, err
	}
	return document.Parse(body, root)
}

// body reads the body of a request, which must be what its checksum headers say.
func (a *asked) body() ([]byte, error) {
	sums, err := checksum.Demanded(a.req.Header, false)
	if err != nil {
		return nil, err
	}
	body, err := a.req.HTTP.Body.All(maxDocument)
	if err != nil {
		return nil, err
	}
	_, _ = sums.Write(body) // a hash never fails
	return body, sums.Check(a.req.HTTP.Body.Trailer)
}

// change changes the settings of the bucket, and answers with status.
func (a *asked) change(status int, change func(*store.Settings)) (*api.Response, error) {
	return &api.Response{Status: status}, a.Store.ChangeBucket(a.Bucket, func(s *store.Settings) error {
		change(s)
		return nil
	})
}

func getVersioning(a *asked) (*api.Response, error) {
	b, err := a.Store.Bucket(a.Bucket)
	if err != nil {
		return nil, err
	}
	return documentOf("VersioningConfiguration", struct {
		Status string `xml:",omitempty"`
	}{b.Versioning})
}

func putVersioning(a *asked) (*api.Response, error) {
	root, err := a.document("VersioningConfiguration")
	if err != nil {
		return nil, err
	}
	status, _ := root.Text("Status")
	mfa, hasMFA := root.Text("MfaDelete")
	if err := root.Check(); err != nil {
		return nil, err
	}
	switch {
	case hasMFA && mfa != "Disabled":
		return nil, without("MFA delete")
	case status != store.VersioningEnabled && status != store.VersioningSuspended:
		return nil, api.Errorf(http.StatusBadRequest, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	}
	return a.change(http.StatusOK, func(s *store.Settings) { s.Versioning = status })
}

func getPublicAccessBlock(a *asked) (*api.Response, error) {
	b, err := a.Store.Bucket(a.Bucket)
	if err != nil {
		return nil, err
	}
	if b.PublicAccessBlock == nil {
		return nil, api.Errorf(http.StatusNotFound, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	return documentOf("PublicAccessBlockConfiguration", b.PublicAccessBlock)
}

func putPublicAccessBlock(a *asked) (*api.Response, error) {
	root, err := a.document("PublicAccessBlockConfiguration")
	if err != nil {
		return nil, err
	}
	block := new(store.PublicAccessBlock)
	for name, to := range map[string]*bool{
		"BlockPublicAcls": &block.BlockPublicAcls, "IgnorePublicAcls": &block.IgnorePublicAcls,
		"BlockPublicPolicy": &block.BlockPublicPolicy, "RestrictPublicBuckets": &block.RestrictPublicBuckets,
	} {
		text, has := root.Text(name)
		switch {
		case !has:
		case text == "true" || text == "TRUE":
			*to = true
		case text != "false" && text != "FALSE":
			return nil, document.Malformed()
		}
	}
	if err := root.Check(); err != nil {
		return nil, err
	}
	return a.change(http.StatusOK, func(s *store.Settings) { s.PublicAccessBlock = block })
}

func deletePublicAccessBlock(a *asked) (*api.Response, error) {
	return a.change(http.StatusNoContent, func(s *store.Settings) { s.PublicAccessBlock = nil })
}

func getOwnership(a *asked) (*api.Response, error) {
	b, err := a.Store.Bucket(a.Bucket)
	if err != nil {
		return nil, err
	}
	if b.Ownership == "" {
		return nil, api.Errorf(http.StatusNotFound, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
	}
	type rule struct{ ObjectOwnership string }
	return documentOf("OwnershipControls", struct{ Rule rule }{rule{b.Ownership}})
}

func putOwnership(a *asked) (*api.Response, error) {
	root, err := a.document("OwnershipControls")
	if err != nil {
		return nil, err
	}
	rule := root.One("Rule")
	if rule == nil {
		return nil, document.Malformed()
	}
	given, _ := rule.Text("ObjectOwnership")
	for _, node := range []*document.Node{rule, root} {
		if err := node.Check(); err != nil {
			return nil, err
		}
	}
	if err := checkOwnership(given); err != nil {
		return nil, err
	}
	return a.change(http.StatusOK, func(s *store.Settings) { s.Ownership = given })
}

func checkOwnership(given string) error {
	switch given {
	case ownerEnforced:
		return nil
	case "BucketOwnerPreferred", "ObjectWriter":
		return without("ACLs: the ownership must be BucketOwnerEnforced")
	}
	return document.Malformed()
}

func deleteOwnership(a *asked) (*api.Response, error) {
	return a.change(http.StatusNoContent, func(s *store.Settings) { s.Ownership = "" })
}

// without is the answer to what localaws does not have.
func without(what string) error {
	return api.Errorf(http.StatusNotImplemented, "NotImplemented", "A header or an element that you provided implies functionality that is not implemented: localaws does not have %s.", api.Own(what))
}
