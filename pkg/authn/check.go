package authn

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with the configuration of a provider.
type Fault struct {
	Provider int    // its index
	Field    string // the name of the field in a providers file, such as tenant_claim
	Reason   string
}

// Error returns the fault on one line, with the number of the provider from 1.
func (f Fault) Error() string {
	return fmt.Sprintf("provider %d: %s: %s", f.Provider+1, f.Field, f.Reason)
}

// The bounds of what a provider may list.
const (
	maxPath        = 8 // members from the payload to the tenant
	maxClaimName   = 256
	personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad" // Entra's directory of all personal accounts
)

var (
	directoryID    = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	audienceClaims = []string{"aud", "client_id", "azp"}
	ownRules       = []string{"iss", "aud", "exp", "nbf", "iat"} // claims that have a rule of their own
)

// Check returns all that is wrong with providers: with each of them, and with what two of them have in common. Two
// issuers that may speak for one tenant are a fault unless both are Shared. It is judged on the id as it reaches
// the session tag: a plain id may equal another issuer's encoded one.
func Check(providers []Provider) []Fault {
	var all []Fault
	scopes := make([]scope, len(providers))
	for n := range providers {
		p := providers[n].withDefaults()
		fault := func(field, format string, args ...any) {
			all = append(all, Fault{n, field, fmt.Sprintf(format, args...)})
		}
		p.checkIssuer(fault)
		p.checkAudience(fault)
		p.checkAccepted(fault)
		p.checkTenant(fault)
		scopes[n] = p.checkTenants(fault)
	}
	return append(all, conflicts(providers, scopes)...)
}

type faultFunc func(field, format string, args ...any)

func (p Provider) checkIssuer(fault faultFunc) {
	issuer := strings.ReplaceAll(p.Issuer, tidTemplate, personalTenant)
	if p.Issuer == "" {
		fault("issuer", "is required: the tokens' iss claim, such as https://issuer.example.com")
	} else if err := CheckIssuer(issuer, p.AllowHTTP); err != nil {
		fault("issuer", "%v", err)
	}
	if p.JWKSURI != "" {
		if _, err := checkURL(p.JWKSURI, p.AllowHTTP); err != nil {
			fault("jwks_uri", "%v", err)
		}
	}
	if p.isTemplate() != (len(p.EntraTenants) > 0) {
		fault("entra_tenants", "belongs to an issuer with %s, and such an issuer needs it: list the directories (tid) that may sign in", tidTemplate)
	}
	for _, tid := range p.EntraTenants {
		switch {
		case tid == personalTenant:
			fault("entra_tenants", "%s is the directory of all personal accounts, which anybody may open", tid)
		case !directoryID.MatchString(tid):
			fault("entra_tenants", "%.50q is not a directory's id, a GUID in lower case", tid)
		}
	}
	if hasTwice(p.EntraTenants) {
		fault("entra_tenants", "lists a directory twice")
	}
}

func (p Provider) checkAudience(fault faultFunc) {
	if len(p.Audiences) == 0 {
		fault("audiences", "is required: what the tokens' %s must name, such as shiptrack", p.AudienceClaim)
	}
	if slices.Contains(p.Audiences, "") {
		fault("audiences", "lists an empty name")
	}
	if !slices.Contains(audienceClaims, p.AudienceClaim) {
		fault("audience_claim", "%.50q is not one of %s", p.AudienceClaim, strings.Join(audienceClaims, ", "))
	}
}

// checkAccepted checks what a token must be like, but for its audience and its tenant.
func (p Provider) checkAccepted(fault faultFunc) {
	for _, name := range slices.Sorted(maps.Keys(p.RequiredClaims)) {
		switch {
		case name == "" || p.RequiredClaims[name] == "":
			fault("required_claims", "needs a name and a value for each claim")
		case slices.Contains(ownRules, name):
			fault("required_claims", "%s is checked by a rule of its own", name)
		}
	}
	for _, name := range p.TokenTypes {
		if !slices.Contains(types, name) {
			fault("token_types", "%.50q is not one of %s", name, strings.Join(types, ", "))
		}
	}
	for _, name := range p.Algorithms {
		if !slices.Contains(algorithms, name) {
			fault("algorithms", "%.50q is not one of %s", name, strings.Join(algorithms, ", "))
		}
	}
}

func (p Provider) checkTenant(fault faultFunc) {
	if err := checkTenantClaim(p.TenantClaim); err != nil {
		fault("tenant_claim", "%v", err)
	}
	if !slices.Contains([]TenantValue{Text, OnlyEntry, OnlyMember}, p.TenantValue) {
		fault("tenant_value", "%.50q is not one of %s, %s, %s", string(p.TenantValue), Text, OnlyEntry, OnlyMember)
	}
	// Whoever administers a directory decides what its other claims say.
	if len(p.EntraTenants) > 1 && !p.namesDirectories() {
		fault("tenant_claim", "must be tid where several directories sign in: each could name another's tenant by any other claim; "+
			"or configure one provider for each directory, with tenants of its own")
	}
}

func checkTenantClaim(path []string) error {
	if len(path) > maxPath {
		return fmt.Errorf("has more than %d members", maxPath)
	}
	for depth, name := range path {
		switch {
		case name == "" || len(name) > maxClaimName:
			return errors.New("has a member without a name, or with one that is too long")
		case strings.HasSuffix(name, ":") || strings.HasSuffix(name, "/"):
			return fmt.Errorf("the claim %q ends where its name should follow, as in custom:TenantID", name)
		}
		for _, registered := range registeredClaims {
			// A claim that differs in case only would make every token ambiguous.
			if depth == 0 && strings.EqualFold(name, registered) {
				return fmt.Errorf("the claim %q has a meaning of its own and cannot name the tenant", name)
			}
		}
	}
	return nil
}

func (p Provider) checkTenants(fault faultFunc) scope {
	if p.TenantForm != Plain && p.TenantForm != Encoded {
		fault("tenant_form", "%.50q is not one of %s, %s", string(p.TenantForm), Plain, Encoded)
		return scope{}
	}
	if len(p.Tenants) == 0 {
		fault("tenants", `is required: the tenants for which this issuer may speak, such as [acme, acme-*], or "*" for all`)
	}
	s, wrong := newScope(p.TenantForm, p.Tenants)
	for _, err := range wrong {
		fault("tenants", "%v", err)
	}
	return s
}

// conflicts returns where two providers are in each other's way.
func conflicts(providers []Provider, scopes []scope) []Fault {
	var all []Fault
	owner := map[string]int{}
	for n, p := range providers {
		for name := range p.issuerNames() {
			if before, taken := owner[name]; taken && name != "" {
				all = append(all, Fault{n, "issuer", fmt.Sprintf("%s is the issuer of provider %d too", name, before+1)})
			}
			owner[name] = n
		}
		for other := range n {
			if p.Shared && providers[other].Shared {
				continue
			}
			if name, both := scopes[n].overlap(scopes[other]); both {
				all = append(all, Fault{n, "tenants", fmt.Sprintf("%.100q may be a tenant of provider %d too (%s): "+
					"set shared: true at both where that is meant", name, other+1, providers[other].Issuer)})
			}
		}
	}
	return all
}

func hasTwice(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) < len(names)
}
