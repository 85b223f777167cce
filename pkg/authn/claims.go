package authn

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"example.com/shiptrack/pkg/tenant"
)

// registeredClaims are those of RFC 7519 section 4.1.
var registeredClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

// maxSubject is the length that OpenID Connect Core section 2 allows a sub, in ASCII characters.
const maxSubject = 255

// latest is the last second of the year 9999, the end of what RFC 3339 can write.
const latest = 253402300799

// claims is a token's payload, read strictly; it implements jwt.Claims.
type claims struct {
	tenantClaim   string
	issuer        string
	subject       string
	audience      jwt.ClaimStrings
	exp, nbf, iat *jwt.NumericDate
	tenant        jsontext.Value
	ambiguous     bool // a claim differs from the tenant claim only in case
}

// UnmarshalJSON reads a payload; its errors are Reasons.
func (c *claims) UnmarshalJSON(data []byte) error {
	m, err := members(data)
	if err != nil {
		return err
	}
	ok := textClaim(m, "iss", &c.issuer) && textClaim(m, "sub", &c.subject) && audienceClaim(m, &c.audience) &&
		dateClaim(m, "exp", &c.exp) && dateClaim(m, "nbf", &c.nbf) && dateClaim(m, "iat", &c.iat)
	if !ok {
		return BadClaim
	}
	c.tenant = m[c.tenantClaim]
	for name := range m {
		if name != c.tenantClaim && strings.EqualFold(name, c.tenantClaim) {
			c.ambiguous = true
		}
	}
	return nil
}

// principal returns the principal of claims that are valid in all other respects.
func (c *claims) principal() (Principal, error) {
	switch {
	case c.subject == "":
		return Principal{}, NoSubject
	case len(c.subject) > maxSubject:
		return Principal{}, BadClaim
	case c.ambiguous:
		return Principal{}, AmbiguousTenant
	case c.tenant == nil:
		return Principal{}, NoTenant
	}
	name, ok := text(c.tenant)
	if !ok {
		return Principal{}, BadTenant
	}
	id, err := tenant.Parse(name)
	if err != nil {
		return Principal{}, BadTenant
	}
	return Principal{Subject: c.subject, Tenant: id}, nil
}

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.exp, nil }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.iat, nil }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.nbf, nil }
func (c *claims) GetIssuer() (string, error)                   { return c.issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return c.audience, nil }

// textClaim, audienceClaim and dateClaim read one claim into the target; they report false for a claim
// of the wrong type, and leave the target alone for one that is absent.
func textClaim(m map[string]jsontext.Value, name string, target *string) (ok bool) {
	v, present := m[name]
	if !present {
		return true
	}
	*target, ok = text(v)
	return ok
}

func audienceClaim(m map[string]jsontext.Value, target *jwt.ClaimStrings) bool {
	v, present := m["aud"]
	if !present {
		return true
	}
	if one, ok := text(v); ok {
		*target = jwt.ClaimStrings{one}
		return true
	}
	var elements []jsontext.Value
	if v.Kind() != '[' || json.Unmarshal(v, &elements) != nil {
		return false
	}
	for _, element := range elements {
		one, ok := text(element)
		if !ok {
			return false
		}
		*target = append(*target, one)
	}
	return true
}

// dateClaim reads a NumericDate, RFC 7519 section 2: seconds since 1970, a fraction allowed.
func dateClaim(m map[string]jsontext.Value, name string, target **jwt.NumericDate) bool {
	v, present := m[name]
	if !present {
		return true
	}
	seconds, err := strconv.ParseFloat(string(v), 64) // of JSON's values it takes numbers alone
	if err != nil || seconds < 0 || seconds > latest {
		return false
	}
	*target = jwt.NewNumericDate(time.Unix(int64(math.Floor(seconds)), 0))
	return true
}
