package answer

import (
	"errors"
	"maps"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
	"example.com/shiptrack/infra/localaws/policy"
)

// seesTags are the actions for which s3:ExistingObjectTag/KEY is set (Service Authorization Reference, S3). S3 does not have it for what puts
// and deletes objects.
var seesTags = map[string]bool{
	"s3:GetObject": true, "s3:GetObjectVersion": true, "s3:GetObjectAcl": true, "s3:GetObjectVersionAcl": true,
	"s3:GetObjectTagging": true, "s3:GetObjectVersionTagging": true, "s3:PutObjectTagging": true, "s3:PutObjectVersionTagging": true,
	"s3:DeleteObjectTagging": true, "s3:DeleteObjectVersionTagging": true, "s3:PutObjectAcl": true, "s3:PutObjectVersionAcl": true,
}

// identity names an object, or a version of it where version is not empty.
type identity struct{ bucket, key, version string }

func (a *asked) own() identity { return identity{a.Bucket, a.Key, a.Query["versionId"]} }

func (a *asked) ofSource() identity {
	return identity{a.Source.Bucket, a.Source.Key, a.Source.VersionID}
}

// named is the object that a permission is about: the request's own, or the one that it copies.
func (a *asked) named(p *api.Permission) identity {
	s := a.Source
	if s == nil || p.Resource != request.ObjectARN(s.Bucket, s.Key) || p.Action != "s3:GetObject" && p.Action != "s3:GetObjectVersion" {
		return a.own()
	}
	if p.Action == "s3:GetObject" && s.VersionID != "" { // on the copy itself
		return a.own()
	}
	return a.ofSource()
}

// setExistingTags gives the policies the tags of the objects that a request is about.
func (a *asked) setExistingTags() error {
	for i := range a.Permissions {
		p := &a.Permissions[i]
		if !seesTags[p.Action] {
			continue
		}
		id := a.named(p)
		o, err := a.stored(id)
		if err != nil && !isMissing(err) {
			return err
		}
		if a.seen == nil {
			a.seen = map[identity]map[string]string{}
		}
		a.seen[id] = setExistingTags(p.Context, o)
	}
	return nil
}

// setExistingTags returns the tags that it sets.
func setExistingTags(keys *policy.Context, o *store.Object) map[string]string {
	if o == nil {
		return nil
	}
	for key, value := range o.Tags {
		keys.SetOnce("s3:ExistingObjectTag/"+key, value)
	}
	return o.Tags
}

func (a *asked) stored(id identity) (*store.Object, error) {
	if id.version == "" {
		return a.Store.Object(id.bucket, id.key)
	}
	return a.Store.Version(id.bucket, id.key, id.version)
}

func isMissing(err error) bool {
	return errors.Is(err, store.ErrNoSuchKey) || errors.Is(err, store.ErrNoSuchVersion) || errors.Is(err, store.ErrNoSuchBucket)
}

// checkSeen refuses an object whose tags are not those that the policies have seen: it was changed meanwhile.
func (a *asked) checkSeen(id identity, o *store.Object) error {
	if seen, looked := a.seen[id]; looked && !maps.Equal(seen, o.Tags) {
		return aborted()
	}
	return nil
}

func aborted() error {
	return api.Errorf(http.StatusConflict, "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Try again.")
}

func getObjectTagging(a *asked) (*api.Response, error) {
	o, err := a.object()
	if err != nil {
		return nil, err
	}
	response, err := taggingOf(sortedTags(o.Tags))
	return withVersion(response, o), err
}

// withVersion says of which version an answer is.
func withVersion(response *api.Response, o *store.Object) *api.Response {
	if response != nil {
		response.Header = http.Header{}
		setVersion(response.Header, o)
	}
	return response
}

// readPutObjectTagging reads the tags before anything is decided: policies see them as s3:RequestObjectTag/KEY.
func readPutObjectTagging(a *asked) (func(*asked) (*api.Response, error), error) {
	tags, err := a.readTags(maxObjectTags)
	if err != nil {
		return nil, err
	}
	for _, p := range a.Permissions {
		setRequestTags(p.Context, tags)
	}
	return func(a *asked) (*api.Response, error) { return a.putTags(http.StatusOK, tagMap(tags)) }, nil
}

func setRequestTags(keys *policy.Context, tags []store.Tag) {
	names := make([]string, 0, len(tags))
	for _, tag := range tags {
		keys.SetOnce("s3:RequestObjectTag/"+tag.Key, tag.Value)
		names = append(names, tag.Key)
	}
	if len(names) > 0 {
		keys.SetAll("s3:RequestObjectTagKeys", names)
	}
}

func deleteObjectTagging(a *asked) (*api.Response, error) {
	return a.putTags(http.StatusNoContent, nil)
}

func (a *asked) putTags(status int, tags map[string]string) (*api.Response, error) {
	if _, err := a.object(); err != nil { // who may not list the bucket does not learn that the object is not there
		return nil, err
	}
	o, err := a.Store.ChangeTags(a.Bucket, a.Key, a.Query["versionId"], tags, func(o *store.Object) error { return a.checkSeen(a.own(), o) })
	if err != nil {
		return nil, err
	}
	return withVersion(&api.Response{Status: status}, o), nil
}
