package kms

import (
	"strconv"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// reading is one request while it is read.
type reading struct {
	req         *api.Request
	store       *store
	directory   *identity.Directory
	permissions []api.Permission
}

// operation reads a request: it adds the permissions that the request needs, and returns its answer.
type operation func(*reading) (answer, error)

// answer performs a request whose permissions are all allowed. It returns what to marshal as the body; nil: nothing.
type answer func() (any, error)

func (r *reading) place() place { return placeOf(r.req) }

func (r *reading) decode(into any) error { return awsjson.Decode(r.req.Body, into) }

// onKey adds the permission for an action on a key, which the key's policy decides too, and returns its condition keys.
func (r *reading) onKey(action string, t *target) *policy.Context {
	keys := r.newContext()
	setTags(keys, "aws:ResourceTag/", t.Tags)
	if names := r.store.aliasesOf(t.ID); len(names) > 0 {
		keys.SetAll("kms:ResourceAliases", names)
	}
	if t.alias != "" {
		keys.Set("kms:RequestAlias", t.alias)
	}
	setKind(keys)
	r.permissions = append(r.permissions, api.Permission{
		Action: "kms:" + action, Resource: t.arn, Context: keys, KeyPolicy: &t.compiled,
	})
	return keys
}

// on adds the permission for an action on a resource that has no policy of its own: an alias, or "*".
func (r *reading) on(action, resource string) *policy.Context {
	keys := r.newContext()
	r.permissions = append(r.permissions, api.Permission{Action: "kms:" + action, Resource: resource, Context: keys})
	return keys
}

func (r *reading) newContext() *policy.Context {
	keys := new(policy.Context)
	keys.Set("kms:CallerAccount", r.req.Caller.Account)
	return keys
}

// setKind sets the condition keys of what all keys here are.
func setKind(keys *policy.Context) {
	keys.Set("kms:KeySpec", symmetric)
	keys.Set("kms:KeyUsage", encryptDecrypt)
	keys.Set("kms:KeyOrigin", originKMS)
	keys.Set("kms:MultiRegion", strconv.FormatBool(false))
}

// setTags gives each tag its condition key.
func setTags(keys *policy.Context, prefix string, tags []identity.Tag) {
	for _, tag := range tags {
		keys.SetOnce(prefix+tag.Key, tag.Value)
	}
}

// gone is the answer where a key went between the decision and the answer.
func (t *target) gone() error { return keyNotFound(t.arn) }

// change changes the key that was read.
func (r *reading) change(t *target, do func(*key) error) error {
	return r.store.change(t.ID, t.gone(), do)
}
