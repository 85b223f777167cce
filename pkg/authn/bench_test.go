package authn_test

import (
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
)

// BenchmarkVerify compares tokens that are kept with those that are verified each time, in one run.
func BenchmarkVerify(b *testing.B) {
	issuer := newIssuer(b)
	issuer.SetKeys(issuer.SigningKey(), rsaKey())
	claims := issuer.Claims("yellow", "ana")
	tokens := []struct{ name, token string }{{"ES256", issuer.Sign(claims, nil)}, {"RS256", authntest.SignWith(rsaKey(), claims, nil)}}
	for _, t := range tokens {
		var anew float64 // ns
		for _, tt := range []struct {
			name string
			kept int
		}{{"anew", 0}, {"kept", 100}} {
			v := newVerifier(b, issuer, func(c *authn.Config) { c.KeptTokens = tt.kept })
			b.Run(t.name+"/"+tt.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := v.Verify(b.Context(), t.token); err != nil {
						b.Fatal(err)
					}
				}
				took := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
				if tt.kept == 0 {
					anew = took
				} else if anew > 0 {
					b.ReportMetric(anew/took, "times-faster")
				}
			})
		}
	}
}

func BenchmarkVerifyKeptParallel(b *testing.B) {
	issuer := newIssuer(b)
	v := newVerifier(b, issuer, nil)
	token := issuer.Token("yellow", "ana")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := v.Verify(b.Context(), token); err != nil {
				b.Error(err)
			}
		}
	})
}
