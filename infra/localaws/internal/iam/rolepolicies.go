package iam

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// boundaryKey is iam:PermissionsBoundary, the boundary that the role has.
func (q *query) boundaryKey(name string) *policy.Context {
	c := new(policy.Context)
	if role := q.snapshot.Role(name); role != nil && role.Boundary != "" {
		c.Set("iam:PermissionsBoundary", role.Boundary)
	}
	return c
}

// inline takes the names of a role and of an inline policy.
func (q *query) inline() (role, document string, err error) {
	if role, err = q.roleName(); err != nil {
		return "", "", err
	}
	document, err = q.name("PolicyName", maxPolicyNameLength)
	return role, document, err
}

func putRolePolicy(q *query) (*plan, error) {
	name, policyName, err := q.inline()
	if err != nil {
		return nil, err
	}
	text, err := q.document("PolicyDocument", policy.Identity, inlineQuota)
	return q.onRole(name, q.boundaryKey(name), func() (any, error) {
		return nil, q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			document := identity.Document{Name: policyName, Text: text}
			if i := role.InlinePolicy(policyName); i >= 0 {
				role.Inline[i] = document
			} else {
				role.Inline = append(role.Inline, document)
			}
			return settleInline(role)
		})
	}), err
}

// settleInline orders the inline policies of a role and holds their sum to the quota.
func settleInline(role *identity.Role) error {
	slices.SortFunc(role.Inline, func(a, b identity.Document) int { return strings.Compare(a.Name, b.Name) })
	total := 0
	for _, d := range role.Inline {
		total += size(d.Text)
	}
	if total > maxInline {
		return limitExceeded("Maximum policy size of %d bytes exceeded for role %s", maxInline, role.Name)
	}
	return nil
}

func getRolePolicy(q *query) (*plan, error) {
	name, policyName, err := q.inline()
	return q.onRole(name, nil, func() (any, error) {
		role, err := q.role(name)
		if err != nil {
			return nil, err
		}
		i := role.InlinePolicy(policyName)
		if i < 0 {
			return nil, noSuchInline(policyName)
		}
		return struct{ RoleName, PolicyName, PolicyDocument string }{
			role.Name, policyName, encoded(role.Inline[i].Text),
		}, nil
	}), err
}

func noSuchInline(policyName string) error {
	return api.Errorf(404, "NoSuchEntity", "The role policy with name %s cannot be found.", policyName)
}

func listRolePolicies(q *query) (*plan, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	p, err := q.page()
	return q.onRole(name, nil, func() (any, error) {
		role, err := q.role(name)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(role.Inline))
		for i, document := range role.Inline {
			names[i] = document.Name
		}
		names, more := cut(p, names, func(s string) string { return s })
		return struct {
			PolicyNames members[string]
			paging
		}{members[string]{names}, more}, nil
	}), err
}

func deleteRolePolicy(q *query) (*plan, error) {
	name, policyName, err := q.inline()
	return q.onRole(name, q.boundaryKey(name), func() (any, error) {
		return nil, q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			i := role.InlinePolicy(policyName)
			if i < 0 {
				return noSuchInline(policyName)
			}
			role.Inline = slices.Delete(role.Inline, i, i+1)
			return nil
		})
	}), err
}

// attachment takes a role's name and a managed policy's ARN, and forms their condition keys.
func (q *query) attachment() (role, arn string, keys *policy.Context, err error) {
	if role, err = q.roleName(); err != nil {
		return "", "", nil, err
	}
	arn, err = q.policyARN("PolicyArn")
	keys = q.boundaryKey(role)
	keys.Set("iam:PolicyARN", arn)
	return role, arn, keys, err
}

func attachRolePolicy(q *query) (*plan, error) {
	name, arn, keys, err := q.attachment()
	return q.onRole(name, keys, func() (any, error) {
		return nil, q.changeRole(name, func(e *identity.Edit, role *identity.Role) error {
			switch {
			case e.Policy(arn) == nil:
				return notAttachable(arn)
			case slices.Contains(role.Attached, arn):
				return nil
			case len(role.Attached) == maxAttached:
				return limitExceeded("Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
			}
			role.Attached = append(role.Attached, arn)
			return nil
		})
	}), err
}

func notAttachable(arn string) error {
	return api.Errorf(404, "NoSuchEntity", "Policy %s does not exist or is not attachable.", arn)
}

func detachRolePolicy(q *query) (*plan, error) {
	name, arn, keys, err := q.attachment()
	return q.onRole(name, keys, func() (any, error) {
		return nil, q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			i := slices.Index(role.Attached, arn)
			if i < 0 {
				return noSuchPolicy(arn)
			}
			role.Attached = slices.Delete(role.Attached, i, i+1)
			return nil
		})
	}), err
}

func listAttachedRolePolicies(q *query) (*plan, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	prefix := q.Form.Get("PathPrefix")
	p, err := q.page()
	type attached struct{ PolicyName, PolicyArn string }
	return q.onRole(name, nil, func() (any, error) {
		role, err := q.role(name)
		if err != nil {
			return nil, err
		}
		var all []attached
		for _, arn := range slices.Sorted(slices.Values(role.Attached)) {
			if m := q.snapshot.Policy(arn); m == nil || strings.HasPrefix(m.Path, prefix) {
				all = append(all, attached{policyName(arn), arn})
			}
		}
		policies, more := cut(p, all, func(a attached) string { return a.PolicyArn })
		return struct {
			AttachedPolicies members[attached]
			paging
		}{members[attached]{policies}, more}, nil
	}), err
}

func putRolePermissionsBoundary(q *query) (*plan, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	arn, err := q.policyARN("PermissionsBoundary")
	keys := new(policy.Context)
	keys.Set("iam:PermissionsBoundary", arn)
	return q.onRole(name, keys, func() (any, error) {
		return nil, q.changeRole(name, func(e *identity.Edit, role *identity.Role) error {
			if e.Policy(arn) == nil {
				return notAttachable(arn)
			}
			role.Boundary = arn
			return nil
		})
	}), err
}

func deleteRolePermissionsBoundary(q *query) (*plan, error) {
	name, err := q.roleName()
	return q.onRole(name, q.boundaryKey(name), func() (any, error) {
		return nil, q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			if role.Boundary == "" {
				return api.Errorf(404, "NoSuchEntity", "Role %s does not have a permissions boundary.", name)
			}
			role.Boundary = ""
			return nil
		})
	}), err
}
