package authn_test

import (
	"testing"

	"example.com/shiptrack/pkg/authn"
)

func TestTheTenantHasTheShapeThatIsConfigured(t *testing.T) {
	type object = map[string]any
	list := func(names ...any) []any { return names }
	nested := []string{"app_metadata", "tenant.id"}
	for name, tt := range map[string]struct {
		claim []string // without it: TenantID
		value authn.TenantValue
		token change
		want  authn.Reason // empty: the token is acme's
	}{
		"text":                      {nil, authn.Text, change{"TenantID": "acme"}, ""},
		"text: a list":              {nil, authn.Text, change{"TenantID": list("acme")}, authn.BadTenant},
		"text: an object":           {nil, authn.Text, change{"TenantID": object{"acme": 1}}, authn.BadTenant},
		"text: null":                {nil, authn.Text, change{"TenantID": []any(nil)}, authn.BadTenant},
		"entry":                     {nil, authn.OnlyEntry, change{"TenantID": list("acme")}, ""},
		"entry: a text":             {nil, authn.OnlyEntry, change{"TenantID": "acme"}, authn.BadTenant},
		"entry: none":               {nil, authn.OnlyEntry, change{"TenantID": list()}, authn.BadTenant},
		"entry: two":                {nil, authn.OnlyEntry, change{"TenantID": list("acme", "blue")}, authn.BadTenant},
		"entry: twice the same":     {nil, authn.OnlyEntry, change{"TenantID": list("acme", "acme")}, authn.BadTenant},
		"entry: a list in it":       {nil, authn.OnlyEntry, change{"TenantID": list(list("acme"))}, authn.BadTenant},
		"entry: a number more":      {nil, authn.OnlyEntry, change{"TenantID": list("acme", 1)}, authn.BadTenant},
		"entry: an object":          {nil, authn.OnlyEntry, change{"TenantID": object{"acme": 1}}, authn.BadTenant},
		"member":                    {nil, authn.OnlyMember, change{"TenantID": object{"acme": object{"id": "x"}}}, ""},
		"member: none":              {nil, authn.OnlyMember, change{"TenantID": object{}}, authn.BadTenant},
		"member: two":               {nil, authn.OnlyMember, change{"TenantID": object{"acme": 1, "blue": 1}}, authn.BadTenant},
		"member: a list":            {nil, authn.OnlyMember, change{"TenantID": list("acme")}, authn.BadTenant},
		"member: a text":            {nil, authn.OnlyMember, change{"TenantID": "acme"}, authn.BadTenant},
		"nested":                    {nested, authn.Text, change{"app_metadata": object{"tenant.id": "acme", "x": 1}}, ""},
		"nested: a claim with dots": {nested, authn.Text, change{"app_metadata.tenant.id": "acme"}, authn.NoTenant},
		"nested: deeper":            {nested, authn.Text, change{"app_metadata": object{"tenant": object{"id": "acme"}}}, authn.NoTenant},
		"nested: not there":         {nested, authn.Text, change{"app_metadata": object{}}, authn.NoTenant},
		"nested: a text on the way": {nested, authn.Text, change{"app_metadata": "tenant.id"}, authn.BadTenant},
		"nested: a list on the way": {nested, authn.Text, change{"app_metadata": list(object{"tenant.id": "acme"})}, authn.BadTenant},
		"nested: the way in another case too": {nested, authn.Text,
			change{"app_metadata": object{"tenant.id": "acme"}, "App_Metadata": object{}}, authn.AmbiguousTenant},
		"nested: the member in another case too": {nested, authn.Text,
			change{"app_metadata": object{"tenant.id": "acme", "Tenant.ID": "blue"}}, authn.AmbiguousTenant},
		"dotted":         {[]string{"https://app.example.com/tenant"}, authn.Text, change{"https://app.example.com/tenant": "acme"}, ""},
		"dotted: nested": {[]string{"app.tenant"}, authn.Text, change{"app": object{"tenant": "acme"}}, authn.NoTenant},
	} {
		t.Run(name, func(t *testing.T) {
			issuer := newIssuer(t)
			v := newVerifier(t, issuer, func(c *authn.Config) {
				c.Providers[0].TenantClaim, c.Providers[0].TenantValue = tt.claim, tt.value
			})
			claims := issuer.Claims("", "ana")
			delete(claims, "TenantID")
			token := issuer.Sign(with(claims, tt.token), nil)
			if tt.want == "" {
				wantPrincipal(t, v, token, "acme", "ana")
			} else {
				wantReason(t, v, token, tt.want)
			}
		})
	}
}
