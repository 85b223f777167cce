package prove

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/shiptrack/pkg/authn/authntest"
)

// tokenAttacks are forged or ambiguous tokens that name the other tenant (RFC 8725). Each goes to both services, since
// each verifies tokens itself.
func tokenAttacks() []*Attack {
	var all []*Attack
	tokens := map[string]forgery{}
	maps.Copy(tokens, forgedHeaders)
	maps.Copy(tokens, forgedClaims)
	for _, name := range slices.Sorted(maps.Keys(tokens)) {
		f := tokens[name]
		for prefix, direct := range map[string]bool{"": false, "tracking-": true} {
			path := "/shipments/" + theirs + "/eta"
			all = append(all, &Attack{
				Name: "token/" + prefix + name, Does: "a token " + f.does, Differs: "the token is as the issuer signs it", Layer: Token, Codes: []string{"401"}, services: true,
				Attempt: call{direct: direct, path: path, token: f.token}.step(nil), Control: call{direct: direct, path: path, token: good(victim)}.step(nil),
			})
		}
	}
	return all
}

type forgery struct {
	does  string
	token func(*services) string
}

func encoded(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// withHeader is a token whose header differs, signed by the issuer's key.
func withHeader(does string, changes map[string]any) forgery {
	return forgery{does, func(s *services) string { return s.names.signWith(s.main.key, s.claims(victim), changes) }}
}

// withClaims is a token whose claims differ, signed by the issuer's key: a nil value removes one.
func withClaims(does string, changes map[string]any) forgery {
	return forgery{does, func(s *services) string {
		claims := s.claims(victim)
		maps.Copy(claims, changes)
		maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
		return s.names.signWith(s.main.key, claims, nil)
	}}
}

// rewritten is a token whose payload is the JSON text of the claims after change.
func rewritten(does string, change func(payload string) string) forgery {
	return forgery{does, func(s *services) string {
		payload, err := json.Marshal(s.claims(victim))
		if err != nil {
			panic(err) // a map of texts and numbers
		}
		return authntest.SignRaw(s.main.key, `{"alg":"ES256","typ":"JWT","kid":"prove-1"}`, s.names.fill(change(string(payload))))
	}}
}

// resealed is a good token whose signature, or more, is replaced.
func resealed(does string, change func(s *services, signed, signature string) string) forgery {
	return forgery{does, func(s *services) string {
		token := good(victim)(s)
		end := strings.LastIndexByte(token, '.')
		return change(s, token[:end], token[end+1:])
	}}
}

// unsigned is a token with another alg, and the signature that sign makes.
func unsigned(does, alg string, sign func(s *services, signed string) string) forgery {
	return forgery{does, func(s *services) string {
		token := s.names.signWith(s.main.key, s.claims(victim), map[string]any{"alg": alg})
		signed := token[:strings.LastIndexByte(token, '.')]
		return signed + "." + sign(s, signed)
	}}
}

// publicKeyAsSecret is the key confusion of RFC 8725, 2.1: HMAC with what everybody can read.
func publicKeyAsSecret(s *services, signed string) string {
	jwk, err := json.Marshal(s.main.key.JWK())
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, jwk)
	mac.Write([]byte(signed))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

var stranger = authntest.NewES256("prove-1")

var forgedHeaders = map[string]forgery{
	"none":            unsigned("with alg none and no signature", "none", func(*services, string) string { return "" }),
	"none-capitals":   unsigned("with alg nOnE", "nOnE", func(*services, string) string { return "" }),
	"none-signed":     withHeader("with alg none, and a signature", map[string]any{"alg": "none"}),
	"key-confusion":   unsigned("with alg HS256, by the public key as the secret", "HS256", publicKeyAsSecret),
	"other-algorithm": withHeader("with alg RS256, for a key of ES256", map[string]any{"alg": "RS256"}),
	"no-algorithm":    withHeader("without alg", map[string]any{"alg": nil}),
	"own-key":         {"signed by a key of the attacker's own, under the kid of the issuer's", func(s *services) string { return s.names.signWith(stranger, s.claims(victim), nil) }},
	"own-key-embedded": {"with the attacker's key in its header (jwk)", func(s *services) string {
		return s.names.signWith(stranger, s.claims(victim), map[string]any{"jwk": stranger.JWK()})
	}},
	"own-key-jku": {"with jku, where the attacker's keys are", func(s *services) string {
		return s.names.signWith(stranger, s.claims(victim), map[string]any{"jku": "http://127.0.0.1:9/jwks"})
	}},
	"own-key-x5u": {"with x5u, where the attacker's certificate is", func(s *services) string {
		return s.names.signWith(stranger, s.claims(victim), map[string]any{"x5u": "http://127.0.0.1:9/cert"})
	}},
	"kid-unknown": withHeader("with a kid that nobody has", map[string]any{"kid": "prove-2"}),
	"kid-path":    withHeader("with a kid that is a path", map[string]any{"kid": "../../../dev/null"}),
	"kid-query":   withHeader("with a kid that is a query", map[string]any{"kid": "x' UNION SELECT 'prove-1"}),
	"own-key-x5c": {"with the attacker's certificate in its header (x5c)", func(s *services) string {
		return s.names.signWith(stranger, s.claims(victim), map[string]any{"x5c": []string{"MIIB"}})
	}},
	"kid-missing": {"without kid, signed by a key of the attacker's own", func(s *services) string {
		return s.names.signWith(stranger, s.claims(victim), map[string]any{"kid": nil})
	}},
	"kid-null":          withHeader("whose kid is null", map[string]any{"kid": json.RawMessage("null")}),
	"kid-list":          withHeader("with a list of kids", map[string]any{"kid": []string{"prove-1"}}),
	"critical":          withHeader("with a critical header that nobody knows", map[string]any{"crit": []string{"exp2"}, "exp2": 1}),
	"type":              withHeader("of another type (typ)", map[string]any{"typ": "dpop+jwt"}),
	"type-logout":       withHeader("that is a logout token", map[string]any{"typ": "logout+jwt"}),
	"unencoded":         withHeader("whose payload is said not to be encoded (b64)", map[string]any{"b64": false}),
	"signature-zero":    resealed("whose signature is zeros", func(_ *services, signed, _ string) string { return signed + "." + encoded(string(make([]byte, 64))) }),
	"signature-missing": resealed("without its signature", func(_ *services, signed, _ string) string { return signed + "." }),
	"signature-of-own": resealed("of the other tenant under the signature of the own one", func(s *services, signed, _ string) string {
		own := good(attacker)(s)
		return signed + own[strings.LastIndexByte(own, '.'):]
	}),
	"signature-bit":   resealed("with one bit of its signature changed", func(_ *services, signed, signature string) string { return signed + "." + flipped(signature) }),
	"two-parts":       resealed("of two parts", func(_ *services, signed, _ string) string { return signed }),
	"five-parts":      resealed("of five parts, as an encrypted one has", func(_ *services, signed, signature string) string { return signed + "." + signature + ".x.y" }),
	"padded":          resealed("with padding behind its signature", func(_ *services, signed, signature string) string { return signed + "." + signature + "==" }),
	"payload-swapped": resealed("whose payload names the other tenant, under the own signature", swapped),
}

func flipped(signature string) string {
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil {
		panic(err) // it was just encoded
	}
	raw[len(raw)/2] ^= 1
	return base64.RawURLEncoding.EncodeToString(raw)
}

func swapped(s *services, signed, _ string) string {
	own := strings.Split(good(attacker)(s), ".")
	_, payload, _ := strings.Cut(signed, ".")
	return own[0] + "." + payload + "." + own[2]
}

func ago(d time.Duration) int64 { return time.Now().Add(-d).Unix() }

var forgedClaims = map[string]forgery{
	"expired":        withClaims("that has expired", map[string]any{"exp": ago(time.Minute)}),
	"no-expiry":      withClaims("that never expires", map[string]any{"exp": nil}),
	"not-yet":        withClaims("that is not valid yet", map[string]any{"nbf": ago(-time.Hour)}),
	"issued-later":   withClaims("that is issued in an hour", map[string]any{"iat": ago(-time.Hour)}),
	"other-audience": withClaims("for another audience", map[string]any{"aud": audience + "-admin"}),
	"no-audience":    withClaims("without audience", map[string]any{"aud": nil}),
	"other-issuer":   withClaims("of another issuer", map[string]any{"iss": "https://issuer.example.com"}),
	"issuer-with-slash": {"whose issuer has one more slash", func(s *services) string {
		c := s.claims(victim)
		c["iss"] = s.main.url + "/"
		return s.names.signWith(s.main.key, c, nil)
	}},
	"no-issuer":           withClaims("without issuer", map[string]any{"iss": nil}),
	"no-subject":          withClaims("without subject", map[string]any{"sub": nil}),
	"no-tenant":           withClaims("without tenant", map[string]any{"~tag~": nil}),
	"tenant-list":         withClaims("whose tenant is a list", map[string]any{"~tag~": []string{victim}}),
	"tenant-two":          withClaims("of two tenants", map[string]any{"~tag~": []string{attacker, victim}}),
	"tenant-object":       withClaims("whose tenant is an object", map[string]any{"~tag~": map[string]any{"id": victim}}),
	"tenant-number":       withClaims("whose tenant is a number", map[string]any{"~tag~": 1}),
	"tenant-empty":        withClaims("whose tenant is empty", map[string]any{"~tag~": ""}),
	"tenant-wildcard":     withClaims("whose tenant is *", map[string]any{"~tag~": "*"}),
	"tenant-space":        withClaims("whose tenant has a space behind it", map[string]any{"~tag~": victim + " "}),
	"tenant-space-before": withClaims("whose tenant has a space before it", map[string]any{"~tag~": " " + victim}),
	"tenant-other-case":   withClaims("whose tenant is in capitals", map[string]any{"~tag~": "BLUE"}),
	"tenant-look-alike":   withClaims("whose tenant has a Cyrillic letter", map[string]any{"~tag~": "blu\u0435"}),
	"tenant-null-byte":    withClaims("whose tenant has a null byte behind it", map[string]any{"~tag~": victim + "\x00"}),
	"tenant-separator":    withClaims("whose tenant has a separator in it", map[string]any{"~tag~": "blue/admin"}),
	"tenant-reserved":     withClaims("whose tenant is reserved for the isolation check", map[string]any{"~tag~": "check.a"}),
	"tenant-variable":     withClaims("whose tenant is a policy variable", map[string]any{"~tag~": "${aws:username}"}),
	"claim-in-other-case": withClaims("whose claim is ~tag-other-case~", map[string]any{"~tag~": nil, "~tag-other-case~": victim}),
	"claim-in-two-cases":  withClaims("with the own tenant, and the other in ~tag-other-case~", map[string]any{"~tag~": attacker, "~tag-other-case~": victim}),
	"claim-twice":         rewritten("that names two tenants, one after the other", func(p string) string { return strings.Replace(p, `"~tag~":`, `"~tag~":"yellow","~tag~":`, 1) }),
	"claim-twice-escaped": rewritten("that names two tenants, one in escapes", func(p string) string {
		return strings.Replace(p, `"~tag~":`, `"~tag-escaped~":"yellow","~tag~":`, 1)
	}),
	"payload-trailing":     rewritten("with a second payload behind the first", func(p string) string { return p + p }),
	"payload-no-object":    rewritten("whose payload is a list", func(p string) string { return "[" + p + "]" }),
	"payload-invalid-utf8": rewritten("whose payload is not UTF-8", func(p string) string { return string(bytes.Replace([]byte(p), []byte("ana"), []byte("\xff\xfe"), 1)) }),
}
