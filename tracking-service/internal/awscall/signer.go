package awscall

import (
	"context"
	"hash/maphash"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signers is how many of the SDK's signers a Signer has. Each keeps one key, some 100 bytes.
const signers = 512

// Signer signs with Signature Version 4 for many sessions in turn. The SDK's signer keeps the key that it derives from the
// secret of one session alone, so a client of all tenants would derive one for nearly each request. A Signer has many of the
// SDK's, and a session has always the same. It is safe for concurrent use.
type Signer struct {
	seed maphash.Seed
	all  [signers]*v4.Signer
}

// NewSigner returns a Signer.
func NewSigner() *Signer {
	s := &Signer{seed: maphash.MakeSeed()}
	for i := range s.all {
		s.all[i] = v4.NewSigner()
	}
	return s
}

// SignHTTP is that of the SDK's v4.Signer.
func (s *Signer) SignHTTP(ctx context.Context, session aws.Credentials, r *http.Request, payloadHash, service, region string, at time.Time,
	options ...func(*v4.SignerOptions),
) error {
	signer := s.all[maphash.String(s.seed, session.AccessKeyID)%signers]
	return signer.SignHTTP(ctx, session, r, payloadHash, service, region, at, options...)
}
