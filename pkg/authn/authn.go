// Package authn turns a bearer token into a Principal: who sent the request, and for which tenant. It accepts
// only a JWT of a configured Provider, for its audience, signed with one of its algorithms by a key that this
// issuer publishes, with exactly one well-formed tenant for which this issuer may speak. It refuses every other
// token. The rules are those of RFC 8725 (JSON Web Token Best Current Practices) and RFC 7519.
package authn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
)

// Leeway is how far the clocks of issuer and service may differ; it applies to exp, nbf and iat.
const Leeway = 30 * time.Second

// DefaultMaxTokenBytes is the size of the longest token that is looked at where Config does not say otherwise.
const DefaultMaxTokenBytes = 16 << 10

// Principal is the user that a verified token names.
type Principal struct {
	Issuer  string // the token's iss
	Subject string // the token's sub; unique within the issuer, never empty
	Tenant  tenant.ID
}

// Config says which tokens to accept.
type Config struct {
	// Providers are the issuers, at least one. Check says what is wrong with them.
	Providers []Provider
	// MaxTokenBytes is the size of the longest token that is looked at; 0 is DefaultMaxTokenBytes.
	MaxTokenBytes int
	// KeptTokens is how many verified tokens are kept, so that the next request with one of them needs no
	// verification: about 600 bytes each. 0 keeps none. See Verify.
	KeptTokens int
	// HTTPClient fetches the keys; nil is a client of its own. Its redirect rule is replaced by ours.
	HTTPClient *http.Client
	Now        func() time.Time // nil is time.Now
	Logger     *slog.Logger     // nil is silence
}

// Verifier verifies bearer tokens. It is safe for concurrent use.
type Verifier struct {
	maxTokenBytes int
	now           func() time.Time
	issuers       map[string]*issuer // by the iss of their tokens
	keySets       []*keySet          // of all issuers; those of one template share one
	kept          keptTokens
}

// New returns a Verifier and starts to load the issuers' keys, in the background until ctx is done. It
// does not wait for the issuers. It returns an error only where cfg is wrong.
func New(ctx context.Context, cfg Config) (*Verifier, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	kept, err := newKeptTokens(cfg.KeptTokens)
	if err != nil {
		return nil, err
	}
	v := &Verifier{maxTokenBytes: cfg.MaxTokenBytes, now: cfg.Now, issuers: map[string]*issuer{}, kept: kept}
	for _, p := range cfg.Providers {
		p = p.withDefaults()
		keys := newKeySet(cfg, p)
		v.keySets = append(v.keySets, keys)
		for _, i := range p.issuers(keys) {
			v.issuers[i.name] = i
		}
		go keys.run(ctx)
	}
	return v, nil
}

func (cfg *Config) setDefaults() error {
	if cfg.MaxTokenBytes == 0 {
		cfg.MaxTokenBytes = DefaultMaxTokenBytes
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	var wrong []error
	if len(cfg.Providers) == 0 {
		wrong = append(wrong, errors.New("authn: a provider is required"))
	}
	for _, fault := range Check(cfg.Providers) {
		wrong = append(wrong, fmt.Errorf("authn: %w", fault))
	}
	if cfg.MaxTokenBytes < 0 || cfg.KeptTokens < 0 {
		wrong = append(wrong, errors.New("authn: MaxTokenBytes and KeptTokens must not be negative"))
	}
	return errors.Join(wrong...)
}

// Verify returns the principal that rawToken names. For every token that is not valid, the error is
// problem.Unauthenticated with one constant text, and wraps the Reason for the operator. Where the issuer's
// keys are not available, it is problem.Unavailable: the token may be valid or not. Neither error
// contains the token. Verify may wait for the issuer, until ctx is done, while the keys are loaded
// for the first time or where the token does not fit the keys that are known.
//
// A token that is kept is answered without a verification of its signature while the keys of its issuer are
// those that verified it; its times are checked anew.
func (v *Verifier) Verify(ctx context.Context, rawToken string) (Principal, error) {
	if p, ok := v.kept.get(rawToken, v.now()); ok {
		return p, nil
	}
	verified, err := v.verify(ctx, rawToken)
	if err != nil {
		return Principal{}, classify(err)
	}
	v.kept.put(rawToken, verified)
	return verified.principal, nil
}

// verified is a principal and what it depends on: the times of its token, and the keys that were the issuer's.
type verified struct {
	principal  Principal
	times      times
	keys       *keySet
	generation uint64
}

func (v *Verifier) verify(ctx context.Context, rawToken string) (verified, error) {
	t, err := parse(rawToken, v.maxTokenBytes)
	if err != nil {
		return verified{}, err
	}
	i := v.issuers[t.claims.issuer]
	if i == nil {
		return verified{}, v.stranger(t)
	}
	found, err := i.verify(ctx, t, v.now)
	if err != nil {
		// The name is that of the configuration, so it may stand in a log whoever signed the token.
		return verified{}, fmt.Errorf("%w (issuer %s)", err, i.name)
	}
	return found, nil
}

// stranger says why a token is refused whose iss is nobody's. The log shows the iss where a key of ours signed
// the token: else the sender chose the text.
func (v *Verifier) stranger(t *token) error {
	if t.claims.issuer == "" {
		return NoIssuer
	}
	for _, keys := range v.keySets {
		if t.kid != "" && keys.current.Load().check(t) == nil {
			return fmt.Errorf("%w: iss is %.200q", WrongIssuer, t.claims.issuer)
		}
	}
	return UnknownIssuer
}

// Ready returns nil while tokens of at least one issuer can be verified, else why they cannot: one issuer that
// does not answer must not stop the service for the others.
func (v *Verifier) Ready() error {
	var all []error
	for _, keys := range v.keySets {
		err := keys.ready()
		if err == nil {
			return nil
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// classify maps what a verification says to the error that Verify promises.
func classify(err error) error {
	if unavailable, ok := errors.AsType[*unavailableError](err); ok {
		return problem.WrapUnavailable(unavailable, "tokens cannot be verified at the moment", unavailable.retryAfter)
	}
	return problem.Wrap(problem.Unauthenticated, err, Detail)
}
