package identity

import (
	"crypto/sha256"

	lru "github.com/hashicorp/golang-lru/v2"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// keptSessions is how many opened session tokens are kept. One takes some 2 KB; the largest, with a session policy, some 20.
const keptSessions = 1024

// opened is a session whose token was opened. It is never changed.
type opened struct {
	claims *claims
	secret *sigv4.Secret
	// principal is the session's under the roles and policies of a version of the Snapshot.
	principal *Principal
	version   uint64
}

// opener opens session tokens. It keeps the newest that are genuine, by their hash: a client sends its token with each
// request. What may change, the time and the account's roles and policies, is looked at each time.
type opener struct {
	sealer *sealer
	kept   *lru.Cache[[sha256.Size]byte, *opened]
}

func newOpener(s *sealer) (*opener, error) {
	kept, err := lru.New[[sha256.Size]byte, *opened](keptSessions)
	return &opener{s, kept}, err
}

// open returns what token says, with its hash.
func (o *opener) open(token string) (hash [sha256.Size]byte, _ *opened, err error) {
	if len(token) > maxToken {
		return hash, nil, errToken
	}
	hash = sha256.Sum256([]byte(token))
	if session, ok := o.kept.Get(hash); ok {
		return hash, session, nil
	}
	c, err := o.sealer.open(token)
	if err != nil {
		return hash, nil, err
	}
	return hash, &opened{claims: c, secret: sigv4.NewSecret(o.sealer.secretKey(c.AccessKeyID))}, nil
}
