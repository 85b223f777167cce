// Package tenant holds the tenant's ID, to which every row, credential and log line belongs, and carries
// it in a context. It never guesses: a context without a tenant gives an error, and no string becomes an
// ID without passing Parse.
package tenant

import (
	"context"
	"errors"
	"fmt"
)

// MinLength and MaxLength bound an ID, in bytes (all of its characters are ASCII).
const (
	MinLength = 3
	MaxLength = 32
)

// ErrMissing says that a context carries no tenant. It is a bug in the caller, never the user's fault.
var ErrMissing = errors.New("tenant: the context carries no tenant")

// ErrInvalid says that a text is not a tenant ID.
var ErrInvalid = errors.New("tenant: not a tenant id")

// ID is a tenant's identifier, ^[a-z][a-z0-9]{2,31}$. The form is narrower than what an STS session tag
// may hold (which allows '/', ':', '*' in some services and the empty string), because the same ID also
// becomes a DynamoDB partition key, an index name and an S3 prefix. The zero ID is no tenant.
type ID struct{ value string }

// Parse returns the ID that s spells, or an error that is ErrInvalid. The error does not repeat s, which
// may come from an attacker and end in a log.
func Parse(s string) (ID, error) {
	if len(s) < MinLength || len(s) > MaxLength {
		return ID{}, fmt.Errorf("%w: %d bytes long, want %d to %d", ErrInvalid, len(s), MinLength, MaxLength)
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z':
		case c >= '0' && c <= '9' && i > 0:
		default:
			return ID{}, fmt.Errorf("%w: byte %d is not allowed there, want ^[a-z][a-z0-9]{2,31}$", ErrInvalid, i)
		}
	}
	return ID{value: s}, nil
}

// String returns the ID's text; it is empty for the zero ID only.
func (id ID) String() string { return id.value }

// IsZero reports whether id is no tenant at all.
func (id ID) IsZero() bool { return id.value == "" }

type contextKey struct{}

// NewContext returns a copy of ctx that carries id. Only the code that has just verified whose request
// it is may call it.
func NewContext(ctx context.Context, id ID) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// FromContext returns the tenant that ctx carries, or ErrMissing where there is none.
func FromContext(ctx context.Context) (ID, error) {
	id, ok := ctx.Value(contextKey{}).(ID)
	if !ok || id.IsZero() {
		return ID{}, ErrMissing
	}
	return id, nil
}
