package answer

import "example.com/shiptrack/infra/localaws/internal/api"

func getBucketACL(a *asked) (*api.Response, error) {
	if _, err := a.Store.Bucket(a.Bucket); err != nil {
		return nil, err
	}
	return a.ownersList()
}

func getObjectACL(a *asked) (*api.Response, error) {
	o, err := a.object()
	if err != nil {
		return nil, err
	}
	response, err := a.ownersList()
	return withVersion(response, o), err
}

// ownersList is the one ACL that there is where the bucket's owner owns all objects: all for the owner (S3 User Guide, "Controlling ownership of
// objects").
func (a *asked) ownersList() (*api.Response, error) {
	type grantee struct {
		Namespace string `xml:"xmlns:xsi,attr"`
		Type      string `xml:"xsi:type,attr"`
		*owner
	}
	type grant struct {
		Grantee    grantee
		Permission string
	}
	type list struct{ Grant grant }
	return documentOf("AccessControlPolicy", struct {
		Owner             *owner
		AccessControlList list
	}{ownerOf(a.req.Account), list{grant{grantee{"http://www.w3.org/2001/XMLSchema-instance", "CanonicalUser", ownerOf(a.req.Account)}, "FULL_CONTROL"}}})
}
