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
	return roles.create(q, &role.Entity, func() (any, error) {
		err := q.directory.Update(func(e *identity.Edit) error {
			if e.Role(role.Name) != nil {
				return api.Errorf(409, "EntityAlreadyExists", "Role with name %s already exists.", role.Name)
			}
			if err := checkBoundary(e, &role.Entity); err != nil {
				return err
			}
			if err := e.BindTrust(role); err != nil {
				return err
			}
			e.PutRole(role)
			return nil
		})
		return struct{ Role roleElement }{newRole(role, q.directory.Snapshot())}, err
	}), nil
}

func (q *query) newRole() (*identity.Role, error) {
	entity, err := roles.newEntity(q)
	if err != nil {
		return nil, err
	}
	trust, err := q.document("AssumeRolePolicyDocument", policy.Trust, trustQuota)
	if err != nil {
		return nil, err
	}
	description, _, err := q.description()
	if err != nil {
		return nil, err
	}
	duration, _, err := q.sessionDuration()
	return &identity.Role{
		Entity: entity, Description: description, MaxSession: duration, Trust: trust,
	}, err
}

func getRole(q *query) (*plan, error) {
	name, err := roles.name(q)
	return roles.on(q, name, nil, func() (any, error) {
		role, err := q.role(name)
		if err != nil {
			return nil, err
		}
		e := newRole(role, q.directory.Snapshot())
		e.RoleLastUsed = &struct{}{} // not measured; empty stands for "not in the last 400 days"
		return struct{ Role roleElement }{e}, nil
	}), err
}

// listRoles: "this operation does not return PermissionsBoundary, RoleLastUsed and Tags".
func listRoles(q *query) (*plan, error) {
	prefix := q.Form.Get("PathPrefix")
	p, err := q.page()
	return q.on(q.arn("role", "/", strings.TrimPrefix(prefix, "/")), nil, func() (any, error) {
		snapshot := q.directory.Snapshot()
		var all []roleElement
		for _, role := range snapshot.Roles() {
			if strings.HasPrefix(role.Path, prefix) {
				e := newRole(role, snapshot)
				e.PermissionsBoundary, e.Tags = nil, nil
				all = append(all, e)
			}
		}
		list, more := cut(p, all, func(r roleElement) string { return r.RoleName })
		return struct {
			Roles members[roleElement]
			paging
		}{members[roleElement]{list}, more}, nil
	}), err
}

func updateRole(q *query) (*plan, error) {
	name, err := roles.name(q)
	if err != nil {
		return nil, err
	}
	description, describe, err := q.description()
	if err != nil {
		return nil, err
	}
	duration, prolong, err := q.sessionDuration()
	return roles.on(q, name, nil, func() (any, error) {
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

func updateRoleDescription(q *query) (*plan, error) {
	name, err := roles.name(q)
	if err != nil {
		return nil, err
	}
	if err := q.required("Description", "description"); err != nil {
		return nil, err
	}
	description, _, err := q.description()
	if err != nil {
		return nil, err
	}
	return roles.on(q, name, nil, func() (any, error) {
		var changed *identity.Role
		err := q.changeRole(name, func(_ *identity.Edit, role *identity.Role) error {
			role.Description, changed = description, role
			return nil
		})
		if err != nil {
			return nil, err
		}
		return struct{ Role roleElement }{newRole(changed, q.directory.Snapshot())}, nil
	}), nil
}

func deleteRole(q *query) (*plan, error) {
	name, err := roles.name(q)
	return roles.on(q, name, nil, func() (any, error) {
		return nil, q.directory.Update(func(e *identity.Edit) error {
			role := e.Role(name)
			if role == nil {
				return roles.missing(name)
			}
			if err := deletable(&role.Entity); err != nil {
				return err
			}
			e.RemoveRole(name)
			return nil
		})
	}), err
}

func updateAssumeRolePolicy(q *query) (*plan, error) {
	name, err := roles.name(q)
	if err != nil {
		return nil, err
	}
	trust, err := q.document("PolicyDocument", policy.Trust, trustQuota)
	return roles.on(q, name, nil, func() (any, error) {
		return nil, q.changeRole(name, func(e *identity.Edit, role *identity.Role) error {
			role.Trust = trust
			return e.BindTrust(role)
		})
	}), err
}

func listInstanceProfilesForRole(q *query) (*plan, error) {
	return roles.list(q, func(page, *identity.Entity) any { return emptyList{name: "InstanceProfiles"} })
}

// changeRole stores what change makes of the role called name.
func (q *query) changeRole(name string, change func(*identity.Edit, *identity.Role) error) error {
	return q.directory.Update(func(e *identity.Edit) error {
		role := e.Role(name)
		if role == nil {
			return roles.missing(name)
		}
		changed := role.Clone()
		if err := change(e, changed); err != nil {
			return err
		}
		e.PutRole(changed)
		return nil
	})
}

// role returns the role called name, as it is now.
func (q *query) role(name string) (*identity.Role, error) {
	if role := q.directory.Snapshot().Role(name); role != nil {
		return role, nil
	}
	return nil, roles.missing(name)
}
