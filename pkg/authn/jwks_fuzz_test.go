package authn

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/pkg/alloctest"
)

// FuzzKey: a published key is one that a pinned algorithm takes, or it is refused.
func FuzzKey(f *testing.F) {
	f.Add([]byte(`{"kty":"EC","crv":"P-256","kid":"a","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`))
	f.Add([]byte(`{"kty":"RSA","kid":"b","n":"AQAB","e":"AQAB","alg":"RS256","use":"sig","key_ops":["verify"]}`))
	f.Add([]byte(`{"kty":"oct","kid":"c","k":"AAAA"}`))
	f.Add([]byte(`{"kty":"OKP","crv":"Ed25519","kid":"d","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > maxDocument {
			return // see source.get
		}
		alloctest.Bound(t, len(raw), func() {
			key, err := parseKey(jsontext.Value(raw), algorithms)
			if err != nil {
				return
			}
			if len(key.kid) > maxKeyID {
				t.Errorf("%q is taken with a kid of %d bytes", raw, len(key.kid))
			}
			if fits, err := fitting(key.public, "", algorithms); err != nil || len(key.algorithms) == 0 {
				t.Errorf("%q is taken for %v, and fits %v: %v", raw, key.algorithms, fits, err)
			}
		})
	})
}
