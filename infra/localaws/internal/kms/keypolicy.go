package kms

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// defaultPolicy is the key policy of a key that is created without one: it gives nobody a permission, but makes the IAM policies of
// the account count (KMS Developer Guide, "Default key policy").
func (r *reading) defaultPolicy() string {
	return fmt.Sprintf(`{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::%s:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`, r.req.Account)
}

// iamOnly are condition keys that count in IAM policies alone, not in key policies (KMS Developer Guide, "ABAC for AWS KMS"). A key
// policy that looks at one is refused, so that its author does not take it for a guard.
var iamOnly = []string{"aws:resourcetag/", "kms:resourcealiases"}

// maxPolicy is how long a key policy may be, in bytes, white space included (KMS Developer Guide, "Resource quotas").
const maxPolicy = 32 << 10

// setPolicy gives k a key policy that a request brings, and binds its principals to the account's roles and users of now.
func (k *key) setPolicy(document string, account *identity.Snapshot) error {
	if len(document) > maxPolicy {
		return exception("LimitExceededException", "The key policy has %d bytes, more than %d", len(document), maxPolicy)
	}
	compiled, err := parseKeyPolicy(document)
	if err != nil {
		return malformedPolicy(err)
	}
	if k.Principals, err = account.Bind(compiled); err != nil {
		e := exception("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")
		e.Reason = "The key policy names a role or a user that does not exist"
		return e
	}
	k.Policy = document
	return k.compile()
}

func parseKeyPolicy(document string) (*policy.Policy, error) {
	compiled, err := policy.Parse([]byte(document), policy.Key)
	if err != nil {
		return nil, err
	}
	for _, name := range compiled.Keys() {
		for _, prefix := range iamOnly {
			if strings.HasPrefix(strings.ToLower(name), prefix) {
				return nil, fmt.Errorf("the condition key %s is for IAM policies only, not for key policies", name)
			}
		}
	}
	return compiled, nil
}

func malformedPolicy(err error) error {
	e := exception("MalformedPolicyDocumentException", "%s", err.Error())
	e.Reason = "The key policy is malformed"
	if malformed, ok := errors.AsType[*policy.MalformedError](err); ok && malformed.Position != (policy.Position{}) {
		e.Reason += fmt.Sprintf(" at line %d, column %d", malformed.Position.Line, malformed.Position.Column)
	}
	return e
}

func readGetKeyPolicy(r *reading) (answer, error) {
	var in struct{ KeyId, PolicyName string }
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	r.onKey("GetKeyPolicy", t)
	return func() (any, error) {
		shown := r.directory.Snapshot().Show(t.Policy, t.Principals)
		return struct{ Policy, PolicyName string }{shown, defaultPolicyName}, checkPolicyName(in.PolicyName)
	}, nil
}

func readPutKeyPolicy(r *reading) (answer, error) {
	var in struct {
		KeyId, PolicyName              string
		Policy                         *string
		BypassPolicyLockoutSafetyCheck bool
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if in.Policy == nil {
		return nil, missing("policy")
	}
	t, err := r.keyByID("keyId", in.KeyId)
	if err != nil {
		return nil, err
	}
	keys := r.onKey("PutKeyPolicy", t)
	keys.Set("kms:BypassPolicyLockoutSafetyCheck", strconv.FormatBool(in.BypassPolicyLockoutSafetyCheck))
	return func() (any, error) {
		if err := checkPolicyName(in.PolicyName); err != nil {
			return nil, err
		}
		return nil, r.change(t, func(k *key) error {
			if err := k.setPolicy(*in.Policy, r.directory.Snapshot()); err != nil {
				return err
			}
			return r.checkLockout(k.compiled, t.arn, in.BypassPolicyLockoutSafetyCheck, keys)
		})
	}, nil
}
