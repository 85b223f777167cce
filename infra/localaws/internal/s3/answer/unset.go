package answer

import (
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// unset are operations on settings that no bucket of localaws has. Terraform and others read them all: they are answered as AWS does for a
// bucket whose owner has not set them.
var unset = map[string]func(*asked) (*api.Response, error){
	"GetBucketCors":                      missing("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
	"GetBucketWebsite":                   missing("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"),
	"GetBucketLifecycleConfiguration":    missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
	"GetBucketReplication":               missing("ReplicationConfigurationNotFoundError", "The replication configuration was not found"),
	"GetObjectLockConfiguration":         missing("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"),
	"GetBucketLogging":                   empty("BucketLoggingStatus", struct{}{}),
	"GetBucketNotificationConfiguration": empty("NotificationConfiguration", struct{}{}),
	"GetBucketAccelerateConfiguration":   empty("AccelerateConfiguration", struct{}{}),
	"GetBucketRequestPayment":            empty("RequestPaymentConfiguration", struct{ Payer string }{"BucketOwner"}),
	"GetBucketAcl":                       getBucketACL,

	"DeleteBucketCors":                   removed,
	"DeleteBucketWebsite":                removed,
	"DeleteBucketLifecycleConfiguration": removed,
	"DeleteBucketReplication":            removed,
}

func missing(code, message string) func(*asked) (*api.Response, error) {
	return func(a *asked) (*api.Response, error) {
		if _, err := a.Store.Bucket(a.Bucket); err != nil {
			return nil, err
		}
		return nil, api.Errorf(http.StatusNotFound, code, "%s", api.Own(message))
	}
}

func empty(name string, value any) func(*asked) (*api.Response, error) {
	return func(a *asked) (*api.Response, error) {
		if _, err := a.Store.Bucket(a.Bucket); err != nil {
			return nil, err
		}
		return documentOf(name, value)
	}
}

// removed: what is not there is removed without an error.
func removed(a *asked) (*api.Response, error) {
	_, err := a.Store.Bucket(a.Bucket)
	return &api.Response{Status: http.StatusNoContent}, err
}
