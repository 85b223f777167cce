package identity

import (
	"slices"
	"time"
)

// User is an IAM user. A User that was read from a Directory is shared and read-only; change a Clone.
type User struct {
	Entity
	Keys []AccessKey `json:"keys,omitzero"` // by their time of creation
}

// AccessKey is a key of a user. Its secret is derived from its id (Sessions.Secret), and so is not kept.
type AccessKey struct {
	ID      string    `json:"id"` // AKIA...
	Active  bool      `json:"active"`
	Created time.Time `json:"created"`
}

// Clone returns a copy that may be changed.
func (u *User) Clone() *User {
	c := *u
	c.Entity = u.clone()
	c.Keys = slices.Clone(u.Keys)
	return &c
}

// Key returns the index of the key with this id, or -1.
func (u *User) Key(id string) int {
	return slices.IndexFunc(u.Keys, func(k AccessKey) bool { return k.ID == id })
}
