package authn_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/tenant"
	"pgregory.net/rapid"
)

// speaker is a provider that is right but for what its tenants make wrong.
func speaker(name string, form authn.TenantForm, tenants ...string) authn.Provider {
	return authn.Provider{Issuer: "https://" + name + ".example.com", Audiences: []string{"shiptrack"}, TenantForm: form, Tenants: tenants}
}

// encodedAs returns the ID that an encoded issuer gives name.
func encodedAs(name string) string {
	id, err := tenant.Encode(name)
	if err != nil {
		panic(err)
	}
	return id.String()
}

func TestTwoIssuersMayNotSpeakForOneTenant(t *testing.T) {
	const plain, encoded = authn.Plain, authn.Encoded
	for _, tt := range []struct {
		name    string
		a, b    authn.Provider
		overlap bool
	}{
		{"the same name", speaker("a", plain, "acme"), speaker("b", plain, "blue", "acme"), true},
		{"two names", speaker("a", plain, "acme"), speaker("b", plain, "blue"), false},
		{"twins", speaker("a", plain, "acme"), speaker("b", plain, "acme-eu"), false},
		{"a prefix and its name", speaker("a", plain, "acme"), speaker("b", plain, "acme-*"), false},
		{"a prefix and a name that has it", speaker("a", plain, "acme-eu"), speaker("b", plain, "acme-*"), true},
		{"a prefix without a hyphen", speaker("a", plain, "acme2"), speaker("b", plain, "acme*"), true},
		{"a prefix of a prefix", speaker("a", plain, "acme-eu-*"), speaker("b", plain, "acme-*"), true},
		{"two prefixes", speaker("a", plain, "acme-*"), speaker("b", plain, "blue-*"), false},
		{"all and one", speaker("a", plain, "*"), speaker("b", plain, "acme"), true},
		{"all and all", speaker("a", plain, "*"), speaker("b", plain, "*"), true},
		{"one encoded name", speaker("a", encoded, "org_aBc"), speaker("b", encoded, "org_aBc"), true},
		{"two encoded names", speaker("a", encoded, "org_aBc"), speaker("b", encoded, "org_abc"), false},
		{"an encoded prefix and its name", speaker("a", encoded, "org_*"), speaker("b", encoded, "org_aBc"), true},
		{"the same name in two forms", speaker("a", plain, "acme"), speaker("b", encoded, "acme"), false},
		{"a plain name that is another's encoded one", speaker("a", plain, encodedAs("org_aBc")), speaker("b", encoded, "org_aBc"), true},
		{"and the other way round", speaker("a", encoded, "org_aBc"), speaker("b", plain, encodedAs("org_aBc")), true},
		{"a plain name that is none of another's encoded ones", speaker("a", plain, "yellow"), speaker("b", encoded, "*"), false},
		{"a plain name that is one of all encoded ones", speaker("a", plain, encodedAs("x")), speaker("b", encoded, "*"), true},
		{"a plain prefix and an encoded name", speaker("a", plain, encodedAs("org_aBc")[:6]+"*"), speaker("b", encoded, "org_aBc"), true},
		{"an encoded prefix and a plain name", speaker("a", plain, encodedAs("org_aBc")), speaker("b", encoded, "org_*"), true},
		{"prefixes that meet in bits", speaker("a", plain, encodedAs("org_aBc")[:3]+"*"), speaker("b", encoded, "o*"), true},
		{"prefixes that differ in a bit", speaker("a", plain, "a*"), speaker("b", encoded, "o*"), false},
		{"a plain prefix that base32 never has", speaker("a", plain, "n1*"), speaker("b", encoded, "*"), false},
		{"all plain and all encoded", speaker("a", plain, "*"), speaker("b", encoded, "*"), true},
	} {
		for _, pair := range [][]authn.Provider{{tt.a, tt.b}, {tt.b, tt.a}} {
			faults := authn.Check(pair)
			if found := len(faults) > 0; found != tt.overlap || found && faults[0].Field != "tenants" {
				t.Errorf("%s: faults %v, an overlap: want %t", tt.name, faults, tt.overlap)
			}
			pair[0].Shared = true
			if faults := authn.Check(pair); len(faults) > 0 != tt.overlap {
				t.Errorf("%s, shared at one alone: faults %v, an overlap: want %t", tt.name, faults, tt.overlap)
			}
			pair[1].Shared = true
			if faults := authn.Check(pair); len(faults) > 0 {
				t.Errorf("%s, shared at both: faults %v", tt.name, faults)
			}
		}
	}
}

// Whatever the forms and patterns are: where two issuers' tokens can name one ID, Check says so.
func TestNoOverlapGoesUnnoticed(t *testing.T) {
	forms := rapid.SampledFrom([]authn.TenantForm{authn.Plain, authn.Encoded})
	rapid.Check(t, func(t *rapid.T) {
		// An ID that both forms can give, and what each issuer calls it.
		encodedName := rapid.StringMatching(`[a-zA-Z0-9_.-]{1,20}`).Draw(t, "name")
		id := encodedAs(encodedName)
		var pair []authn.Provider
		for _, issuer := range []string{"a", "b"} {
			form := forms.Draw(t, "form of "+issuer)
			name := id
			if form == authn.Encoded {
				name = encodedName
			}
			pattern := name
			if rapid.Bool().Draw(t, "prefix of "+issuer) {
				pattern = name[:rapid.IntRange(0, len(name)).Draw(t, "length")] + "*"
			}
			if len(authn.Check([]authn.Provider{speaker(issuer, form, pattern)})) > 0 {
				t.Skip("no such pattern alone")
			}
			pair = append(pair, speaker(issuer, form, pattern))
		}
		if len(authn.Check(pair)) == 0 {
			t.Fatalf("%v and %v may both name %s", pair[0].Tenants, pair[1].Tenants, id)
		}
	})
}

func TestEachFaultOfAProviderIsNamed(t *testing.T) {
	const tid = "11111111-2222-3333-4444-555555555555"
	entra := speaker("login", authn.Plain)
	entra.Issuer, entra.TenantClaim = "https://login.microsoftonline.com/{tenantid}/v2.0", []string{"tid"}
	for _, tt := range []struct {
		name   string
		good   authn.Provider
		change func(*authn.Provider)
		field  string
	}{
		{"an issuer without tenants", speaker("a", "", "*"), func(p *authn.Provider) { p.Tenants = nil }, "tenants"},
		{"no audience", speaker("a", "", "*"), func(p *authn.Provider) { p.Audiences = nil }, "audiences"},
		{"an empty audience", speaker("a", "", "*"), func(p *authn.Provider) { p.Audiences = []string{"x", ""} }, "audiences"},
		{"a path too long", speaker("a", "", "*"), func(p *authn.Provider) { p.TenantClaim = strings.Split("a.b.c.d.e.f.g.h.i", ".") }, "tenant_claim"},
		{"a tenant too long to be encoded", speaker("a", "encoded", strings.Repeat("x", 39)), func(p *authn.Provider) { p.Tenants = []string{strings.Repeat("x", 40)} }, "tenants"},
		{"a prefix too long to be encoded", speaker("a", "encoded", strings.Repeat("x", 38)+"*"), func(p *authn.Provider) { p.Tenants = []string{strings.Repeat("x", 39) + "*"} }, "tenants"},
		{"a prefix too long", speaker("a", "", strings.Repeat("x", 62)+"*"), func(p *authn.Provider) { p.Tenants = []string{strings.Repeat("x", 63) + "*"} }, "tenants"},
		{"two directories and another claim", directories(entra, tid, tid[:35]+"6"), func(p *authn.Provider) { p.TenantClaim, p.Tenants = []string{"extension_tenant"}, []string{"*"} }, "tenant_claim"},
		{"the directory of everybody", directories(entra, tid), func(p *authn.Provider) { p.EntraTenants = []string{"9188040d-6c67-4c5b-b112-36a304b66dad"} }, "entra_tenants"},
		{"a directory's name", directories(entra, tid), func(p *authn.Provider) { p.EntraTenants, p.Tenants = []string{"contoso.com"}, []string{"x*"} }, "entra_tenants"},
		{"a directory twice", directories(entra, tid), func(p *authn.Provider) { p.EntraTenants = []string{tid, tid} }, "entra_tenants"},
		{"a template without directories", directories(entra, tid), func(p *authn.Provider) { p.EntraTenants, p.Tenants = nil, []string{"*"} }, "entra_tenants"},
	} {
		if faults := authn.Check([]authn.Provider{tt.good}); len(faults) > 0 {
			t.Errorf("%s: the control has the faults %v", tt.name, faults)
		}
		tt.change(&tt.good)
		if faults := authn.Check([]authn.Provider{tt.good}); len(faults) == 0 || faults[0].Field != tt.field {
			t.Errorf("%s: faults %v, want one of %s", tt.name, faults, tt.field)
		}
	}
	if faults := authn.Check([]authn.Provider{speaker("a", "", "acme"), speaker("a", "", "blue")}); len(faults) != 1 || faults[0].Field != "issuer" {
		t.Errorf("one issuer twice: faults %v", faults)
	}
	single := speaker("x", "", tid)
	single.Issuer = strings.ReplaceAll(entra.Issuer, "{tenantid}", tid)
	if faults := authn.Check([]authn.Provider{directories(entra, tid), single}); len(faults) == 0 {
		t.Error("an issuer that stands in a template too is accepted")
	}
}

func directories(p authn.Provider, tids ...string) authn.Provider {
	p.EntraTenants = tids
	return p
}

func ExampleCheck() {
	fmt.Println(authn.Check([]authn.Provider{speaker("a", authn.Plain, "acme-*"), speaker("b", authn.Plain, "acme-eu")})[0])
	// Output:
	// provider 2: tenants: "acme-eu" may be a tenant of provider 1 too (https://a.example.com): set shared: true at both where that is meant
}
