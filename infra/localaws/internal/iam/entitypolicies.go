package iam

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// boundaryKey is iam:PermissionsBoundary, the boundary that the role or user has.
func (k kind) boundaryKey(q *query, name string) *policy.Context {
	c := new(policy.Context)
	if entity := k.find(q.snapshot, name); entity != nil && entity.Boundary != "" {
		c.Set("iam:PermissionsBoundary", entity.Boundary)
	}
	return c
}

// inline takes the names of a role or user and of an inline policy.
func (k kind) inline(q *query) (name, document string, err error) {
	if name, err = k.name(q); err != nil {
		return "", "", err
	}
	document, err = q.name("PolicyName", maxPolicyNameLength)
	return name, document, err
}

func (k kind) putPolicy(q *query) (*plan, error) {
	name, policyName, err := k.inline(q)
	if err != nil {
		return nil, err
	}
	text, err := q.document("PolicyDocument", policy.Identity, inlineQuota)
	return k.on(q, name, k.boundaryKey(q, name), func() (any, error) {
		return nil, k.change(q, name, func(_ *identity.Edit, entity *identity.Entity) error {
			document := identity.Document{Name: policyName, Text: text}
			if i := entity.InlinePolicy(policyName); i >= 0 {
				entity.Inline[i] = document
			} else {
				entity.Inline = append(entity.Inline, document)
			}
			return k.settleInline(entity)
		})
	}), err
}

// settleInline orders the inline policies of a role or user and holds their sum to the quota.
func (k kind) settleInline(entity *identity.Entity) error {
	slices.SortFunc(entity.Inline, func(a, b identity.Document) int { return strings.Compare(a.Name, b.Name) })
	total := 0
	for _, d := range entity.Inline {
		total += size(d.Text)
	}
	if total > k.maxInline {
		return limitExceeded("Maximum policy size of %d bytes exceeded for "+k.noun+" %s", k.maxInline, entity.Name)
	}
	return nil
}

func (k kind) getPolicy(q *query) (*plan, error) {
	name, policyName, err := k.inline(q)
	return k.on(q, name, nil, func() (any, error) {
		entity, err := k.get(q, name)
		if err != nil {
			return nil, err
		}
		i := entity.InlinePolicy(policyName)
		if i < 0 {
			return nil, k.noSuchInline(policyName)
		}
		return struct {
			entityNames
			PolicyName, PolicyDocument string
		}{k.names(entity.Name), policyName, encoded(entity.Inline[i].Text)}, nil
	}), err
}

func (k kind) noSuchInline(policyName string) error {
	return api.Errorf(404, "NoSuchEntity", "The "+k.noun+" policy with name %s cannot be found.", policyName)
}

func (k kind) listPolicies(q *query) (*plan, error) {
	return k.list(q, func(p page, entity *identity.Entity) any {
		names := make([]string, len(entity.Inline))
		for i, document := range entity.Inline {
			names[i] = document.Name
		}
		names, more := cut(p, names, func(s string) string { return s })
		return struct {
			PolicyNames members[string]
			paging
		}{members[string]{names}, more}
	})
}

func (k kind) deletePolicy(q *query) (*plan, error) {
	name, policyName, err := k.inline(q)
	return k.on(q, name, k.boundaryKey(q, name), func() (any, error) {
		return nil, k.change(q, name, func(_ *identity.Edit, entity *identity.Entity) error {
			i := entity.InlinePolicy(policyName)
			if i < 0 {
				return k.noSuchInline(policyName)
			}
			entity.Inline = slices.Delete(entity.Inline, i, i+1)
			return nil
		})
	}), err
}

// attachment takes the name of a role or user and a managed policy's ARN, and forms their condition keys.
func (k kind) attachment(q *query) (name, arn string, keys *policy.Context, err error) {
	if name, err = k.name(q); err != nil {
		return "", "", nil, err
	}
	arn, err = q.policyARN("PolicyArn")
	keys = k.boundaryKey(q, name)
	keys.Set("iam:PolicyARN", arn)
	return name, arn, keys, err
}

func (k kind) attachPolicy(q *query) (*plan, error) {
	name, arn, keys, err := k.attachment(q)
	return k.on(q, name, keys, func() (any, error) {
		return nil, k.change(q, name, func(e *identity.Edit, entity *identity.Entity) error {
			switch {
			case e.Policy(arn) == nil:
				return notAttachable(arn)
			case slices.Contains(entity.Attached, arn):
				return nil
			case len(entity.Attached) == maxAttached:
				return limitExceeded("Cannot exceed quota for PoliciesPer"+k.title+": %d", maxAttached)
			}
			entity.Attached = append(entity.Attached, arn)
			return nil
		})
	}), err
}

func notAttachable(arn string) error {
	if identity.IsAWSManaged(arn) {
		return api.Errorf(404, "NoSuchEntity", "Policy %s does not exist or is not attachable: localaws has only some of the managed policies of AWS "+
			"(aws iam list-policies --scope AWS lists them). Attach a policy of your own in its place.", arn)
	}
	return api.Errorf(404, "NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
}

func (k kind) detachPolicy(q *query) (*plan, error) {
	name, arn, keys, err := k.attachment(q)
	return k.on(q, name, keys, func() (any, error) {
		return nil, k.change(q, name, func(_ *identity.Edit, entity *identity.Entity) error {
			i := slices.Index(entity.Attached, arn)
			if i < 0 {
				return noSuchPolicy(arn)
			}
			entity.Attached = slices.Delete(entity.Attached, i, i+1)
			return nil
		})
	}), err
}

func (k kind) listAttachedPolicies(q *query) (*plan, error) {
	prefix := q.Form.Get("PathPrefix")
	return k.list(q, func(p page, entity *identity.Entity) any {
		var all []attachedElement
		for _, arn := range slices.Sorted(slices.Values(entity.Attached)) {
			if m := q.snapshot.Policy(arn); m == nil || strings.HasPrefix(m.Path, prefix) {
				all = append(all, attachedElement{policyName(arn), arn})
			}
		}
		policies, more := cut(p, all, func(a attachedElement) string { return a.PolicyArn })
		return struct {
			AttachedPolicies members[attachedElement]
			paging
		}{members[attachedElement]{policies}, more}
	})
}

func (k kind) putBoundary(q *query) (*plan, error) {
	name, err := k.name(q)
	if err != nil {
		return nil, err
	}
	arn, err := q.policyARN("PermissionsBoundary")
	keys := new(policy.Context)
	keys.Set("iam:PermissionsBoundary", arn)
	return k.on(q, name, keys, func() (any, error) {
		return nil, k.change(q, name, func(e *identity.Edit, entity *identity.Entity) error {
			if e.Policy(arn) == nil {
				return notAttachable(arn)
			}
			entity.Boundary = arn
			return nil
		})
	}), err
}

func (k kind) deleteBoundary(q *query) (*plan, error) {
	name, err := k.name(q)
	return k.on(q, name, k.boundaryKey(q, name), func() (any, error) {
		return nil, k.change(q, name, func(_ *identity.Edit, entity *identity.Entity) error {
			if entity.Boundary == "" {
				return api.Errorf(404, "NoSuchEntity", k.title+" %s does not have a permissions boundary.", name)
			}
			entity.Boundary = ""
			return nil
		})
	}), err
}
