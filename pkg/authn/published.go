package authn

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// published is what an issuer publishes at one time: its keys. It does not change.
type published struct {
	generation uint64 // another one whenever the keys differ; 0: not loaded yet
	byID       map[string][]*key
	all        []*key
	digest     [sha256.Size]byte // of the keys, in whatever order they stood
}

func newPublished(keys []*key) *published {
	p := &published{byID: map[string][]*key{}, all: keys}
	prints := make([][]byte, 0, len(keys))
	for _, k := range keys {
		prints = append(prints, k.fingerprint[:])
		if k.kid != "" {
			p.byID[k.kid] = append(p.byID[k.kid], k)
		}
	}
	slices.SortFunc(prints, bytes.Compare)
	p.digest = sha256.Sum256(bytes.Join(prints, nil))
	return p
}

// check returns nil where a key of p verifies t's signature, else the Reason.
func (p *published) check(t *token) error {
	k, err := p.find(t)
	if err != nil {
		return err
	}
	if !k.mayVerify(&t.claims) {
		return ForeignKey
	}
	// The method is one of algorithms, and fits the key's kind and curve.
	if jwt.GetSigningMethod(t.alg).Verify(t.signed, t.signature, k.public) != nil {
		return BadSignature
	}
	return nil
}

// find returns the one key that t's kid names and that fits its alg, or without a kid the only one that fits.
func (p *published) find(t *token) (*key, error) {
	candidates := p.all
	if t.kid != "" {
		if candidates = p.byID[t.kid]; len(candidates) == 0 {
			return nil, UnknownKey
		}
	}
	var found *key
	for _, k := range candidates {
		if !k.fits(t) {
			continue
		}
		if found != nil {
			return nil, SeveralKeys // without a kid: newPublished's keys of one kid do not fit one alg
		}
		found = k
	}
	switch {
	case found != nil:
		return found, nil
	case t.kid != "":
		return nil, WrongKey
	}
	return nil, NoKey
}
