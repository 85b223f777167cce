// Package authn turns a bearer token into a Principal: who sent the request, and for which tenant. It
// accepts only a JWT of the one configured issuer and audience, signed with RS256 or ES256 by a key that
// this issuer publishes, with exactly one well-formed tenant. It refuses every other token. The rules are
// those of RFC 8725 (JSON Web Token Best Current Practices) and RFC 7519.
package authn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
)

// Leeway is how far the clocks of issuer and service may differ; it applies to exp, nbf and iat.
const Leeway = 30 * time.Second

// DefaultTenantClaim is the claim that names the tenant where Config does not say otherwise.
const DefaultTenantClaim = "TenantID"

// Principal is the user that a verified token names.
type Principal struct {
	Subject string // the token's sub; unique within the issuer, never empty
	Tenant  tenant.ID
}

// Config says which tokens to accept.
type Config struct {
	// Issuer is the URL that tokens name in iss and that serves /.well-known/openid-configuration:
	// https, or http where the host is this machine's loopback or AllowHTTP is set.
	Issuer string
	// Audience must be among the token's aud.
	Audience string
	// TenantClaim is the claim whose value is the tenant, such as "custom:TenantID" for Amazon Cognito.
	// Empty is DefaultTenantClaim.
	TenantClaim string
	AllowHTTP   bool
	// HTTPClient fetches the keys; nil is a client of its own. Its redirect rule is replaced by ours.
	HTTPClient *http.Client
	Now        func() time.Time // nil is time.Now
	Logger     *slog.Logger     // nil is silence
}

// Verifier verifies bearer tokens. It is safe for concurrent use.
type Verifier struct {
	tenantClaim string
	parser      *jwt.Parser
	keys        *keySet
	keyfunc     keyfunc.Keyfunc
}

// New returns a Verifier and starts to load the issuer's keys, in the background until ctx is done. It
// does not wait for the issuer. It returns an error only where cfg is wrong.
func New(ctx context.Context, cfg Config) (*Verifier, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	keys := newKeySet(cfg)
	kf, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: keys})
	if err != nil {
		return nil, fmt.Errorf("authn: %w", err)
	}
	go keys.run(ctx)
	return &Verifier{
		tenantClaim: cfg.TenantClaim, keys: keys, keyfunc: kf,
		parser: jwt.NewParser(
			jwt.WithValidMethods(algorithms), jwt.WithStrictDecoding(),
			jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience),
			jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
			jwt.WithLeeway(Leeway), jwt.WithTimeFunc(cfg.Now),
		),
	}, nil
}

func (cfg *Config) setDefaults() error {
	if cfg.TenantClaim == "" {
		cfg.TenantClaim = DefaultTenantClaim
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	if err := CheckIssuer(cfg.Issuer, cfg.AllowHTTP); err != nil {
		errs = append(errs, fmt.Errorf("authn: issuer %w", err))
	}
	if cfg.Audience == "" {
		errs = append(errs, errors.New("authn: an audience is required"))
	}
	if err := CheckTenantClaim(cfg.TenantClaim); err != nil {
		errs = append(errs, fmt.Errorf("authn: %w", err))
	}
	return errors.Join(errs...)
}

// CheckTenantClaim returns what is wrong with name as the claim that names the tenant.
func CheckTenantClaim(name string) error {
	for _, registered := range registeredClaims {
		// A claim that differs in case only would make every token ambiguous.
		if strings.EqualFold(name, registered) {
			return fmt.Errorf("the claim %q has a meaning of its own and cannot name the tenant", name)
		}
	}
	if strings.HasSuffix(name, ":") || strings.HasSuffix(name, "/") {
		return fmt.Errorf("the claim %q ends where its name should follow, as in custom:TenantID", name)
	}
	return nil
}

// Verify returns the principal that rawToken names. For every token that is not valid, the error is
// problem.Unauthenticated with one constant text, and wraps the Reason for the operator. Where the issuer's
// keys are not available, it is problem.Unavailable: the token may be valid or not. Neither error
// contains the token. Verify may wait for the issuer, until ctx is done, while the keys are loaded
// for the first time or where the token names a key that is not known yet.
func (v *Verifier) Verify(ctx context.Context, rawToken string) (Principal, error) {
	if err := checkForm(rawToken); err != nil {
		return Principal{}, refuse(err)
	}
	c := claims{tenantClaim: v.tenantClaim}
	if _, err := v.parser.ParseWithClaims(rawToken, &c, v.keyfunc.KeyfuncCtx(ctx)); err != nil {
		return Principal{}, classify(err)
	}
	p, err := c.principal()
	if err != nil {
		return Principal{}, refuse(err)
	}
	return p, nil
}

// Ready returns nil while tokens can be verified, else why they cannot.
func (v *Verifier) Ready() error { return v.keys.ready() }

// classify maps what the JWT library and the key set say to the error that Verify promises.
func classify(err error) error {
	var known Reason
	var unavailable *unavailableError
	switch {
	case errors.As(err, &unavailable):
		return problem.WrapUnavailable(unavailable, "tokens cannot be verified at the moment", unavailable.retryAfter)
	case errors.As(err, &known):
		return refuse(known)
	}
	for _, m := range libraryReasons {
		if errors.Is(err, m.err) {
			return refuse(m.reason)
		}
	}
	return refuse(Malformed)
}

func refuse(reason error) error { return problem.Wrap(problem.Unauthenticated, reason, Detail) }
