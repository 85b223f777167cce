// Package tenant holds the tenant's ID, to which every row, credential and log line belongs, and carries
// it in a context. It never guesses: a context without a tenant gives an error, and no string becomes an
// ID without passing Parse, or Encode for issuers whose ids have another form.
//
// # The form
//
// An ID is 2 to 63 of a-z, 0-9 and '-', and its first and last byte is a letter or a digit (Pattern). UUIDs
// and DNS labels in lower case fit. The form is narrower than that of an STS session tag, which may hold '/',
// ':' and upper case and may be empty, because the same ID becomes a DynamoDB partition key, an index name and
// an S3 prefix as well. It stands in an STS session name of 64 characters with one byte to spare.
//
// An ID may begin with another tenant's ID: acme and acme-eu are two tenants. So nothing may look for an ID with a
// prefix that ends in the ID or in '-'. What follows an ID begins with a byte that IDs never hold ('/' in an S3
// key, '@' in a session name), or the whole name is spelled (<tenant>-shipments).
//
// # Encoded ids
//
// Some issuers' ids look otherwise: org_aBc, 00oXyZ, example.com. Encode takes them as they are. It encodes every
// id that it is given, also one that has the form already. Do not choose per id: were an id encoded only where it
// does not fit, the tenant whose id is "mfrgg" would meet the tenant whose id "abc" is encoded as "mfrgg". An
// issuer is encoded wholly or not at all.
//
// # Reserved ids
//
// IsolationCheck returns two IDs that hold a dot, so no token, file or request can name them.
package tenant

import (
	"context"
	"errors"
	"fmt"
)

// MinLength and MaxLength bound an ID, in bytes (all of its characters are ASCII).
const (
	MinLength = 2
	MaxLength = 63
)

// Pattern is the form of an ID as a regular expression, for documents and for tools in other languages. Form says
// the same in words.
const (
	Pattern = `^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`
	Form    = "2 to 63 of a-z, 0-9 and '-', the first and the last a letter or a digit"
)

// ErrMissing says that a context carries no tenant. It is a bug in the caller, never the user's fault.
var ErrMissing = errors.New("tenant: the context carries no tenant")

// ErrInvalid says that a text is not a tenant ID.
var ErrInvalid = errors.New("tenant: not a tenant id")

// ID is a tenant's identifier. Two IDs are equal (==) where they are the same tenant. The zero ID is no tenant.
type ID struct{ value string }

// Parse returns the ID that s spells, or an error that is ErrInvalid: it says what is wrong and which form is
// wanted. The error does not repeat s, which may come from an attacker and end in a log. Nothing is folded or
// trimmed: "Acme" and "acme " are refused.
func Parse(s string) (ID, error) {
	if fault := faultOf(s); fault != "" {
		return ID{}, fmt.Errorf("%w: %s; want %s", ErrInvalid, fault, Form)
	}
	return ID{value: s}, nil
}

// faultOf says what is wrong with s as an ID; it is empty where nothing is.
func faultOf(s string) string {
	if len(s) < MinLength || len(s) > MaxLength {
		return fmt.Sprintf("it has %d bytes", len(s))
	}
	for i := range len(s) {
		if !isLetterOrDigit(s[i]) && s[i] != '-' {
			return fmt.Sprintf("byte %d of %d is %s", i+1, len(s), kindOf(s[i]))
		}
	}
	if s[0] == '-' || s[len(s)-1] == '-' {
		return "it begins or ends with '-'"
	}
	return ""
}

func isLetterOrDigit(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// kindOf names the kind of a byte that no ID holds: enough to find the cause, too little to tell the text.
func kindOf(c byte) string {
	switch {
	case c >= 'A' && c <= 'Z':
		return "an upper-case letter"
	case c <= ' ' || c == 0x7f:
		return "a blank or a control character"
	case c > 0x7f:
		return "not ASCII"
	}
	return "a sign that ids do not hold"
}

// String returns the ID's text; it is empty for the zero ID only.
func (id ID) String() string { return id.value }

// IsZero reports whether id is no tenant at all.
func (id ID) IsZero() bool { return id.value == "" }

// MarshalText returns the ID's text, for JSON and other formats. The zero ID is an error that is ErrInvalid.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, fmt.Errorf("%w: the zero ID is no tenant", ErrInvalid)
	}
	return []byte(id.value), nil
}

// UnmarshalText sets id to the ID that text spells, as Parse does. On an error id is left alone.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

type contextKey struct{}

// carrier is a context that carries an ID, in one piece of memory: it is read at each call of AWS.
type carrier struct {
	context.Context
	id ID
}

// Value is context.Context's.
func (c *carrier) Value(key any) any {
	if key == (contextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// NewContext returns a copy of ctx that carries id. Only the code that has just verified whose request
// it is may call it.
func NewContext(ctx context.Context, id ID) context.Context { return &carrier{ctx, id} }

// FromContext returns the tenant that ctx carries, or ErrMissing where there is none.
func FromContext(ctx context.Context) (ID, error) {
	c, ok := ctx.Value(contextKey{}).(*carrier)
	if !ok || c.id.IsZero() {
		return ID{}, ErrMissing
	}
	return c.id, nil
}
