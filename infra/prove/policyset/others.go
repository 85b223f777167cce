package policyset

import (
	"fmt"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// Other is what holds policies and is no role of the source. The theorem is about sessions of roles, so nothing is proven of it: either its
// policies reach nothing that a tenant has, or the verdict is open, unless the ownership file says that it is administrative.
type Other struct{ Is, Do string }

const orAdministrative = `, or name it under "administrative" with the reason`

// others are the kinds of Other. It is never written to.
var others = map[string]*Other{
	"role":           {"a role that is not in the file", "keep the role in the same configuration, or prove what `aws iam get-account-authorization-details` prints" + orAdministrative},
	"user":           {"a user, and no session of a tenant", "take it away" + orAdministrative},
	"group":          {"a group of users, and no session of a tenant", "take it away" + orAdministrative},
	"permission set": {"a permission set of IAM Identity Center, whose sessions' tags the file does not say", "take it away" + orAdministrative},
	"policy":         {"a policy that nothing in the file has", "attach it in the same configuration, or prove what `aws iam get-account-authorization-details` prints" + orAdministrative},
	"resource":       {"a policy of a resource, which grants beside the policies of roles", "let it only deny, or leave it to the account's own policies (the principal is the account's root)" + orAdministrative},
	"file":           {"the file itself", "plan again without -target"},
}

// sessions are how many roles of s are roles.
func (s *Set) sessions() (n int) {
	for i := range s.Roles {
		if s.Roles[i].Other == nil {
			n++
		}
	}
	return n
}

// other is the findings of what is no role: what of tenants' data its policies reach, by store.
func (s *Set) other(r *Role, parsed theorem.Role, owned *theorem.Ownership) ([]Finding, error) {
	declared := owned.Administrative[r.Name] != ""
	listing := *owned
	listing.Administrative = map[string]string{r.Name: "what it reaches is to be listed"}
	found, err := theorem.Prove(s.Account, []theorem.Role{parsed}, &listing)
	if err != nil {
		return nil, err
	}
	harmless := s.harmless(&parsed)
	var all []Finding
	for i := range found {
		f := &found[i]
		out := Finding{Role: r.Name, Store: f.Store, Verdict: theorem.Administrative}
		for _, at := range f.Reaches {
			if !harmless[at] {
				out.Reaches = append(out.Reaches, s.reached(at))
			}
		}
		for _, o := range f.Open {
			out.Open = append(out.Open, Open{s.placed(o.At), o.Why})
		}
		if !declared {
			for _, at := range out.Reaches {
				out.Open = append(out.Open, Open{at, fmt.Sprintf("%s is %s, and this statement may reach tenants' data: %s", r.Name, r.Other.Is, r.Other.Do)})
			}
			out.Verdict, out.Reaches = theorem.Undecided, nil
		}
		if len(out.Open)+len(out.Reaches) > 0 {
			all = append(all, out)
		}
	}
	return append(all, s.sourceFindings(r, owned)...), nil
}

// harmless are the statements that let nobody in whose own policies do not: those for AWS services, which are no sessions of tenants, and those
// of resources for the account, which leave it to the account's policies (IAM User Guide, "Policy evaluation logic").
func (s *Set) harmless(r *theorem.Role) map[string]bool {
	all := map[string]bool{}
	for _, c := range statementsOf(r) {
		p := &c.Principals
		if len(p.Source) == 0 || p.Not || p.Everyone || len(p.Names) > 0 {
			continue
		}
		own := len(p.Services)
		for _, account := range p.Accounts {
			if account == s.Account {
				own++
			}
		}
		if own == len(p.Source) {
			all[c.at.String()] = true
		}
	}
	return all
}

// isPolicy reports whether a text is meant as a policy document.
func isPolicy(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), "{") && strings.Contains(text, `"Statement"`)
}

// add adds a document of r, where it can be read. r may be something of another grammar, so one that cannot be read is no error.
func (r *Role) add(d Document) {
	for _, kind := range []policy.Kind{policy.SimulatedResource, policy.Simulated} {
		d.Kind = kind
		if _, err := d.parse(r.Name); err == nil {
			r.Policies = append(r.Policies, unlike(r, d))
			return
		}
	}
	d.Kind = policy.SimulatedResource
	_, err := d.parse(r.Name)
	r.Unknown = append(r.Unknown, Unknown{Where: d.File, What: "the document cannot be read as a policy: " + err.Error(), Do: "mend it" + orAdministrative})
}
