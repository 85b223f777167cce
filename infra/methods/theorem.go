package methods

import (
	"bytes"
	"fmt"
	"strings"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

// Decide is what the theorem says of the roles by which a method gives sessions to tenants, the worst verdict of all.
//
// The theorem knows whose a session is by its tag. RBAC's sessions have none, so each is nobody's there; with tagged their roles are asked
// about as if each gave its sessions the tenant's name as a tag.
func Decide(m Method, definitions []Definition, tagged bool) (theorem.Verdict, error) {
	roles, err := Roles(m, definitions)
	if err != nil {
		return "", err
	}
	for _, t := range []string{yellow, blue} {
		added, err := m.OfTenant(t, definitions)
		if err != nil {
			return "", err
		}
		for i := range added {
			if tagged {
				added[i].Trust = withTag(added[i].Trust, t)
			}
		}
		roles = append(roles, added...)
	}
	findings, err := prove(roles)
	var ofTenants []theorem.Finding
	for i := range findings {
		if strings.HasPrefix(findings[i].Role, prefix) && findings[i].Verdict != theorem.Nothing {
			ofTenants = append(ofTenants, findings[i])
		}
	}
	return theorem.Worst(ofTenants), err
}

// withTag is a trust policy that lets the tenant's name through as the session's tag, and no other.
func withTag(trust []byte, tenant string) []byte {
	trust = bytes.Replace(trust, []byte(`"sts:AssumeRole"`), []byte(`["sts:AssumeRole","sts:TagSession"]`), 1)
	return bytes.Replace(trust, []byte(`}]}`), fmt.Appendf(nil, `,"Condition":{"StringEquals":{"aws:RequestTag/TenantID":%q}}}]}`, tenant), 1)
}

func prove(roles []localaws.Role) ([]theorem.Finding, error) {
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		return nil, err
	}
	text, err := values().Fill(file.Name, string(file.Text))
	if err != nil {
		return nil, err
	}
	owned, err := theorem.ReadOwnership([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name, err)
	}
	parsed, err := theorem.Roles(roles)
	if err != nil {
		return nil, err
	}
	return theorem.Prove(account, parsed, owned)
}
