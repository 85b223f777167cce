package answer

import (
	"strconv"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
	"example.com/shiptrack/infra/localaws/policy"
)

// permission is one for an action on the request's bucket, or on a key in it.
func (a *asked) permission(action, key string) api.Permission {
	resource := request.BucketARN(a.Bucket)
	if key != "" {
		resource = request.ObjectARN(a.Bucket, key)
	}
	return a.permissionOn(action, resource)
}

func (a *asked) permissionOn(action, resource string) api.Permission {
	p := api.Permission{Action: "s3:" + action, Resource: resource, Context: new(policy.Context)}
	SetSignature(p.Context, a.req)
	return p
}

// decide decides p, which only the answer can name; see api.Request.Decide.
func (a *asked) decide(p *api.Permission, among int) error {
	if err := a.guard(p); err != nil {
		return err
	}
	return a.req.Decide(p, among)
}

// SetSignature sets the condition keys of how a request is signed (S3 API Reference, "Amazon S3 Signature Version 4 authentication specific policy
// keys"), and of who owns the bucket.
func SetSignature(keys *policy.Context, req *api.Request) {
	keys.Set("s3:ResourceAccount", req.Account)
	keys.Set("s3:signatureversion", "AWS4-HMAC-SHA256")
	payload := req.HTTP.Payload
	if req.HTTP.Presigned {
		keys.Set("s3:authType", "REST-QUERY-STRING")
		keys.Set("s3:signatureAge", strconv.FormatInt(req.Now.Sub(req.HTTP.Signed).Milliseconds(), 10))
	} else {
		keys.Set("s3:authType", "REST-HEADER")
	}
	if payload == "" {
		payload = "UNSIGNED-PAYLOAD"
	}
	keys.Set("s3:x-amz-content-sha256", payload)
}
