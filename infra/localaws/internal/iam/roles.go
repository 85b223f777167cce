package iam

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

func createRole(q *query) (*plan, error) {
	role, err := q.newRole()
	if err != nil {
		return nil, err
	}
	keys := requestTagKeys(role.Tags)
	if role.Boundary != "" {
		keys.Set("iam:PermissionsBoundary", role.Boundary)
	}
	p := q.on(role.ARN, keys, func() (any, error) {
		err := q.directory.Update(func(e *identity.Edit) error {
			if e.Role(role.Name) != nil {
				return api.Errorf(409, "EntityAlreadyExists", "Role with name %s already exists.", role.Name)
			}
			if role.Boundary != "" && e.Policy(role.Boundary) == nil {
				return notAttachable(role.Boundary)
			}
			e.PutRole(role)
			return nil
		})
		return struct{ Role roleElement }{newRole(role)}, err
	})
	if len(role.Tags) > 0 { // tagging at creation needs iam:TagRole too
		p.permissions = append(p.permissions, api.Permission{Action: "iam:TagRole", Resource: role.ARN, Context: keys})
	}
	return p, nil
}

func (q *query) newRole() (*identity.Role, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	path, err := q.path()
	if err != nil {
		return nil, err
	}
	trust, err := q.document("AssumeRolePolicyDocument", policy.Trust, trustQuota)
	if err != nil {
		return nil, err
	}
	duration, _, err := q.sessionDuration()
	if err != nil {
		return nil, err
	}
	tags, err := api.ReadTags(q.Form, "InvalidInput")
	if err != nil {
		return nil, err
	}
	role := &identity.Role{
		Name: name, Path: path, ID: identity.NewID("AROA", 17), ARN: q.arn("role", path, name),
		Description: q.Form.Get("Description"), Created: q.Now.UTC(), MaxSession: duration, Tags: tags, Trust: trust,
	}
	role.Boundary, err = q.optionalPolicyARN("PermissionsBoundary")
	return role, err
}

// requestTagKeys are the condition keys of tags that a request sets.
func requestTagKeys(tags []identity.Tag) *policy.Context {
	c := new(policy.Context)
	names := make([]string, len(tags))
	for i, tag := range tags {
		c.Set("aws:RequestTag/"+tag.Key, tag.Value)
		names[i] = tag.Key
	}
	if len(names) > 0 {
		c.SetAll("aws:TagKeys", names)
	}
	return c
}

func getRole(q *query) (*plan, error) {
	name, err := q.roleName()
	return q.onRole(name, nil, func() (any, error) {
		role, err := q.role(name)
		if err != nil {
			return nil, err
		}
		return struct{ Role roleElement }{newRole(role)}, nil
	}), err
}

func listRoles(q *query) (*plan, error) {
	prefix := q.Form.Get("PathPrefix")
	p, err := q.page()
	return q.on(q.arn("role", "/", strings.TrimPrefix(prefix, "/")), nil, func() (any, error) {
		var all []roleElement
		for _, role := range q.directory.Snapshot().Roles() {
			if strings.HasPrefix(role.Path, prefix) {
				all = append(all, newRole(role))
			}
		}
		roles, more := cut(p, all, func(r roleElement) string { return r.RoleName })
		return struct {
			Roles members[roleElement]
			paging
		}{members[roleElement]{roles}, more}, nil
	}), err
}

func updateRole(q *query) (*plan, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	description, describe := q.Form.Take("Description")
	duration, prolong, err := q.sessionDuration()
	return q.onRole(name, nil, func() (any, error) {
		return struct{}{}, q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			if describe {
				role.Description = description
			}
			if prolong {
				role.MaxSession = duration
			}
			return nil
		})
	}), err
}

func deleteRole(q *query) (*plan, error) {
	name, err := q.roleName()
	return q.onRole(name, nil, func() (any, error) {
		return nil, q.directory.Update(func(e *identity.Edit) error {
			role := e.Role(name)
			switch {
			case role == nil:
				return noSuchRole(name)
			case len(role.Inline) > 0:
				return api.Errorf(409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
			case len(role.Attached) > 0:
				return api.Errorf(409, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
			}
			e.RemoveRole(name)
			return nil
		})
	}), err
}

func updateAssumeRolePolicy(q *query) (*plan, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	trust, err := q.document("PolicyDocument", policy.Trust, trustQuota)
	return q.onRole(name, nil, func() (any, error) {
		return nil, q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			role.Trust = trust
			return nil
		})
	}), err
}

func listInstanceProfilesForRole(q *query) (*plan, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	_, err = q.page()
	return q.onRole(name, nil, func() (any, error) {
		_, err := q.role(name)
		return struct {
			InstanceProfiles members[struct{}]
			paging
		}{}, err
	}), err
}

func tagRole(q *query) (*plan, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	tags, err := api.ReadTags(q.Form, "InvalidInput")
	return q.onRole(name, requestTagKeys(tags), func() (any, error) {
		return nil, q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			for _, tag := range tags {
				if i := identity.FindTag(role.Tags, tag.Key); i >= 0 {
					role.Tags[i] = tag
				} else {
					role.Tags = append(role.Tags, tag)
				}
			}
			if len(role.Tags) > maxRoleTags {
				return limitExceeded("Cannot exceed quota for TagsPerRole: %d", maxRoleTags)
			}
			return nil
		})
	}), err
}

func untagRole(q *query) (*plan, error) {
	name, err := q.roleName()
	if err != nil {
		return nil, err
	}
	names := q.Form.List("TagKeys")
	keys := new(policy.Context)
	keys.SetAll("aws:TagKeys", names)
	return q.onRole(name, keys, func() (any, error) {
		return nil, q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			for _, key := range names {
				if i := identity.FindTag(role.Tags, key); i >= 0 {
					role.Tags = append(role.Tags[:i], role.Tags[i+1:]...)
				}
			}
			return nil
		})
	}), nil
}

func listRoleTags(q *query) (*plan, error) {
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
		tags, more := cut(p, sortedTags(role.Tags), func(t tagElement) string { return t.Key })
		return struct {
			Tags members[tagElement]
			paging
		}{members[tagElement]{tags}, more}, nil
	}), err
}
