package iam

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

type keyElement struct {
	UserName, AccessKeyId, Status string
	SecretAccessKey               string `xml:",omitempty"`
	CreateDate                    string
}

func newKey(user string, k identity.AccessKey) keyElement {
	status := "Inactive"
	if k.Active {
		status = "Active"
	}
	return keyElement{UserName: user, AccessKeyId: k.ID, Status: status, CreateDate: timestamp(k.Created)}
}

func noSuchKey(id string) error {
	return api.Errorf(404, "NoSuchEntity", "The Access Key with id %s cannot be found.", id)
}

// changeKeys stores what change makes of the user called name.
func (q *query) changeKeys(name string, change func(*identity.User) error) error {
	return q.directory.Update(func(e *identity.Edit) error {
		user := e.User(name)
		if user == nil {
			return users.missing(name)
		}
		changed := user.Clone()
		if err := change(changed); err != nil {
			return err
		}
		e.PutUser(changed)
		return nil
	})
}

// createAccessKey: the answer alone has the secret.
func createAccessKey(q *query) (*plan, error) {
	name, err := q.ownName()
	return users.on(q, name, nil, func() (any, error) {
		key := q.sessions.NewKey(q.Now)
		e := newKey(name, key)
		err := q.changeKeys(name, func(user *identity.User) error {
			if len(user.Keys) == maxKeys {
				return limitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", maxKeys)
			}
			user.Keys = append(user.Keys, key)
			e.UserName, e.SecretAccessKey = user.Name, q.sessions.Secret(key.ID)
			return nil
		})
		return struct{ AccessKey keyElement }{e}, err
	}), err
}

func listAccessKeys(q *query) (*plan, error) {
	name, err := q.ownName()
	if err != nil {
		return nil, err
	}
	p, err := q.page()
	return users.on(q, name, nil, func() (any, error) {
		user, err := q.user(name)
		if err != nil {
			return nil, err
		}
		var all []keyElement
		for _, key := range user.Keys {
			all = append(all, newKey(user.Name, key))
		}
		keys, more := cutBehind(p, all, func(k keyElement) string { return k.AccessKeyId })
		return struct {
			AccessKeyMetadata members[keyElement]
			paging
		}{members[keyElement]{keys}, more}, nil
	}), err
}

// updateAccessKey makes a key active or inactive; requests that are signed with an inactive key are refused.
func updateAccessKey(q *query) (*plan, error) {
	name, err := q.ownName()
	if err != nil {
		return nil, err
	}
	id, status := q.Form.Get("AccessKeyId"), q.Form.Get("Status")
	if status != "Active" && status != "Inactive" {
		return nil, invalid("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value "+
			"set: [Active, Inactive]", status)
	}
	return q.onKey(name, id, func(user *identity.User, i int) { user.Keys[i].Active = status == "Active" }), nil
}

func deleteAccessKey(q *query) (*plan, error) {
	name, err := q.ownName()
	return q.onKey(name, q.Form.Get("AccessKeyId"), func(user *identity.User, i int) { user.Keys = slices.Delete(user.Keys, i, i+1) }), err
}

// onKey changes the key of a user.
func (q *query) onKey(name, id string, change func(user *identity.User, i int)) *plan {
	return users.on(q, name, nil, func() (any, error) {
		return nil, q.changeKeys(name, func(user *identity.User) error {
			i := user.Key(id)
			if i < 0 {
				return noSuchKey(id)
			}
			change(user, i)
			return nil
		})
	})
}

// getAccessKeyLastUsed also tells whose key it is. When it was used is kept until localaws ends.
func getAccessKeyLastUsed(q *query) (*plan, error) {
	id := q.Form.Get("AccessKeyId")
	user := q.snapshot.UserByKey(id)
	if user == nil {
		return q.on(q.arn("user", "/", ""), nil, func() (any, error) { return nil, noSuchKey(id) }), nil
	}
	return users.on(q, user.Name, nil, func() (any, error) {
		var result struct {
			UserName          string
			AccessKeyLastUsed struct {
				LastUsedDate        string `xml:",omitempty"`
				ServiceName, Region string
			}
		}
		result.UserName = user.Name
		last := &result.AccessKeyLastUsed
		last.ServiceName, last.Region = "N/A", "N/A"
		if use, used := q.sessions.LastUse(id); used {
			last.LastUsedDate, last.ServiceName, last.Region = timestamp(use.Time), use.Service, use.Region
		}
		return result, nil
	}), nil
}
