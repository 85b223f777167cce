package kms

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	maxAliasName  = 256 // characters, alias/ included
	maxKeyAliases = 50  // of one key (KMS Developer Guide, "Resource quotas")
)

var aliasPattern = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]+$`)

func checkAliasName(name string) error {
	switch {
	case name == "":
		return missing("aliasName")
	case !strings.HasPrefix(name, "alias/"):
		return validation("Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html")
	case utf8.RuneCountInString(name) > maxAliasName:
		return constraint("'"+name+"'", "aliasName", "Member must have length less than or equal to 256")
	case !aliasPattern.MatchString(name):
		return constraint("'"+name+"'", "aliasName", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$")
	case strings.HasPrefix(name, "alias/aws/"):
		return exception("InvalidAliasNameException", "The prefix alias/aws/ is reserved for AWS managed keys")
	}
	return nil
}

type aliasInput struct{ AliasName, TargetKeyId string }

// target reads the key that an alias is to name.
func (r *reading) aliasTarget() (*aliasInput, *target, error) {
	var in aliasInput
	if err := r.decode(&in); err != nil {
		return nil, nil, err
	}
	if err := checkAliasName(in.AliasName); err != nil {
		return nil, nil, err
	}
	if strings.Contains(in.TargetKeyId, "alias/") {
		return nil, nil, validation("Aliases must refer to keys. Not aliases")
	}
	t, err := r.keyByID("targetKeyId", in.TargetKeyId)
	return &in, t, err
}

// readCreateAlias: alias operations need the permission on the alias, by an IAM policy, and on the key.
func readCreateAlias(r *reading) (answer, error) {
	in, t, err := r.aliasTarget()
	if err != nil {
		return nil, err
	}
	arn := r.place().aliasARN(in.AliasName)
	r.on("CreateAlias", arn)
	r.onKey("CreateAlias", t)
	return func() (any, error) {
		return nil, r.store.changeAlias(in.AliasName, func(now *alias) (*alias, error) {
			if now != nil {
				return nil, exception("AlreadyExistsException", "An alias with the name %s already exists", arn)
			}
			return &alias{in.AliasName, t.ID, r.req.Now.UTC(), r.req.Now.UTC()}, r.mayBeNamed(t)
		})
	}, nil
}

// mayBeNamed refuses another alias for a key that went, is pending deletion, or has as many as a key may have. The store is locked.
func (r *reading) mayBeNamed(t *target) error {
	k := r.store.live(t.ID)
	if k == nil {
		return t.gone()
	}
	if len(r.store.names[t.ID]) >= maxKeyAliases {
		return exception("LimitExceededException", "The key %s has %d aliases, which is the most", t.arn, maxKeyAliases)
	}
	return k.notPending(t.arn)
}

// readUpdateAlias: the permission on the key is needed on the one that the alias names now, and on the one that it is to name.
func readUpdateAlias(r *reading) (answer, error) {
	in, t, err := r.aliasTarget()
	if err != nil {
		return nil, err
	}
	a, from, err := r.aliasOf(in.AliasName)
	if err != nil {
		return nil, err
	}
	r.on("UpdateAlias", r.place().aliasARN(in.AliasName))
	r.onKey("UpdateAlias", from)
	r.onKey("UpdateAlias", t)
	return func() (any, error) {
		return nil, r.store.changeAlias(in.AliasName, func(now *alias) (*alias, error) {
			if now == nil || now.KeyID != a.KeyID { // it is another alias than the one that was decided on
				return nil, aliasNotFound(r.place().aliasARN(in.AliasName))
			}
			return &alias{in.AliasName, t.ID, now.Created, r.req.Now.UTC()}, r.mayBeNamed(t)
		})
	}, nil
}

func readDeleteAlias(r *reading) (answer, error) {
	var in struct{ AliasName string }
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if err := checkAliasName(in.AliasName); err != nil {
		return nil, err
	}
	a, t, err := r.aliasOf(in.AliasName)
	if err != nil {
		return nil, err
	}
	r.on("DeleteAlias", r.place().aliasARN(in.AliasName))
	r.onKey("DeleteAlias", t)
	return func() (any, error) {
		return nil, r.store.changeAlias(in.AliasName, func(now *alias) (*alias, error) {
			if now == nil || now.KeyID != a.KeyID {
				return nil, aliasNotFound(r.place().aliasARN(in.AliasName))
			}
			return nil, nil
		})
	}, nil
}

// aliasOf is an alias with its key.
func (r *reading) aliasOf(name string) (*alias, *target, error) {
	a := r.store.alias(name)
	if a == nil {
		return nil, nil, aliasNotFound(r.place().aliasARN(name))
	}
	t, err := r.keyOf(a.KeyID)
	return a, t, err
}

// readListAliases: the permission is on "*", also where the list is of one key.
func readListAliases(r *reading) (answer, error) {
	var in struct {
		KeyId string
		paging
	}
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	size, err := in.read(50, 100)
	if err != nil {
		return nil, err
	}
	r.on("ListAliases", "*")
	type entry struct {
		AliasName, AliasArn, TargetKeyId string
		CreationDate, LastUpdatedDate    float64
	}
	return func() (any, error) {
		id := ""
		if in.KeyId != "" {
			t, err := r.keyByID("keyId", in.KeyId)
			if err != nil {
				return nil, err
			}
			id = t.ID
		}
		some, p := cut(r.store.allAliases(id, in.Marker), size, func(a *alias) string { return a.Name })
		aliases := []entry{}
		for _, a := range some {
			aliases = append(aliases, entry{a.Name, r.place().aliasARN(a.Name), a.KeyID, seconds(a.Created), seconds(a.Updated)})
		}
		return struct {
			Aliases []entry
			page
		}{aliases, p}, nil
	}, nil
}
