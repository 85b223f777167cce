package authn

import "github.com/golang-jwt/jwt/v5"

// Detail is all that a caller learns about a token that was refused.
const Detail = "the bearer token is missing or does not hold"

// Reason is why a token was refused: for the operator's log, never for the caller. Every error of kind
// problem.Unauthenticated that comes from this package wraps one.
type Reason string

// The reasons.
const (
	Missing         Reason = "no bearer token"
	Several         Reason = "more than one Authorization header"
	TooLong         Reason = "the token is longer than 8192 bytes"
	Malformed       Reason = "the token is not a JWT in compact form"
	Duplicate       Reason = "the token repeats a JSON member"
	BadAlgorithm    Reason = "the token's alg is neither RS256 nor ES256"
	BadType         Reason = "the token's typ is neither JWT nor at+jwt"
	BadHeader       Reason = "the token's header has crit, b64, jku, x5u, jwk or x5c, or a malformed kid"
	UnknownKey      Reason = "the issuer publishes no usable key of the token's kid"
	BadSignature    Reason = "the signature does not fit the key"
	Expired         Reason = "the token is expired"
	MissingClaim    Reason = "the token has no iss, no aud or no exp"
	NotYetValid     Reason = "the token is not valid yet (nbf)"
	IssuedInFuture  Reason = "the token's iat is in the future"
	WrongIssuer     Reason = "the token is of another issuer"
	WrongAudience   Reason = "the token is for another audience"
	BadClaim        Reason = "a registered claim has the wrong type"
	NoSubject       Reason = "the token has no sub"
	NoTenant        Reason = "the token has no tenant claim"
	BadTenant       Reason = "the tenant claim is not a string that is a tenant id"
	AmbiguousTenant Reason = "a claim differs from the tenant claim in case only"
)

// Error returns the reason's text.
func (r Reason) Error() string { return string(r) }

// libraryReasons maps the JWT library's errors. The library joins the errors of all claims into one: the
// order here decides which of them is reported. The required-claim error comes last because the library uses
// it for any claim.
var libraryReasons = []struct {
	err    error
	reason Reason
}{
	{jwt.ErrTokenMalformed, Malformed},
	{jwt.ErrTokenSignatureInvalid, BadSignature},
	{jwt.ErrTokenInvalidIssuer, WrongIssuer},
	{jwt.ErrTokenInvalidAudience, WrongAudience},
	{jwt.ErrTokenExpired, Expired},
	{jwt.ErrTokenNotValidYet, NotYetValid},
	{jwt.ErrTokenUsedBeforeIssued, IssuedInFuture},
	{jwt.ErrTokenUnverifiable, UnknownKey},
	{jwt.ErrTokenRequiredClaimMissing, MissingClaim},
}
