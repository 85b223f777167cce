package authn

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxKeyID bounds a kid, in bytes: it ends in logs.
const maxKeyID = 128

// types are the values of typ (RFC 7519 section 5.1, RFC 9068 section 2.1) that a bearer token may have,
// in lower case. Another type is a JWT of another purpose, RFC 8725 section 3.11.
var types = []string{"jwt", "at+jwt", "application/at+jwt"}

// token is a JWT whose form is right; nothing in it is verified.
type token struct {
	alg       string // one of algorithms
	typ       string // one of types, or empty
	kid       string // empty: none
	claims    claims
	signed    string // header and payload
	signature []byte
}

// parse reads a token of at most limit bytes, strictly. It refuses what another reader could read in another way:
// line breaks in base64, bits that base64 ignores, duplicate members.
func parse(raw string, limit int) (*token, error) {
	switch {
	case raw == "":
		return nil, Missing
	case len(raw) > limit:
		return nil, fmt.Errorf("%w: %d bytes, more than %d", TooLong, len(raw), limit)
	case strings.Count(raw, ".") != 2:
		return nil, Malformed
	}
	for i := range len(raw) {
		if !inCompactForm(raw[i]) {
			return nil, Malformed
		}
	}
	var parts [3][]byte
	for i, part := range strings.Split(raw, ".") {
		var err error
		if parts[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return nil, Malformed
		}
	}
	t := &token{signed: raw[:strings.LastIndexByte(raw, '.')], signature: parts[2]}
	header, err := members(parts[0])
	if err != nil {
		return nil, err
	}
	if err := t.readHeader(header); err != nil {
		return nil, err
	}
	t.claims, err = parseClaims(parts[1])
	return t, err
}

func inCompactForm(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

// readHeader takes alg, typ and kid. Members that name a key of the sender's own choice (jku, x5u, x5c, jwk) are
// ignored, RFC 8725 section 3.10: honest issuers send them, and the key is always one that the issuer publishes.
func (t *token) readHeader(header map[string]jsontext.Value) error {
	var ok bool
	if t.alg, ok = text(header["alg"]); !ok || !slices.Contains(algorithms, t.alg) {
		return BadAlgorithm
	}
	if v, present := header["typ"]; present {
		typ, ok := text(v)
		if t.typ = strings.ToLower(typ); !ok || !slices.Contains(types, t.typ) {
			return BadType
		}
	}
	// These change how a token is to be read: RFC 7515 section 4.1.11, RFC 7797. We know no extension.
	if _, present := header["crit"]; present {
		return Critical
	}
	if _, present := header["b64"]; present {
		return Unencoded
	}
	if v, present := header["kid"]; present {
		if t.kid, ok = text(v); !ok || t.kid == "" || len(t.kid) > maxKeyID {
			return BadKeyID
		}
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
