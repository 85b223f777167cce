package authn_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/alloctest"
	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
	"example.com/shiptrack/pkg/problem"
)

var tenantID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`)

// FuzzVerify signs whatever header and payload it is given with the published key, so that nothing but
// the checks under test stands between them and a principal, and reads what was accepted again with a
// lenient reader: both must agree on who it is.
func FuzzVerify(f *testing.F) {
	issuer := newIssuer(f)
	v := newVerifier(f, issuer, nil)
	key := issuer.SigningKey()
	const header = `{"alg":"ES256","typ":"JWT","kid":"key-1"}`
	f.Add(header, string(payloadJSON(issuer.Claims("yellow", "ana"))), "")
	f.Fuzz(func(t *testing.T, header, payload, tail string) {
		token := authntest.SignRaw(key, header, payload) + tail
		var p authn.Principal
		var err error
		alloctest.Bound(t, len(token), func() { p, err = v.Verify(t.Context(), token) })
		if err != nil {
			if kind := problem.KindOf(err); kind != problem.Unauthenticated {
				t.Fatalf("header %q, payload %q: %v, want unauthenticated", header, payload, err)
			}
			return
		}
		var read map[string]any
		if err := json.Unmarshal([]byte(payload), &read); err != nil {
			t.Fatalf("accepted the payload %q, which is not JSON: %v", payload, err)
		}
		exp, _ := read["exp"].(float64)
		switch {
		case tail != "":
			t.Fatalf("accepted with %q after the signature", tail)
		case read["iss"] != issuer.URL || exp+30 < float64(noon.Unix()):
			t.Fatalf("accepted the payload %q", payload)
		case read["TenantID"] != p.Tenant.String() || !tenantID.MatchString(p.Tenant.String()):
			t.Fatalf("payload %q gave the tenant %q", payload, p.Tenant)
		case read["sub"] != p.Subject || p.Subject == "":
			t.Fatalf("payload %q gave the subject %q", payload, p.Subject)
		case strings.Count(strings.ToLower(payload), `"tenantid"`) > 1:
			t.Fatalf("accepted the payload %q, which may name two tenants", payload)
		}
	})
}
