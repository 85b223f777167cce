package prove

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
)

// keptAttacks are on the verified tokens that a service keeps: such a token once it is no longer good, and tokens that differ
// from it in one thing. Each attempt shows first that the service accepts the token, and so keeps it. A denial counts only
// for the reason that is due. The controls are signed anew.
func keptAttacks() []*Attack {
	var all []*Attack
	for _, name := range slices.Sorted(maps.Keys(keptTokens)) {
		k := keptTokens[name]
		for prefix, direct := range map[string]bool{"": false, "tracking-": true} {
			c := call{direct: direct, path: "/shipments/" + theirs + "/eta"}
			all = append(all, &Attack{
				Name: "token/" + prefix + "kept-" + name, Does: "a token " + k.does, Differs: k.differs, Layer: Token, Codes: []string{string(k.reason)}, services: true,
				Attempt: k.attempt(c), Control: k.control(c),
			})
		}
	}
	return all
}

// keptToken is an attack on a token of victim that a service keeps.
type keptToken struct {
	does, differs string
	reason        authn.Reason
	rotates       bool          // the issuer is one that drops its key
	life          time.Duration // how long the services accept the token, 0 for an hour
	// replay returns the token of the attempt.
	replay func(context.Context, kept) (string, error)
}

// kept is a token that a service just accepted.
type kept struct {
	call   call
	on     *services
	issuer *issuer
	claims map[string]any
	token  string
}

func (k keptToken) attempt(c call) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		accepted := kept{call: c, on: w.services, issuer: k.issuer(w.services, c)}
		accepted.claims = accepted.issuer.claims(victim)
		accepted.claims["jti"] = "1"
		if k.life > 0 {
			accepted.claims["exp"] = time.Now().Add(k.life - authn.Leeway).Unix()
		}
		accepted.token = accepted.issuer.sign(accepted.claims)
		if err := accepted.send(ctx, accepted.token); err != nil {
			return Answer{}, err
		}
		token, err := k.replay(ctx, accepted)
		if err != nil {
			return Answer{}, err
		}
		c.token = func(*services) string { return token }
		a, err := c.send(ctx, w.services)
		if err != nil || a.Status != 401 {
			return a, err
		}
		return w.services.withReason(ctx, c, a, k.reason)
	}
}

func (k keptToken) control(c call) Step {
	c.token = func(s *services) string {
		i := k.issuer(s, c)
		return i.sign(i.claims(victim))
	}
	return c.step(nil)
}

func (k keptToken) issuer(s *services, c call) *issuer {
	if k.rotates {
		return s.rotating[c.direct]
	}
	return s.main
}

// send sends token, which has to be accepted.
func (k kept) send(ctx context.Context, token string) error {
	c := k.call
	c.token = func(*services) string { return token }
	a, err := c.send(ctx, k.on)
	if err == nil && !a.ok() {
		return errors.New("a good token is not accepted: " + a.By)
	}
	return err
}

// withReason gives a, a refusal of the token, the code of the reason if the log of the service has that one.
func (s *services) withReason(ctx context.Context, c call, a Answer, reason authn.Reason) (Answer, error) {
	return a, s.await(ctx, "writing their logs", func() bool {
		lines, err := s.log(c.to())
		found := slices.IndexFunc(lines, func(l logLine) bool { return l.RequestID == a.RequestID && l.Status == "401" })
		if err != nil || found < 0 {
			return false
		}
		a.By = fmt.Sprintf("%s: 401 %s", c.to(), lines[found].Error)
		if strings.Contains(lines[found].Error, string(reason)) {
			a.Code = string(reason)
		}
		return true
	})
}

var keptTokens = map[string]keptToken{
	"rotated": {
		does: "that is kept, after its issuer dropped the key that signed it", differs: "the key is the one that the issuer publishes now",
		reason: authn.UnknownKey, rotates: true, replay: afterRotation,
	},
	"expired": {
		does: "that is kept, after its time", differs: "it has an hour left",
		reason: authn.Expired, life: 5 * time.Second, replay: afterExpiry,
	},
	"other-audience": {
		does: "for another audience; else it is as one that is kept", differs: "the audience",
		reason: authn.WrongAudience, replay: func(_ context.Context, k kept) (string, error) {
			return k.issuer.sign(k.but("aud", audience+"-admin")), nil
		},
	},
	"other-provider": {
		does: "of an issuer that may not speak for its tenant; else it is as one that is kept", differs: "the issuer",
		reason: authn.ForeignTenant, replay: func(_ context.Context, k kept) (string, error) {
			return k.on.foreign.sign(k.but("iss", k.on.foreign.url)), nil
		},
	},
	"other-providers-key": {
		does: "with the claims of one that is kept, signed by another issuer", differs: "the issuer that it names signed it",
		reason: authn.UnknownKey, replay: func(_ context.Context, k kept) (string, error) { return k.on.foreign.sign(k.claims), nil },
	},
	"other-signature": {
		does: "with header and payload of one that is kept, under the signature of an own one", differs: "the signature is its own",
		reason: authn.BadSignature, replay: func(_ context.Context, k kept) (string, error) {
			own := k.issuer.sign(k.issuer.claims(attacker))
			return k.token[:strings.LastIndexByte(k.token, '.')] + own[strings.LastIndexByte(own, '.'):], nil
		},
	},
	"other-payload": {
		does: "with another payload, under header and signature of one that is kept", differs: "the payload is the one that was signed",
		reason: authn.BadSignature, replay: func(_ context.Context, k kept) (string, error) {
			other := strings.Split(k.issuer.sign(k.but("sub", "eve")), ".")
			parts := strings.Split(k.token, ".")
			return parts[0] + "." + other[1] + "." + parts[2], nil
		},
	},
}

// but returns the claims of k with another value of one.
func (k kept) but(name, value string) map[string]any {
	changed := maps.Clone(k.claims)
	changed[name] = value
	return changed
}

// afterRotation lets the issuer publish another key alone, and sends a token of it: so the service asks for the keys again.
func afterRotation(ctx context.Context, k kept) (string, error) {
	k.issuer.publish(authntest.NewES256("rotating-2"))
	return k.token, k.send(ctx, k.issuer.sign(k.issuer.claims(victim)))
}

func afterExpiry(ctx context.Context, k kept) (string, error) {
	exp, _ := k.claims["exp"].(int64)
	end := time.NewTimer(time.Until(time.Unix(exp, 0).Add(authn.Leeway)))
	defer end.Stop()
	select {
	case <-end.C:
		return k.token, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
