package answer

import (
	"errors"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/document"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
)

// defaultRegion is the one that S3's documents leave out.
const defaultRegion = "us-east-1"

func createBucket(a *asked) (*api.Response, error) {
	if err := a.checkWritten(); err != nil {
		return nil, err
	}
	if err := a.checkLocation(); err != nil {
		return nil, err
	}
	settings, err := a.firstSettings()
	if err != nil {
		return nil, err
	}
	err = a.Store.CreateBucket(&store.Bucket{Name: a.Bucket, Created: a.Now().UTC(), Settings: settings})
	if errors.Is(err, store.ErrBucketExists) && a.req.Region == defaultRegion {
		err = nil // S3 API Reference, CreateBucket: in us-east-1 the owner may create it again
	}
	if errors.Is(err, store.ErrBucketExists) {
		return nil, api.Errorf(http.StatusConflict, "BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
	}
	return &api.Response{Header: http.Header{"Location": {"/" + a.Bucket}}}, err
}

// checkLocation reads CreateBucketConfiguration. The bucket is to be in localaws' region.
func (a *asked) checkLocation() error {
	body, err := a.req.HTTP.Body.All(maxDocument)
	if err != nil {
		return err
	}
	given := ""
	if len(body) > 0 {
		root, err := document.Parse(body, "CreateBucketConfiguration")
		if err != nil {
			return err
		}
		given, _ = root.Text("LocationConstraint")
		if err := root.Check(); err != nil {
			return err
		}
	}
	switch {
	case a.req.Region == defaultRegion && given == "", a.req.Region != defaultRegion && given == a.req.Region:
		return nil
	case a.req.Region == defaultRegion:
		return api.Errorf(http.StatusBadRequest, "InvalidLocationConstraint", "The specified location-constraint is not valid")
	}
	return api.Errorf(http.StatusBadRequest, "IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", given)
}

func headBucket(a *asked) (*api.Response, error) {
	_, err := a.Store.Bucket(a.Bucket)
	return &api.Response{Header: http.Header{"X-Amz-Bucket-Region": {a.req.Region}}}, err
}

func deleteBucket(a *asked) (*api.Response, error) {
	return &api.Response{Status: http.StatusNoContent}, a.Store.DeleteBucket(a.Bucket)
}

func getBucketLocation(a *asked) (*api.Response, error) {
	if _, err := a.Store.Bucket(a.Bucket); err != nil {
		return nil, err
	}
	region := a.req.Region
	if region == defaultRegion {
		region = ""
	}
	return documentOf("LocationConstraint", region)
}
