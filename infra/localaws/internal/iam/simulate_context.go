package iam

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// contextTypes are the values of ContextKeyType without List, and what a value of each must be.
var contextTypes = map[string]func(string) bool{
	"string":  func(string) bool { return true },
	"numeric": func(v string) bool { _, err := strconv.ParseFloat(v, 64); return err == nil },
	"boolean": func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") },
	"ip": func(v string) bool {
		_, address := netip.ParseAddr(v)
		_, prefix := netip.ParsePrefix(v)
		return address == nil || prefix == nil
	},
	"binary": func(v string) bool { _, err := base64.StdEncoding.DecodeString(v); return err == nil },
	"date": func(v string) bool {
		_, numeric := strconv.ParseFloat(v, 64)
		for _, layout := range []string{time.RFC3339, "2006-01-02", "2006-01-02T15:04Z07:00"} {
			if _, err := time.Parse(layout, v); err == nil {
				return true
			}
		}
		return numeric == nil
	},
}

// readContext reads ContextEntries; they override what the simulator knows of the caller.
func (s *simulation) readContext(q *query) (err error) {
	i := 0
	q.Form.Each("ContextEntries", func(prefix string) (found bool) {
		i++
		if found, err = s.readContextEntry(q, i, prefix); err != nil {
			return false
		}
		return found
	})
	return err
}

func (s *simulation) readContextEntry(q *query, i int, prefix string) (found bool, _ error) {
	name, named := q.Form.Take(prefix + ".ContextKeyName")
	kind, typed := q.Form.Take(prefix + ".ContextKeyType")
	values := q.Form.List(prefix + ".ContextKeyValues")
	if !named && !typed && values == nil {
		return false, nil
	}
	single, isList := strings.CutSuffix(kind, "List")
	valid, known := contextTypes[single]
	switch {
	case len(name) < 5 || !strings.Contains(name, ":"):
		return false, invalidInput("Invalid context key name %q: it must be a condition key, such as aws:PrincipalTag/TenantID.", name)
	case !known:
		return false, invalid("1 validation error detected: Value '%s' at 'contextEntries.%d.member.contextKeyType' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [string, stringList, numeric, numericList, boolean, booleanList, ip, ipList, binary, binaryList, date, dateList]", kind, i)
	case !isList && len(values) != 1:
		return false, invalidInput("The context key %s is a %s, which has one value; %d are given. Use %sList.", name, kind, len(values), kind)
	}
	for i, value := range values {
		if !valid(value) {
			return false, invalidInput("The value %q of the context key %s is no %s.", value, name, single)
		}
		values[i] = contextValue(single, value)
	}
	if isList {
		s.context.SetAll(name, values)
	} else {
		s.context.Set(name, values[0])
	}
	return true, nil
}

// contextValue is a value as a request has it: binary ones are given in base64.
func contextValue(kind, value string) string {
	if decoded, err := base64.StdEncoding.DecodeString(value); kind == "binary" && err == nil {
		return string(decoded)
	}
	return value
}

// principal returns the role or user whose ARN it is, and which of both it is.
func (q *query) principal(arn string) (kind, *identity.Entity) {
	if role := q.snapshot.RoleByARN(arn); role != nil {
		return roles, &role.Entity
	}
	if user := q.snapshot.UserByARN(arn); user != nil {
		return users, &user.Entity
	}
	return kind{}, nil
}

// simulatedPolicies are those of a role or user, by the names that the simulator uses.
func (k kind) simulatedPolicies(entity *identity.Entity, snapshot *identity.Snapshot) policy.Policies {
	own := entity.Policies()
	var all policy.Policies
	for i, n := range own.Identity {
		if i < len(entity.Inline) {
			n.Name = k.noun + "_" + entity.Name + "_" + entity.Inline[i].Name
		} else {
			n.Name = snapshot.Policy(entity.Attached[i-len(entity.Inline)]).Name
		}
		all.Identity = append(all.Identity, n)
	}
	if own.Boundary != nil {
		all.Boundary = &policy.Named{Name: policyName(entity.Boundary), Policy: own.Boundary.Policy}
	}
	return all
}

func getContextKeysForCustomPolicy(q *query) (*plan, error) {
	if err := q.required("PolicyInputList.member.1", "policyInputList"); err != nil {
		return nil, err
	}
	s := new(simulation)
	if err := s.readPolicies(q); err != nil {
		return nil, err
	}
	return q.on("*", nil, func() (any, error) { return contextKeys(s.keys()), nil }), nil
}

func getContextKeysForPrincipalPolicy(q *query) (*plan, error) {
	arn := q.Form.Get("PolicySourceArn")
	s := new(simulation)
	k, principal := q.principal(arn)
	if principal != nil {
		s.policies = k.simulatedPolicies(principal, q.snapshot)
	}
	if err := s.readPolicies(q); err != nil {
		return nil, err
	}
	return q.on(arn, nil, func() (any, error) {
		if principal == nil {
			return nil, noSuchPrincipal(arn)
		}
		return contextKeys(s.keys()), nil
	}), nil
}

func contextKeys(names []string) any {
	return struct{ ContextKeyNames members[string] }{members[string]{names}}
}
