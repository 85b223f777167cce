package localaws

import (
	"errors"
	"net/http"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// refusals maps the kinds of sigv4 to how they are answered.
var refusals = map[sigv4.Kind]refusalKind{
	sigv4.MissingToken:  missingToken,
	sigv4.Incomplete:    incompleteSignature,
	sigv4.InvalidKeyID:  unknownKey,
	sigv4.Scope:         invalidScope,
	sigv4.Unsigned:      invalidSignature,
	sigv4.Payload:       anotherPayload,
	sigv4.Mismatch:      invalidSignature,
	sigv4.Expired:       skewed,
	sigv4.NotYetCurrent: skewed,
}

// linkRefusals are those of presigned requests that differ.
var linkRefusals = map[sigv4.Kind]refusalKind{
	sigv4.Incomplete:    incompleteLink,
	sigv4.Expired:       expiredLink,
	sigv4.NotYetCurrent: expiredLink,
}

// open finds the key that a request says to be signed with. Nothing is proved before authenticate.
func (s *Server) open(x *exchange, r *http.Request) (*sigv4.Opened, error) {
	opened, err := sigv4.Open(r, sigv4.Options{
		Now: x.now, UnsignedPayload: true,
		Secret: func(accessKeyID, token string) (*sigv4.Secret, error) {
			x.keyID = accessKeyID
			principal, secret, err := s.sessions.Resolve(accessKeyID, token, x.now)
			x.claimed = principal
			return secret, err
		},
	})
	if err != nil {
		return nil, x.unauthenticated(err)
	}
	return opened, nil
}

// authenticate verifies the signature, and sets the caller.
func (s *Server) authenticate(x *exchange, opened *sigv4.Opened, body []byte) error {
	if _, err := opened.Verify(body); err != nil {
		return x.unauthenticated(err)
	}
	s.accept(x, opened)
	return nil
}

// accept sets the caller, whose signature is verified.
func (s *Server) accept(x *exchange, opened *sigv4.Opened) {
	x.caller = x.claimed
	if x.caller.Kind == identity.IAMUser {
		s.sessions.Used(x.keyID, identity.Use{Time: x.now, Service: opened.Service(), Region: opened.Region()})
	}
}

func (x *exchange) unauthenticated(err error) error {
	if errors.Is(err, identity.ErrExpired) {
		return refusal(expiredToken, "The security token included in the request is expired")
	}
	e, ok := errors.AsType[*sigv4.Error](err)
	if !ok {
		return err
	}
	kind, ok := refusals[e.Kind]
	if !ok {
		return err
	}
	if other, differs := linkRefusals[e.Kind]; differs && x.link {
		kind = other
	}
	return refusal(kind, e.Message)
}
