package answer

import (
	"cmp"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/checksum"
	"example.com/shiptrack/infra/localaws/internal/s3/document"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

func deleteObject(a *asked) (*api.Response, error) {
	removal := a.removal(a.Key, a.Query["versionId"])
	if a.header("If-Match") != "" {
		removal.Check = a.mayReplace
	}
	marker, removed, err := a.Store.Remove(removal)
	response := &api.Response{Status: http.StatusNoContent, Header: http.Header{}}
	if removal.Version != "" {
		response.Header.Set("X-Amz-Version-Id", removal.Version)
	}
	if marker != nil {
		response.Header.Set("X-Amz-Version-Id", marker.VersionID())
	}
	if marker != nil || removed != nil && removed.Deleted {
		response.Header.Set("X-Amz-Delete-Marker", "true")
	}
	return response, err
}

func (a *asked) removal(key, version string) *store.Removal {
	return &store.Removal{Bucket: a.Bucket, Key: key, Version: version, Now: a.Now().UTC()}
}

// Limits of DeleteObjects (S3 API Reference, DeleteObjects).
const (
	maxDeleted    = 1000
	maxDeleteBody = 2 << 20 // bytes
)

// doomed is an object that DeleteObjects names.
type doomed struct{ key, version string }

// readDeleteObjects reads which objects are to be deleted: each needs a permission of its own.
func readDeleteObjects(a *asked) (func(*asked) (*api.Response, error), error) {
	all, quiet, err := a.readDelete()
	return func(a *asked) (*api.Response, error) { return deleteObjects(a, all, quiet) }, err
}

func (a *asked) readDelete() (all []doomed, quiet bool, err error) {
	sums, err := checksum.Demanded(a.req.Header, false)
	if err != nil {
		return nil, false, err
	}
	if !sums.IsDemanded() {
		return nil, false, invalidRequest("Missing required header for this request: Content-MD5")
	}
	body, err := a.req.HTTP.Body.All(maxDeleteBody)
	if err != nil {
		return nil, false, err
	}
	_, _ = sums.Write(body)
	if err := sums.Check(a.req.HTTP.Body.Trailer); err != nil {
		return nil, false, err
	}
	return parseDelete(body)
}

func parseDelete(body []byte) (all []doomed, quiet bool, err error) {
	root, err := document.Parse(body, "Delete")
	if err != nil {
		return nil, false, err
	}
	said, _ := root.Text("Quiet")
	for _, node := range root.All("Object") {
		var one doomed
		one.key, _ = node.Text("Key")
		one.version, _ = node.Text("VersionId")
		for _, condition := range []string{"ETag", "LastModifiedTime", "Size"} {
			if _, has := node.Text(condition); has {
				return nil, false, api.Errorf(http.StatusNotImplemented, "NotImplemented", "localaws does not have conditions in DeleteObjects.")
			}
		}
		if err := node.Check(); err != nil {
			return nil, false, err
		}
		if one.key == "" {
			return nil, false, api.Errorf(http.StatusBadRequest, "UserKeyMustBeSpecified", "The bucket POST must contain the specified field name. If it is specified, check the order of the fields.")
		}
		if err := request.CheckKey(one.key); err != nil {
			return nil, false, err
		}
		all = append(all, one)
	}
	if len(all) == 0 || len(all) > maxDeleted || said != "" && said != "true" && said != "false" {
		return nil, false, document.Malformed()
	}
	return all, said == "true", root.Check()
}

type deleted struct {
	Key                   string
	VersionId             string `xml:",omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionId string `xml:",omitempty"`
}

type notDeleted struct {
	Key       string
	VersionId string `xml:",omitempty"`
	Code      string
	Message   string
}

func deleteObjects(a *asked, all []doomed, quiet bool) (*api.Response, error) {
	if _, err := a.Store.Bucket(a.Bucket); err != nil {
		return nil, a.hidden(err, all)
	}
	var out struct {
		Deleted []deleted
		Error   []notDeleted
	}
	var removals []*store.Removal
	for _, one := range all {
		if denied := a.mayDelete(one, len(all)); denied != nil {
			out.Error = append(out.Error, notDeleted{one.key, one.version, "AccessDenied", denied.Error()})
			continue
		}
		removals = append(removals, a.removal(one.key, one.version))
	}
	done, err := a.Store.RemoveAll(removals)
	if err != nil {
		return nil, err
	}
	for i, r := range removals {
		if !quiet {
			out.Deleted = append(out.Deleted, newDeleted(r, done[i]))
		}
	}
	return documentOf("DeleteResult", out)
}

func newDeleted(r *store.Removal, done store.Removed) deleted {
	d := deleted{Key: r.Key, VersionId: r.Version}
	marker := done.Marker
	if done.Removed != nil && done.Removed.Deleted {
		marker = done.Removed
	}
	if marker != nil {
		d.DeleteMarker, d.DeleteMarkerVersionId = true, marker.VersionID()
	}
	return d
}

// hidden is err, about the bucket, for a caller that may delete at least one of the objects; else the first denial.
func (a *asked) hidden(err error, all []doomed) error {
	var denied error
	for _, one := range all {
		why := a.mayDelete(one, len(all))
		if why == nil {
			return err
		}
		if denied == nil {
			denied = why
		}
	}
	return denied
}

func (a *asked) mayDelete(one doomed, among int) error {
	action := "DeleteObject"
	if one.version != "" {
		action = "DeleteObjectVersion"
	}
	p := a.permission(action, one.key)
	if one.version != "" {
		p.Context.Set("s3:VersionId", one.version)
	}
	if !request.Bypasses(a.req.Header) {
		return a.decide(&p, among)
	}
	bypass := a.permission("BypassGovernanceRetention", one.key)
	return cmp.Or(a.decide(&p, 2*among), a.decide(&bypass, 2*among))
}
