package kms

import (
	"cmp"
	"strconv"
	"unicode/utf8"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/policy"
)

const maxDescription = 8192 // characters

func checkDescription(text string) error {
	if utf8.RuneCountInString(text) > maxDescription {
		return validation("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to %d", maxDescription)
	}
	return nil
}

type createKeyInput struct {
	Description, Policy                              string
	KeySpec, CustomerMasterKeySpec, KeyUsage, Origin string
	CustomKeyStoreId, XksKeyId                       string
	MultiRegion, BypassPolicyLockoutSafetyCheck      bool
	Tags                                             tagList
}

// readCreateKey: tags need kms:TagResource too. There is no key yet that a statement could name: both permissions are on "*"
// (KMS Developer Guide, "Controlling access to tags").
func readCreateKey(r *reading) (answer, error) {
	var in createKeyInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	tags, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	actions := []string{"CreateKey"}
	if len(tags) > 0 {
		actions = append(actions, "TagResource")
	}
	for _, action := range actions {
		keys := r.on(action, "*")
		setRequestTags(keys, tags)
		setKind(keys)
		keys.Set("kms:BypassPolicyLockoutSafetyCheck", strconv.FormatBool(in.BypassPolicyLockoutSafetyCheck))
	}
	return func() (any, error) {
		if err := in.supported(); err != nil {
			return nil, err
		}
		k := newKey(r.req.Now)
		k.Description, k.Tags = in.Description, tags
		if err := k.setPolicy(cmp.Or(in.Policy, r.defaultPolicy()), r.directory.Snapshot()); err != nil {
			return nil, err
		}
		arn := r.place().keyARN(k.ID)
		own := in.Policy == "" // "If you provide a key policy, it must meet the following criteria" (KMS API Reference, CreateKey)
		if err := r.checkLockout(k.compiled, arn, own || in.BypassPolicyLockoutSafetyCheck, r.permissions[0].Context); err != nil {
			return nil, err
		}
		return struct{ KeyMetadata *metadata }{k.describe(r.req.Account, arn)}, r.store.add(k)
	}, nil
}

// supported refuses what localaws does not have: all but symmetric keys whose material KMS makes.
func (in *createKeyInput) supported() error {
	for _, member := range []struct{ name, given, only string }{
		{"KeySpec", in.KeySpec, symmetric}, {"CustomerMasterKeySpec", in.CustomerMasterKeySpec, symmetric},
		{"KeyUsage", in.KeyUsage, encryptDecrypt}, {"Origin", in.Origin, originKMS},
	} {
		if member.given != "" && member.given != member.only {
			return unsupported("%s must be %s: localaws has no other keys", api.Own(member.name), api.Own(member.only))
		}
	}
	switch {
	case in.MultiRegion:
		return unsupported("localaws has one region, and so no multi-region keys")
	case in.CustomKeyStoreId != "" || in.XksKeyId != "":
		return noKeyStores()
	}
	return nil
}

// checkLockout refuses a key policy under which the caller could not change the key policy again, unless that is asked for.
func (r *reading) checkLockout(compiled policy.Named, arn string, bypass bool, keys *policy.Context) error {
	if bypass {
		return nil
	}
	caller := r.req.Caller
	again := policy.DecideKey(compiled, caller.Policies, &policy.Request{
		Action: "kms:PutKeyPolicy", Resource: arn, Context: keys, Caller: caller.PolicyCaller(),
	})
	if again.Effect != policy.Allow {
		return exception("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")
	}
	return nil
}

func readDescribeKey(r *reading) (answer, error) {
	var in struct {
		KeyId string
		special
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	t, err := r.key("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	r.onKey("DescribeKey", t)
	return func() (any, error) {
		return struct{ KeyMetadata *metadata }{t.describe(r.req.Account, t.arn)}, in.check()
	}, nil
}

func readUpdateKeyDescription(r *reading) (answer, error) {
	var in struct {
		KeyId       string
		Description *string
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if in.Description == nil {
		return nil, missing("description")
	}
	if err := checkDescription(*in.Description); err != nil {
		return nil, err
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	r.onKey("UpdateKeyDescription", t)
	return func() (any, error) {
		return nil, r.change(t, func(k *key) error {
			k.Description = *in.Description
			return k.notPending(t.arn)
		})
	}, nil
}
