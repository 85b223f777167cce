package authn

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// registeredClaims are those of RFC 7519 section 4.1.
var registeredClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

// maxSubject is the length that OpenID Connect Core section 2 allows a sub, in ASCII characters.
const maxSubject = 255

// latest is the last second of the year 9999, the end of what RFC 3339 can write.
const latest = 253402300799

// claims is a token's payload, read strictly.
type claims struct {
	issuer  string
	subject string
	times   times
	members map[string]jsontext.Value
}

// parseClaims reads a payload; its errors are Reasons. A registered claim of the wrong type is an error, except aud,
// which the provider's rule reads.
func parseClaims(payload []byte) (claims, error) {
	m, err := members(payload)
	if err != nil {
		return claims{}, err
	}
	c := claims{members: m}
	for name, target := range map[string]*string{"iss": &c.issuer, "sub": &c.subject} {
		if v, present := m[name]; present {
			var ok bool
			if *target, ok = text(v); !ok {
				return claims{}, fmt.Errorf("%w: %s", BadClaim, name)
			}
		}
	}
	for name, target := range map[string]*time.Time{"exp": &c.times.expires, "nbf": &c.times.notBefore, "iat": &c.times.issued} {
		if v, present := m[name]; present {
			var ok bool
			if *target, ok = date(v); !ok {
				return claims{}, fmt.Errorf("%w: %s", BadClaim, name)
			}
		}
	}
	return c, nil
}

// times are those between which a token is good; the zero time stands for a claim that is absent.
type times struct{ expires, notBefore, issued time.Time }

// check returns why a token of these times is not good now, with the leeway.
func (t times) check(now time.Time) error {
	switch {
	case t.expires.IsZero():
		return NoExpiry
	case !now.Before(t.expires.Add(Leeway)):
		return Expired
	case !t.notBefore.IsZero() && now.Before(t.notBefore.Add(-Leeway)):
		return NotYetValid
	case !t.issued.IsZero() && now.Before(t.issued.Add(-Leeway)):
		return IssuedInFuture
	}
	return nil
}

// date reads a NumericDate, RFC 7519 section 2: seconds since 1970, a fraction allowed.
func date(v jsontext.Value) (time.Time, bool) {
	seconds, err := strconv.ParseFloat(string(v), 64) // of JSON's values it takes numbers alone
	if err != nil || seconds < 0 || seconds > latest {
		return time.Time{}, false
	}
	return time.Unix(int64(math.Floor(seconds)), 0), true
}

// text returns the JSON string v, and whether v is one.
func text(v jsontext.Value) (string, bool) {
	if v.Kind() != '"' {
		return "", false
	}
	var s string
	err := json.Unmarshal(v, &s)
	return s, err == nil
}

// texts returns the strings of v, a string or a list of strings, and whether v is one of these.
func texts(v jsontext.Value) ([]string, bool) {
	if one, ok := text(v); ok {
		return []string{one}, true
	}
	var elements []jsontext.Value
	if v.Kind() != '[' || json.Unmarshal(v, &elements) != nil {
		return nil, false
	}
	all := make([]string, 0, len(elements))
	for _, element := range elements {
		one, ok := text(element)
		if !ok {
			return nil, false
		}
		all = append(all, one)
	}
	return all, true
}
