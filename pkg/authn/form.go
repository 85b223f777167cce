package authn

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxTokenBytes is the size of the longest token that is looked at.
const MaxTokenBytes = 8 << 10

// maxKeyID bounds a kid, in bytes: it ends in logs.
const maxKeyID = 128

// algorithms are pinned, RFC 8725 section 3.1: asymmetric ones only, so that a public key can never be
// used as an HMAC secret, and those that OpenID Connect issuers use.
var algorithms = []string{"RS256", "ES256"}

// types are the values of typ (RFC 7519 section 5.1, RFC 9068 section 2.1) that a bearer token may have,
// in lower case. Another type is a JWT of another purpose, RFC 8725 section 3.11.
var types = []string{"jwt", "at+jwt", "application/at+jwt"}

// refusedMembers are header members that change how a token is to be read (RFC 7515 section 4.1.11, RFC
// 7797) or name a key of the sender's own choice (RFC 8725 section 3.10). We support none, and a token
// that has one is not from our issuer.
var refusedMembers = []string{"crit", "b64", "jku", "x5u", "jwk", "x5c"}

// checkForm refuses tokens that must not reach the JWT library. The library decodes base64 and JSON leniently
// (line breaks, duplicate members), so it could read a token in another way than a different verifier.
func checkForm(token string) error {
	switch {
	case token == "":
		return Missing
	case len(token) > MaxTokenBytes:
		return TooLong
	case strings.Count(token, ".") != 2:
		return Malformed
	}
	for i := range len(token) {
		if !inCompactForm(token[i]) {
			return Malformed
		}
	}
	segment, _, _ := strings.Cut(token, ".")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return Malformed
	}
	header, err := members(decoded)
	if err != nil {
		return err
	}
	return checkHeader(header)
}

func inCompactForm(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

func checkHeader(header map[string]jsontext.Value) error {
	if alg, ok := text(header["alg"]); !ok || !slices.Contains(algorithms, alg) {
		return BadAlgorithm
	}
	if typ, present := header["typ"]; present {
		if name, ok := text(typ); !ok || !slices.Contains(types, strings.ToLower(name)) {
			return BadType
		}
	}
	for _, name := range refusedMembers {
		if _, present := header[name]; present {
			return BadHeader
		}
	}
	// Without a kid every published key would have to be tried.
	if kid, ok := text(header["kid"]); !ok || kid == "" || len(kid) > maxKeyID {
		return BadHeader
	}
	return nil
}

// members returns the members of the JSON object data. Duplicate names at any depth, invalid UTF-8 and
// trailing data are errors: a JWT that two readers can read in two ways is refused, RFC 8725 section
// 2.4 and 3.9.
func members(data []byte) (map[string]jsontext.Value, error) {
	var m map[string]jsontext.Value
	switch err := json.Unmarshal(data, &m); {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return nil, Duplicate
	case err != nil || m == nil: // m is nil for a bare null
		return nil, Malformed
	}
	return m, nil
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
