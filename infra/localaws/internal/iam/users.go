package iam

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

func createUser(q *query) (*plan, error) {
	entity, err := users.newEntity(q)
	if err != nil {
		return nil, err
	}
	user := &identity.User{Entity: entity}
	return users.create(q, &user.Entity, func() (any, error) {
		err := q.directory.Update(func(e *identity.Edit) error {
			if e.User(user.Name) != nil {
				return userExists(user.Name)
			}
			if err := checkBoundary(e, &user.Entity); err != nil {
				return err
			}
			e.PutUser(user)
			return nil
		})
		return struct{ User userElement }{newUser(user)}, err
	}), nil
}

func userExists(name string) error {
	return api.Errorf(409, "EntityAlreadyExists", "User with name %s already exists.", name)
}

// ownName takes the parameter UserName; where it is absent, the caller asks for itself.
func (q *query) ownName() (string, error) {
	if q.Form.Has("UserName") {
		return users.name(q)
	}
	if q.Caller.Kind != identity.IAMUser {
		return "", invalid("Must specify userName when calling with non-User credentials")
	}
	return q.Caller.UserName, nil
}

// getUser: without a name it answers the caller, who may be the account's root.
func getUser(q *query) (*plan, error) {
	if q.Caller.Kind == identity.Root && !q.Form.Has("UserName") {
		return q.on(q.Caller.ARN, nil, func() (any, error) {
			return struct{ User userElement }{userElement{Path: "/", UserId: q.Account, Arn: q.Caller.ARN, CreateDate: timestamp(q.Now)}}, nil
		}), nil
	}
	name, err := q.ownName()
	return users.on(q, name, nil, func() (any, error) {
		user, err := q.user(name)
		if err != nil {
			return nil, err
		}
		return struct{ User userElement }{newUser(user)}, nil
	}), err
}

// listUsers: "this operation does not return PermissionsBoundary and Tags".
func listUsers(q *query) (*plan, error) {
	prefix := q.Form.Get("PathPrefix")
	p, err := q.page()
	return q.on(q.arn("user", "/", strings.TrimPrefix(prefix, "/")), nil, func() (any, error) {
		var all []userElement
		for _, user := range q.directory.Snapshot().Users() {
			if strings.HasPrefix(user.Path, prefix) {
				e := newUser(user)
				e.PermissionsBoundary, e.Tags = nil, nil
				all = append(all, e)
			}
		}
		list, more := cut(p, all, func(u userElement) string { return u.UserName })
		return struct {
			Users members[userElement]
			paging
		}{members[userElement]{list}, more}, nil
	}), err
}

// updateUser changes a user's name and path, and so its ARN; the unique id stays. "You must have the permission on both the source
// object and the target object" (IAM API reference, UpdateUser).
func updateUser(q *query) (*plan, error) {
	name, err := users.name(q)
	if err != nil {
		return nil, err
	}
	newName, renamed := q.Form.Take("NewUserName")
	if renamed {
		if err := checkName("NewUserName", newName, maxEntityName); err != nil {
			return nil, err
		}
	}
	newPath, moved, err := q.optionalPath("NewPath")
	if err != nil {
		return nil, err
	}
	target := q.arn("user", "/", name)
	if user := q.snapshot.User(name); user != nil {
		target = renamedUser(q, user, newName, newPath).ARN
	}
	p := users.on(q, name, nil, func() (any, error) { return nil, q.renameUser(name, newName, newPath) })
	if renamed || moved {
		keys := new(policy.Context)
		if user := q.snapshot.User(name); user != nil {
			setResourceTags(keys, user.Tags)
		}
		p.permissions = append(p.permissions, api.Permission{Action: "iam:UpdateUser", Resource: target, Context: keys})
	}
	return p, nil
}

// renamedUser returns a copy of user with another name and path; empty ones stay.
func renamedUser(q *query, user *identity.User, name, path string) *identity.User {
	changed := user.Clone()
	if name != "" {
		changed.Name = name
	}
	if path != "" {
		changed.Path = path
	}
	changed.ARN = q.arn("user", changed.Path, changed.Name)
	return changed
}

func (q *query) renameUser(name, newName, newPath string) error {
	return q.directory.Update(func(e *identity.Edit) error {
		user := e.User(name)
		if user == nil {
			return users.missing(name)
		}
		if other := e.User(newName); other != nil && other.ID != user.ID {
			return userExists(newName)
		}
		e.RemoveUser(name)
		e.PutUser(renamedUser(q, user, newName, newPath))
		return nil
	})
}

func deleteUser(q *query) (*plan, error) {
	name, err := users.name(q)
	return users.on(q, name, nil, func() (any, error) {
		return nil, q.directory.Update(func(e *identity.Edit) error {
			user := e.User(name)
			if user == nil {
				return users.missing(name)
			}
			if err := deletable(&user.Entity); err != nil {
				return err
			}
			if len(user.Keys) > 0 {
				return api.Errorf(409, "DeleteConflict", "Cannot delete entity, must delete access keys first.")
			}
			e.RemoveUser(name)
			return nil
		})
	}), err
}

// user returns the user called name, as it is now.
func (q *query) user(name string) (*identity.User, error) {
	if user := q.directory.Snapshot().User(name); user != nil {
		return user, nil
	}
	return nil, users.missing(name)
}

// noneOf answers a list of what localaws' users never have, such as groups. AWS answers the same for a user without them.
func noneOf(list string) func(*query) (*plan, error) {
	return func(q *query) (*plan, error) {
		name, err := q.ownName()
		if err != nil {
			return nil, err
		}
		_, err = q.page()
		return users.on(q, name, nil, func() (any, error) {
			_, err := q.user(name)
			return emptyList{name: list}, err
		}), err
	}
}

// noVirtualMFADevices answers the list of the account's.
func noVirtualMFADevices(q *query) (*plan, error) {
	_, err := q.page()
	return q.on("*", nil, func() (any, error) { return emptyList{name: "VirtualMFADevices"}, nil }), err
}

// noLoginProfile answers that a user has no password.
func noLoginProfile(q *query) (*plan, error) {
	name, err := q.ownName()
	return users.on(q, name, nil, func() (any, error) {
		if _, err := q.user(name); err != nil {
			return nil, err
		}
		return nil, api.Errorf(404, "NoSuchEntity", "Login Profile for User %s cannot be found.", name)
	}), err
}
