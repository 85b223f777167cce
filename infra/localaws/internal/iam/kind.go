package iam

import (
	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// kind is roles or users: what the operations on both have in common is written once, for the identity.Entity within.
type kind struct {
	noun      string // in messages and ARNs: "role"
	title     string // in names of parameters and quotas: "Role"
	idPrefix  string // of unique ids
	maxInline int    // characters of all inline policies of one, without white space
	find      func(*identity.Snapshot, string) *identity.Entity
	// edit returns the entity of a copy, or nil, and what puts the copy in place.
	edit func(*identity.Edit, string) (*identity.Entity, func())
}

var roles = kind{
	noun: "role", title: "Role", idPrefix: "AROA", maxInline: maxRoleInline,
	find: func(s *identity.Snapshot, name string) *identity.Entity {
		if role := s.Role(name); role != nil {
			return &role.Entity
		}
		return nil
	},
	edit: func(e *identity.Edit, name string) (*identity.Entity, func()) {
		role := e.Role(name)
		if role == nil {
			return nil, nil
		}
		changed := role.Clone()
		return &changed.Entity, func() { e.PutRole(changed) }
	},
}

var users = kind{
	noun: "user", title: "User", idPrefix: "AIDA", maxInline: maxUserInline,
	find: func(s *identity.Snapshot, name string) *identity.Entity {
		if user := s.User(name); user != nil {
			return &user.Entity
		}
		return nil
	},
	edit: func(e *identity.Edit, name string) (*identity.Entity, func()) {
		user := e.User(name)
		if user == nil {
			return nil, nil
		}
		changed := user.Clone()
		return &changed.Entity, func() { e.PutUser(changed) }
	},
}

// entityNames are the members of an answer that name a role or a user; one of them is set.
type entityNames struct {
	RoleName string `xml:",omitempty"`
	UserName string `xml:",omitempty"`
}

func (k kind) names(name string) entityNames {
	if k.noun == "user" {
		return entityNames{UserName: name}
	}
	return entityNames{RoleName: name}
}

// name takes the parameter RoleName or UserName.
func (k kind) name(q *query) (string, error) { return q.name(k.title+"Name", maxEntityName) }

// on asks for the request's own action on the role or user called name, even if there is none: a denial is the same in both cases.
func (k kind) on(q *query, name string, keys *policy.Context, answer func() (any, error)) *plan {
	if keys == nil {
		keys = new(policy.Context)
	}
	asked := q.arn(k.noun, "/", name)
	entity := k.find(q.snapshot, name)
	if entity == nil {
		return q.on(asked, keys, answer)
	}
	setResourceTags(keys, entity.Tags)
	p := q.on(entity.ARN, keys, answer)
	p.permissions[0].Asked = asked
	return p
}

// list answers a page of what the role or user has.
func (k kind) list(q *query, answer func(page, *identity.Entity) any) (*plan, error) {
	name, err := k.name(q)
	if err != nil {
		return nil, err
	}
	p, err := q.page()
	return k.on(q, name, nil, func() (any, error) {
		entity, err := k.get(q, name)
		if err != nil {
			return nil, err
		}
		return answer(p, entity), nil
	}), err
}

// get returns the role or user called name, as it is now.
func (k kind) get(q *query, name string) (*identity.Entity, error) {
	if entity := k.find(q.directory.Snapshot(), name); entity != nil {
		return entity, nil
	}
	return nil, k.missing(name)
}

// change stores what do makes of the role or user called name.
func (k kind) change(q *query, name string, do func(*identity.Edit, *identity.Entity) error) error {
	return q.directory.Update(func(e *identity.Edit) error {
		entity, put := k.edit(e, name)
		if entity == nil {
			return k.missing(name)
		}
		if err := do(e, entity); err != nil {
			return err
		}
		put()
		return nil
	})
}

func (k kind) missing(name string) error {
	return api.Errorf(404, "NoSuchEntity", "The "+k.noun+" with name %s cannot be found.", name)
}

// checkBoundary refuses a new role or user whose boundary is not there.
func checkBoundary(e *identity.Edit, entity *identity.Entity) error {
	if entity.Boundary != "" && e.Policy(entity.Boundary) == nil {
		return notAttachable(entity.Boundary)
	}
	return nil
}

// deletable refuses an entity that still has policies.
func deletable(entity *identity.Entity) error {
	switch {
	case len(entity.Inline) > 0:
		return api.Errorf(409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	case len(entity.Attached) > 0:
		return api.Errorf(409, "DeleteConflict", "Cannot delete entity, must detach all policies first.")
	}
	return nil
}

// newEntity reads what CreateRole and CreateUser have in common.
func (k kind) newEntity(q *query) (identity.Entity, error) {
	name, err := k.name(q)
	if err != nil {
		return identity.Entity{}, err
	}
	path, err := q.path()
	if err != nil {
		return identity.Entity{}, err
	}
	tags, err := api.ReadTags(q.Form, "InvalidInput")
	if err != nil {
		return identity.Entity{}, err
	}
	boundary, err := q.optionalPolicyARN("PermissionsBoundary")
	return identity.Entity{
		Name: name, Path: path, ID: identity.NewID(k.idPrefix, 17), ARN: q.arn(k.noun, path, name), Created: q.Now.UTC(),
		Tags: tags, Boundary: boundary,
	}, err
}

// create asks for what creates entity: its tags need the permission to tag, too.
func (k kind) create(q *query, entity *identity.Entity, answer func() (any, error)) *plan {
	keys := requestTagKeys(entity.Tags)
	if entity.Boundary != "" {
		keys.Set("iam:PermissionsBoundary", entity.Boundary)
	}
	p := q.on(entity.ARN, keys, answer)
	if len(entity.Tags) > 0 {
		p.permissions = append(p.permissions, api.Permission{Action: "iam:Tag" + k.title, Resource: entity.ARN, Context: keys})
	}
	return p
}
