package kms

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// target is a key that a request names.
type target struct {
	*key
	arn   string
	alias string // by which it was named; empty: by its id or its ARN
}

// keyIDPattern is a key id: a UUID, or that of a multi-region key, of which localaws has none.
var keyIDPattern = regexp.MustCompile(`^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$`)

const maxKeyID = 2048 // characters

// key resolves a key id, a key ARN, an alias or its ARN, found in the named member. KMS resolves before it authorizes, so a key
// that does not exist is a NotFoundException for everybody.
func (r *reading) key(member, given string) (*target, error) {
	name, err := r.local(member, given)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(name, "alias/") {
		return r.keyOf(name)
	}
	a := r.store.alias(name)
	if a == nil {
		return nil, aliasNotFound(r.place().aliasARN(name))
	}
	t, err := r.keyOf(a.KeyID)
	if err != nil {
		return nil, err
	}
	t.alias = name
	return t, nil
}

// keyByID is key for operations that take no alias.
func (r *reading) keyByID(member, given string) (*target, error) {
	name, err := r.local(member, given)
	if err != nil {
		return nil, err
	}
	return r.keyOf(name)
}

func (r *reading) keyOf(id string) (*target, error) {
	if !keyIDPattern.MatchString(id) {
		return nil, notFound("Invalid keyId '%s'", id)
	}
	arn := r.place().keyARN(id)
	k := r.store.key(id)
	if k == nil {
		return nil, keyNotFound(arn)
	}
	return &target{key: k, arn: arn}, nil
}

// local returns what given names in this region and account: a key id, or alias/NAME.
func (r *reading) local(member, given string) (string, error) {
	switch {
	case given == "":
		return "", missing(member)
	case utf8.RuneCountInString(given) > maxKeyID:
		return "", constraint("'"+given+"'", member, "Member must have length less than or equal to 2048")
	case !strings.HasPrefix(given, "arn:"):
		return given, nil
	}
	parts := strings.SplitN(given, ":", 6)
	if len(parts) != 6 || parts[1] != "aws" || parts[2] != "kms" {
		return "", notFound("Invalid arn %s", given)
	}
	if parts[3] != r.req.Region {
		return "", notFound("Invalid arn %s", parts[3])
	}
	if id, isKey := strings.CutPrefix(parts[5], "key/"); isKey && parts[4] == r.req.Account {
		return id, nil
	}
	if strings.HasPrefix(parts[5], "alias/") && parts[4] == r.req.Account {
		return parts[5], nil
	}
	return "", keyNotFound(given)
}
