package authn

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// issuer is one value of iss, and the provider whose rules its tokens have to meet.
type issuer struct {
	Provider
	name  string // iss
	tid   string // that the token must have; empty: none
	keys  *keySet
	scope scope
}

// issuers returns those that p stands for; p has its defaults, and no fault.
func (p Provider) issuers(keys *keySet) []*issuer {
	s, _ := newScope(p.TenantForm, p.Tenants)
	var all []*issuer
	for name, tid := range p.issuerNames() {
		all = append(all, &issuer{Provider: p, name: name, tid: tid, keys: keys, scope: s})
	}
	return all
}

// verify returns what t says, where all rules of the issuer hold for it.
func (i *issuer) verify(ctx context.Context, t *token, now func() time.Time) (verified, error) {
	if err := i.checkHeader(t); err != nil {
		return verified{}, err
	}
	generation, err := i.keys.verify(ctx, t)
	if err != nil {
		return verified{}, err
	}
	p, err := i.principal(t, now())
	return verified{p, t.claims.times, i.keys, generation}, err
}

// checkHeader refuses a token that another issuer might be allowed to send, but not this one.
func (i *issuer) checkHeader(t *token) error {
	if !slices.Contains(i.Algorithms, t.alg) {
		return fmt.Errorf("%w: %s, want one of %s", BadAlgorithm, t.alg, strings.Join(i.Algorithms, ", "))
	}
	if len(i.TokenTypes) > 0 && !slices.Contains(i.TokenTypes, t.typ) {
		return fmt.Errorf("%w: want one of %s", BadType, strings.Join(i.TokenTypes, ", "))
	}
	return nil
}

// principal returns whom a token names whose signature holds.
func (i *issuer) principal(t *token, now time.Time) (Principal, error) {
	c := &t.claims
	if err := i.checkAudience(c); err != nil {
		return Principal{}, err
	}
	if err := c.times.check(now); err != nil {
		return Principal{}, err
	}
	if err := i.checkRequired(c); err != nil {
		return Principal{}, err
	}
	switch {
	case c.subject == "":
		return Principal{}, NoSubject
	case len(c.subject) > maxSubject:
		return Principal{}, fmt.Errorf("%w: sub is longer than %d bytes", BadClaim, maxSubject)
	}
	name, err := i.tenantName(c.members)
	if err != nil {
		return Principal{}, err
	}
	id, err := i.scope.id(name)
	switch {
	case err != nil:
		return Principal{}, fmt.Errorf("%w: %w", BadTenant, err)
	case !i.scope.has(name):
		return Principal{}, ForeignTenant
	}
	return Principal{Issuer: i.name, Subject: c.subject, Tenant: id}, nil
}

func (i *issuer) checkAudience(c *claims) error {
	var names []string
	if value, present := c.members[i.AudienceClaim]; present {
		var ok bool
		if names, ok = texts(value); !ok || i.AudienceClaim != "aud" && value.Kind() != '"' {
			return fmt.Errorf("%w: %s", BadClaim, i.AudienceClaim)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: no %s", NoAudience, i.AudienceClaim)
	}
	if !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(i.Audiences, name) }) {
		return fmt.Errorf("%w: %s is %.200q", WrongAudience, i.AudienceClaim, names[:min(len(names), 5)])
	}
	return nil
}

func (i *issuer) checkRequired(c *claims) error {
	for _, name := range slices.Sorted(maps.Keys(i.RequiredClaims)) {
		if !isValue(c.members[name], i.RequiredClaims[name]) {
			return fmt.Errorf("%w: want %s: %s", WrongClaim, name, i.RequiredClaims[name])
		}
	}
	if tid, _ := text(c.members["tid"]); i.tid != "" && tid != i.tid {
		return fmt.Errorf("%w: tid is not the directory of the token's iss", WrongClaim)
	}
	return nil
}

// isValue reports whether v is the string want, or true or false as want spells it: some issuers write booleans as
// strings.
func isValue(v jsontext.Value, want string) bool {
	switch v.Kind() {
	case '"':
		got, ok := text(v)
		return ok && got == want
	case 't', 'f':
		return string(v) == want
	}
	return false
}

// tenantName returns what the token calls its tenant.
func (i *issuer) tenantName(m map[string]jsontext.Value) (string, error) {
	var value jsontext.Value
	for depth, name := range i.TenantClaim {
		for other := range m {
			if other != name && strings.EqualFold(other, name) {
				return "", AmbiguousTenant
			}
		}
		if value = m[name]; value == nil {
			return "", NoTenant
		}
		if depth == len(i.TenantClaim)-1 {
			break
		}
		var err error
		if m, err = members(value); err != nil {
			return "", fmt.Errorf("%w: a member on the way to it is no object", BadTenant)
		}
	}
	return i.tenantText(value)
}

func (i *issuer) tenantText(value jsontext.Value) (string, error) {
	switch i.TenantValue {
	case OnlyEntry:
		if names, ok := texts(value); ok && value.Kind() == '[' && len(names) == 1 {
			return names[0], nil
		}
		return "", fmt.Errorf("%w: want a list with one string", BadTenant)
	case OnlyMember:
		if m, err := members(value); err == nil && len(m) == 1 {
			for name := range m {
				return name, nil
			}
		}
		return "", fmt.Errorf("%w: want an object with one member", BadTenant)
	}
	if name, ok := text(value); ok {
		return name, nil
	}
	return "", fmt.Errorf("%w: want a string", BadTenant)
}
