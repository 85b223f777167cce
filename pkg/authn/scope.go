package authn

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"example.com/shiptrack/pkg/tenant"
)

// base32Alphabet is that of tenant.Encode: each character stands for five bits.
const base32Alphabet = "abcdefghijklmnopqrstuvwxyz234567"

// scope is the set of tenants for which an issuer may speak, as its tokens name them.
type scope struct {
	form     TenantForm
	names    map[string]bool
	prefixes []string // the empty one is of all tenants
}

// newScope reads patterns: names, prefixes that end in *, or * alone. It returns what is wrong with them.
func newScope(form TenantForm, patterns []string) (scope, []error) {
	s := scope{form: form, names: map[string]bool{}}
	var wrong []error
	for _, pattern := range patterns {
		name, isPrefix := strings.CutSuffix(pattern, "*")
		err := s.checkPattern(name, isPrefix)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%.100q: %w", pattern, err))
		case isPrefix:
			s.prefixes = append(s.prefixes, name)
		default:
			s.names[name] = true
		}
	}
	return s, wrong
}

func (s scope) checkPattern(name string, isPrefix bool) error {
	switch {
	case strings.Contains(name, "*"):
		return errors.New("* may stand at the end alone")
	case !isPrefix:
		_, err := s.id(name)
		return err
	case s.form == Encoded && len(name) >= tenant.MaxEncoded:
		return errors.New("no tenant begins so: it is too long")
	case s.form == Plain && name != "":
		// A prefix of an ID and one more letter is an ID.
		if _, err := tenant.Parse(name + "x"); err != nil {
			return errors.New("no tenant begins so")
		}
	}
	return nil
}

// id returns the ID of the tenant that a token names, whether it is in s or not.
func (s scope) id(name string) (tenant.ID, error) {
	if s.form == Encoded {
		return tenant.Encode(name)
	}
	return tenant.Parse(name)
}

// has reports whether the issuer may speak for the tenant that a token names.
func (s scope) has(name string) bool {
	return s.names[name] || slices.ContainsFunc(s.prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// overlap reports whether a tenant.ID may come from both, and which: a name or a pattern of s.
func (s scope) overlap(other scope) (string, bool) {
	for name := range s.names {
		if other.hasID(s, name) {
			return name, true
		}
	}
	for name := range other.names {
		if s.hasID(other, name) {
			return name, true
		}
	}
	for _, prefix := range s.prefixes {
		for _, otherPrefix := range other.prefixes {
			if prefixesMeet(s.form, prefix, other.form, otherPrefix) {
				return prefix + "*", true
			}
		}
	}
	return "", false
}

// hasID reports whether the tenant that is called name in of has an ID that s may give too.
func (s scope) hasID(of scope, name string) bool {
	id, err := of.id(name)
	if err != nil {
		return false
	}
	if s.form == Plain {
		return s.has(id.String())
	}
	own, err := tenant.Decode(id.String())
	return err == nil && s.has(own)
}

func prefixesMeet(formA TenantForm, a string, formB TenantForm, b string) bool {
	if formA == formB {
		return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
	}
	if formA == Encoded {
		return encodedMeetsPlain(a, b)
	}
	return encodedMeetsPlain(b, a)
}

// encodedMeetsPlain reports whether the encoding of a name that begins with name may begin with plain: no bit that
// both give differs. Where name ends within a character of base32, the bits that follow are free.
func encodedMeetsPlain(name, plain string) bool {
	for i := range len(plain) {
		five := strings.IndexByte(base32Alphabet, plain[i])
		if five < 0 {
			return false
		}
		for bit := range 5 {
			at := 5*i + bit
			if at >= 8*len(name) {
				break
			}
			if int(name[at/8])>>(7-at%8)&1 != five>>(4-bit)&1 {
				return false
			}
		}
	}
	return true
}
