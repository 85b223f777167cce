package authn

// Detail is all that a caller learns about a token that was refused.
const Detail = "the bearer token is missing or does not hold"

// Reason is why a token was refused: for the operator's log, never for the caller. Every error of kind
// problem.Unauthenticated that comes from this package wraps one. The error may say more after it; what the token
// itself says is shown only where its signature holds.
type Reason string

// The reasons.
const (
	Missing         Reason = "no bearer token"
	Several         Reason = "more than one Authorization header"
	TooLong         Reason = "the token is too long (OIDC_MAX_TOKEN_BYTES)"
	Malformed       Reason = "the token is not a JWT in compact form"
	Duplicate       Reason = "the token repeats a JSON member"
	BadAlgorithm    Reason = "the token's alg is not accepted"
	BadType         Reason = "the token's typ is not that of an access token"
	Critical        Reason = "the token's header has crit, which names extensions that are not known here"
	Unencoded       Reason = "the token's header has b64, which is not known here"
	BadKeyID        Reason = "the token's kid is no string of 1 to 128 bytes"
	UnknownIssuer   Reason = "the token's iss is not configured, or does not name its signer"
	UnknownKey      Reason = "the issuer publishes no usable key of the token's kid"
	WrongKey        Reason = "the issuer's key of the token's kid is not for the token's alg"
	ForeignKey      Reason = "the issuer publishes the key of the token's kid for another iss, or another tid"
	SeveralKeys     Reason = "the token has no kid, and several keys of the issuer fit its alg"
	NoKey           Reason = "the token has no kid, and no key of the issuer fits its alg"
	BadSignature    Reason = "the signature does not fit the key"
	Expired         Reason = "the token is expired"
	NoIssuer        Reason = "the token has no iss"
	NoAudience      Reason = "the token names no audience"
	NoExpiry        Reason = "the token has no exp"
	NotYetValid     Reason = "the token is not valid yet (nbf)"
	IssuedInFuture  Reason = "the token's iat is in the future"
	WrongIssuer     Reason = "the token is of an issuer that is not configured"
	WrongAudience   Reason = "the token is for another audience"
	WrongClaim      Reason = "a required claim is absent or has another value"
	BadClaim        Reason = "a claim has the wrong type or length"
	NoSubject       Reason = "the token has no sub"
	NoTenant        Reason = "the token has no tenant claim"
	BadTenant       Reason = "the tenant claim is no tenant id"
	ForeignTenant   Reason = "the issuer may not speak for the tenant that the token names"
	AmbiguousTenant Reason = "a claim differs from the tenant claim in case only"
)

// Error returns the reason's text.
func (r Reason) Error() string { return string(r) }
