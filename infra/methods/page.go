package methods

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"text/template"
)

//go:embed page.md
var page string

// Page is infra/docs/METHODS.md. machine says where times are from.
func Page(results []Result, times [][]Times, machine string) ([]byte, error) {
	parsed, err := template.New("page").Option("missingkey=error").Parse(page)
	if err != nil {
		return nil, err
	}
	facts, err := facts()
	if err != nil {
		return nil, err
	}
	rbac, generated, abac := &results[0], &results[1], &results[2]
	forgotten := &generated.Outcomes[1]
	for name, text := range map[string]string{
		"objects": costTable(results, objectsCell), "bytes": costTable(results, bytesCell), "quotas": quotaTable(results), "packed": packedTable(results),
		"attacks": attackTable(results), "times": timesTable(times), "machine": machine,
		"abacVerdict": string(abac.Verdict), "generatedVerdict": string(generated.Verdict), "rbacVerdict": string(rbac.Verdict), "rbacTagged": string(rbac.Tagged),
		"rbacBreaks": breaksFirst(rbac.Uses), "generatedBreaks": breaksFirst(generated.Uses), "abacBreaks": breaksFirst(abac.Uses),
		"tried": grouped(abac.Outcomes[0].Tried), "forgotten": fmt.Sprintf("%d of %d", len(forgotten.Through), forgotten.Tried),
	} {
		facts[name] = text
	}
	var b bytes.Buffer
	err = parsed.Execute(&b, facts)
	return b.Bytes(), err
}

// facts are the figures of the text that no request is sent for.
func facts() (map[string]string, error) {
	definitions, err := Definitions(MaxDefinitions)
	if err != nil {
		return nil, err
	}
	most := Tenants[len(Tenants)-1]
	sessions := most * MaxDefinitions
	uses, err := Uses(RBAC{}, most, definitions)
	if err != nil {
		return nil, err
	}
	all := map[string]string{
		"longestID":   grouped(len(Tenant(0)) + roleName.Limit - used(uses, roleName)),
		"mostTenants": grouped(most), "sessions": grouped(sessions), "stsSeconds": grouped((sessions + stsPerSecond - 1) / stsPerSecond),
	}
	for name, of := range map[string]struct{ definitions, roles int }{
		"rbacOne": {1, rolesOfAccount.Limit}, "rbacOneMost": {1, rolesOfAccount.Most}, "rbacFive": {MaxDefinitions, rolesOfAccount.Limit}, "rbacFiveMost": {MaxDefinitions, rolesOfAccount.Most},
	} {
		n, _, err := MostTenants(RBAC{}, definitions[:of.definitions], of.roles)
		if err != nil {
			return nil, err
		}
		all[name] = grouped(n)
	}
	for n := range definitions {
		policy, err := together(Tenant(0), definitions[:n+1])
		if err != nil {
			return nil, err
		}
		if len(policy) > sessionForAll.Limit {
			all["tooMany"], all["tooManySize"] = grouped(n+1), grouped(len(policy))
			break
		}
		all["fits"], all["fitsSize"] = grouped(n+1), grouped(len(policy))
	}
	return all, nil
}

// used is how much of a quota is used.
func used(uses []Use, q Quota) int {
	return uses[slices.IndexFunc(uses, func(u Use) bool { return u.Quota == q })].Used
}
