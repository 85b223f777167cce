package authn

import (
	"slices"
	"strings"
)

// DefaultTenantClaim is the claim that names the tenant where a Provider does not say otherwise.
const DefaultTenantClaim = "TenantID"

// tidTemplate stands in an Entra issuer for the id of a directory, as in Entra's own documents.
const tidTemplate = "{tenantid}"

// TenantValue is the shape of the tenant claim's value.
type TenantValue string

// The shapes. Each holds exactly one tenant.
const (
	Text       TenantValue = "text"        // a string
	OnlyEntry  TenantValue = "only-entry"  // a list with one string
	OnlyMember TenantValue = "only-member" // an object with one member, whose name is the tenant
)

// TenantForm is how the tenant claim becomes a tenant.ID.
type TenantForm string

// The forms.
const (
	Plain   TenantForm = "plain"   // as it is, see tenant.Parse
	Encoded TenantForm = "encoded" // every one encoded, see tenant.Encode
)

// Provider is one identity provider: an issuer of tokens, and what is demanded of them.
type Provider struct {
	// Issuer is the URL that tokens name in iss: https, or http where the host is this machine's loopback or
	// AllowHTTP is set. {tenantid} in it stands for each of EntraTenants.
	Issuer string
	// EntraTenants are the directories (tid) of Microsoft Entra whose tokens are accepted, where Issuer holds
	// {tenantid}. The token's tid must be the one of its iss.
	EntraTenants []string
	// JWKSURI is where the keys are. Empty: the issuer's /.well-known/openid-configuration says where.
	JWKSURI string
	// Audiences: the token must name one of them.
	Audiences []string
	// AudienceClaim is the claim that names the audience: aud, client_id or azp; empty is aud. Where it is another
	// one, aud is not looked at.
	AudienceClaim string
	// RequiredClaims must stand in the token with these values: a string, or true or false.
	RequiredClaims map[string]string
	// TokenTypes: the header's typ must be one of these (jwt, at+jwt, application/at+jwt). Empty: one of them, or none.
	TokenTypes []string
	// Algorithms are those accepted; empty is DefaultAlgorithms.
	Algorithms []string
	// TenantClaim is the claim that names the tenant: its whole name, such as custom:TenantID, or the names of
	// nested members from the outside in. Empty is DefaultTenantClaim.
	TenantClaim []string
	TenantValue TenantValue // empty is Text
	TenantForm  TenantForm  // empty is Plain
	// Tenants are those for which this issuer may speak, as its tokens name them: whole names, prefixes that end
	// in *, or * for all. Empty is EntraTenants where TenantClaim is tid; else it is refused.
	Tenants []string
	// Shared allows another issuer to speak for the same tenants, where it is set for both.
	Shared bool
	// AllowHTTP lets Issuer and JWKSURI be http on a host other than loopback. Never in production.
	AllowHTTP bool
}

// withDefaults returns p with what its empty fields stand for.
func (p Provider) withDefaults() Provider {
	if p.AudienceClaim == "" {
		p.AudienceClaim = "aud"
	}
	if len(p.Algorithms) == 0 {
		p.Algorithms = DefaultAlgorithms()
	}
	if len(p.TenantClaim) == 0 {
		p.TenantClaim = []string{DefaultTenantClaim}
	}
	if p.TenantValue == "" {
		p.TenantValue = Text
	}
	if p.TenantForm == "" {
		p.TenantForm = Plain
	}
	if len(p.Tenants) == 0 && p.namesDirectories() {
		p.Tenants = p.EntraTenants
	}
	return p
}

// isTemplate reports whether p stands for several issuers, the directories of Entra.
func (p Provider) isTemplate() bool { return strings.Contains(p.Issuer, tidTemplate) }

// namesDirectories reports whether the tenant is the directory, which Entra vouches for.
func (p Provider) namesDirectories() bool {
	return p.isTemplate() && slices.Equal(p.TenantClaim, []string{"tid"})
}

// issuerNames returns each iss that p's tokens may have, with the tid that such a token must have, if any.
func (p Provider) issuerNames() map[string]string {
	if !p.isTemplate() {
		return map[string]string{p.Issuer: ""}
	}
	names := make(map[string]string, len(p.EntraTenants))
	for _, tid := range p.EntraTenants {
		names[strings.ReplaceAll(p.Issuer, tidTemplate, tid)] = tid
	}
	return names
}
