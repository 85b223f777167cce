package authn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxKeys bounds what an issuer may publish. Some publish a key for each customer.
const maxKeys = 1000

// rawKeys returns the members of keys in a JWK Set, RFC 7517 section 5. It reads the set alone strictly: a key that
// is malformed within must not take the others with it, so parseKey sees to that.
func rawKeys(document []byte) ([]jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewReader(document), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if open, err := d.ReadToken(); err != nil || open.Kind() != '{' {
		return nil, errors.New("it is not a JSON object")
	}
	var keys []jsontext.Value
	for seen := false; d.PeekKind() == '"'; {
		name, err := d.ReadToken()
		switch {
		case err != nil:
			return nil, err
		case name.String() != "keys":
			err = d.SkipValue()
		case seen:
			return nil, errors.New("duplicate member keys")
		default:
			seen = true
			keys, err = array(d)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := d.ReadToken(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the JSON object")
	}
	return keys, nil
}

func array(d *jsontext.Decoder) ([]jsontext.Value, error) {
	if open, err := d.ReadToken(); err != nil || open.Kind() != '[' {
		return nil, errors.New("keys is not a list")
	}
	var all []jsontext.Value
	for d.PeekKind() != ']' {
		v, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		if all = append(all, v.Clone()); len(all) > maxKeys {
			return nil, fmt.Errorf("the issuer publishes more than %d keys", maxKeys)
		}
	}
	_, err := d.ReadToken()
	return all, err
}

// leftOut says which published keys are odd and therefore not used.
type leftOut struct {
	count   int
	reasons []string // of the first few
}

func (l *leftOut) add(index int, reason string) {
	const most = 5
	if l.count++; l.count <= most {
		l.reasons = append(l.reasons, fmt.Sprintf("key %d: %s", index, reason))
	}
}

// String returns the reasons on one line.
func (l leftOut) String() string {
	text := strings.Join(l.reasons, "; ")
	if more := l.count - len(l.reasons); more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// usable parses keys and leaves out those that must not verify a token.
func usable(raw []jsontext.Value, accepted []string) ([]*key, leftOut) {
	var left leftOut
	var all []*key
	index := map[*key]int{}
	for n, one := range raw {
		k, err := parseKey(one, accepted)
		switch {
		case errors.Is(err, errOtherPurpose):
		case err != nil:
			left.add(n, err.Error())
		case slices.ContainsFunc(all, func(other *key) bool { return other.fingerprint == k.fingerprint }):
			left.add(n, "it stands there twice")
		default:
			all = append(all, &k)
			index[&k] = n
		}
	}
	return distinct(all, index, &left), left
}

// distinct leaves out keys that share a kid and an algorithm: which of them verified would depend on their order.
func distinct(all []*key, index map[*key]int, left *leftOut) []*key {
	type use struct{ kid, alg string }
	count := map[use]int{}
	for _, k := range all {
		for _, alg := range k.algorithms {
			count[use{k.kid, alg}]++
		}
	}
	return slices.DeleteFunc(all, func(k *key) bool {
		for _, alg := range k.algorithms {
			if k.kid != "" && count[use{k.kid, alg}] > 1 {
				left.add(index[k], fmt.Sprintf("another key has the same kid, %.50q", k.kid))
				return true
			}
		}
		return false
	})
}
