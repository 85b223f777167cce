package answer

import (
	"errors"
	"net/http"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	awsidentity "example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/s3/request"
	"example.com/shiptrack/infra/localaws/internal/s3/store"
	"example.com/shiptrack/infra/localaws/policy"
)

// bucketPolicy is a policy that was compiled from a document. The document that the store has may be another by now.
type bucketPolicy struct {
	document *store.Policy
	compiled policy.Named
}

// ofRoot are the actions on its policies that a bucket's policy cannot take from the account's root: else nobody could correct it
// (S3 API Reference, PutBucketPolicy).
var ofRoot = map[string]bool{"s3:GetBucketPolicy": true, "s3:PutBucketPolicy": true, "s3:DeleteBucketPolicy": true}

// guard makes the policy of the bucket that p is about count, if it has one.
func (a *asked) guard(p *api.Permission) error {
	name, inS3 := strings.CutPrefix(p.Resource, request.BucketARN(""))
	if name, _, _ = strings.Cut(name, "/"); !inS3 || a.Store == nil { // another endpoint's buckets have no policies
		return nil
	}
	b, err := a.Store.Bucket(name)
	switch {
	case errors.Is(err, store.ErrNoSuchBucket):
		return nil // who may not use it does not learn that it is not there
	case err != nil || b.Policy == nil:
		return err
	case a.req.Caller.Kind == awsidentity.Root && ofRoot[p.Action]:
		return nil
	}
	compiled, err := a.compile(b)
	if err == nil {
		p.ResourcePolicy = &compiled
	}
	return err
}

// compile compiles the policy of b, or takes the one that was compiled last. A policy that does not parse any more is an error: it may deny.
func (s *Answers) compile(b *store.Bucket) (policy.Named, error) {
	if kept, ok := s.policies.Load(b.Name); ok {
		if known := kept.(*bucketPolicy); known.document.Document == b.Policy.Document && sameBindings(known.document, b.Policy) {
			return known.compiled, nil
		}
	}
	parsed, err := policy.Parse([]byte(b.Policy.Document), policy.Resource)
	if err != nil {
		return policy.Named{}, err
	}
	compiled := policy.Named{Name: "policy of bucket " + b.Name, Policy: parsed.Bind(b.Policy.Principals)}
	s.policies.Store(b.Name, &bucketPolicy{b.Policy, compiled})
	return compiled, nil
}

func sameBindings(a, b *store.Policy) bool {
	for name, id := range a.Principals { // the same document names as many
		if b.Principals[name] != id {
			return false
		}
	}
	return true
}

func putBucketPolicy(a *asked) (*api.Response, error) {
	body, err := a.body()
	if err != nil {
		return nil, err
	}
	parsed, err := policy.Parse(body, policy.Resource)
	if err != nil {
		return nil, malformedPolicy("%s", err.Error())
	}
	if err := a.checkScope(parsed); err != nil {
		return nil, err
	}
	bindings, err := a.Roles.Snapshot().Bind(parsed)
	if err != nil {
		return nil, malformedPolicy("Invalid principal in policy")
	}
	return &api.Response{Status: http.StatusNoContent}, a.Store.ChangeBucket(a.Bucket, func(s *store.Settings) error {
		if s.PublicAccessBlock != nil && s.PublicAccessBlock.BlockPublicPolicy && isPublic(parsed) {
			return api.Errorf(http.StatusForbidden, "AccessDenied",
				"User: %s is not authorized to perform: s3:PutBucketPolicy on resource: %q because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
				a.req.Caller.ARN, request.BucketARN(a.Bucket))
		}
		s.Policy = &store.Policy{Document: string(body), Principals: bindings}
		return nil
	})
}

func malformedPolicy(format string, args ...any) error {
	return api.Errorf(http.StatusBadRequest, "MalformedPolicy", format, args...)
}

// checkScope: a policy speaks of its own bucket alone, and of actions of S3.
func (a *asked) checkScope(p *policy.Policy) error {
	own := request.BucketARN(a.Bucket)
	for _, clause := range p.Clauses() {
		for _, action := range clause.Actions {
			if service, _, _ := strings.Cut(action.Source, ":"); action.Source != "*" && !strings.EqualFold(service, "s3") {
				return malformedPolicy("Policy has invalid action")
			}
		}
		for _, resource := range clause.Resources {
			if resource.Source != own && !strings.HasPrefix(resource.Source, own+"/") {
				return malformedPolicy("Policy has invalid resource")
			}
		}
	}
	return nil
}

// policyOf is the policy of the bucket, as a document that shows whom it names by their ARNs of now.
func (a *asked) policyOf() (string, error) {
	b, err := a.Store.Bucket(a.Bucket)
	if err != nil {
		return "", err
	}
	if b.Policy == nil {
		return "", api.Errorf(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	return a.Roles.Snapshot().Show(b.Policy.Document, b.Policy.Principals), nil
}

func getBucketPolicy(a *asked) (*api.Response, error) {
	document, err := a.policyOf()
	return &api.Response{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(document)}, err
}

func getBucketPolicyStatus(a *asked) (*api.Response, error) {
	document, err := a.policyOf()
	if err != nil {
		return nil, err
	}
	parsed, err := policy.Parse([]byte(document), policy.Resource)
	if err != nil {
		return nil, err
	}
	return documentOf("PolicyStatus", struct{ IsPublic bool }{isPublic(parsed)})
}

func deleteBucketPolicy(a *asked) (*api.Response, error) {
	return a.change(http.StatusNoContent, func(s *store.Settings) { s.Policy = nil })
}
