package authn_test

import (
	"testing"

	"example.com/shiptrack/pkg/authn/authntest"
)

func BenchmarkVerify(b *testing.B) {
	issuer := newIssuer(b)
	issuer.SetKeys(issuer.SigningKey(), rsaKey())
	v := newVerifier(b, issuer, nil)
	claims := issuer.Claims("yellow", "ana")
	for name, token := range map[string]string{
		"ES256": issuer.Sign(claims, nil), "RS256": authntest.SignWith(rsaKey(), claims, nil),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
