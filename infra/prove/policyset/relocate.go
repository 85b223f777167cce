package policyset

import (
	"regexp"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// outsider is the role by which a session is got, on localaws, where the trust policy names an account or everyone.
const outsider = "OutsideCaller"

// Stand-ins trust compute, and may assume what trusts them.
const (
	standInTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	standInPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":"*"}]}`
)

var (
	regionOfARN = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]+:([a-z]{2}(?:-[a-z]+)+-[0-9]):`)
	roleOfARN   = regexp.MustCompile(`arn:aws:iam::([0-9]{12}):role/([A-Za-z0-9_+=,.@-]+)`)
)

// relocation is how texts of a set are written for the account and the region of localaws. Its partition is aws.
type relocation struct{ *strings.Replacer }

func (s *Set) relocation(roles []*Role) relocation {
	regions := map[string]bool{}
	for _, r := range roles {
		for _, d := range append([]Document{r.Trust}, r.Policies...) {
			for _, found := range regionOfARN.FindAllSubmatch(d.Text, -1) {
				regions[string(found[1])] = true
			}
		}
	}
	pairs := []string{s.Account, localaws.DefaultAccount, "arn:aws-us-gov:", "arn:aws:", "arn:aws-cn:", "arn:aws:"}
	for region := range regions {
		pairs = append(pairs, region, localaws.DefaultRegion)
	}
	return relocation{strings.NewReplacer(pairs...)}
}

// roles are those of a set as localaws takes them, with stand-ins for the roles that their trust policies name and the set does not have.
func (l relocation) roles(from []*Role) []localaws.Role {
	var all []localaws.Role
	has := map[string]bool{outsider: true}
	for _, r := range from {
		has[r.Name] = true
	}
	standIn := func(name string) localaws.Role {
		return localaws.Role{Name: name, Trust: []byte(standInTrust), Policies: []localaws.PolicyDocument{{Name: "Assume", Document: []byte(standInPolicy)}}}
	}
	all = append(all, standIn(outsider))
	for _, r := range from {
		trust := l.Replace(r.startable())
		for _, found := range roleOfARN.FindAllStringSubmatch(trust, -1) {
			if found[1] == localaws.DefaultAccount && !has[found[2]] {
				has[found[2]] = true
				all = append(all, standIn(found[2]))
			}
		}
		to := localaws.Role{Name: r.Name, Trust: []byte(trust)}
		for _, p := range r.Policies {
			to.Policies = append(to.Policies, localaws.PolicyDocument{Name: p.Name, Document: []byte(l.Replace(string(p.Text)))})
		}
		all = append(all, to)
	}
	return all
}

// compute is the service whose tasks localaws starts.
const compute = "ecs-tasks.amazonaws.com"

// startable is r's trust policy with the compute of localaws in place of other services: it starts a session as they do.
func (r *Role) startable() string {
	text := string(r.Trust.Text)
	p, err := policy.Parse(r.Trust.Text, policy.Trust)
	if err != nil {
		return text // which localaws refuses too
	}
	for _, c := range p.Clauses() {
		for _, service := range c.Principals.Services {
			text = strings.ReplaceAll(text, `"`+service+`"`, `"`+compute+`"`)
		}
	}
	return text
}

// refutation is r for localaws. why says what keeps it from being asked there.
func (l relocation) refutation(r theorem.Refutation) (out theorem.Refutation, why string) {
	out = mapped(r, l.Replace)
	by := out.Session.By
	switch found := roleOfARN.FindStringSubmatch(by); {
	case found != nil && found[1] == localaws.DefaultAccount:
		out.Session.By = found[2]
	case found != nil, policy.ResourceAccount(by) != "" && policy.ResourceAccount(by) != localaws.DefaultAccount:
		return out, by + " is of another account, and localaws has one"
	case by == "*" || policy.ResourceAccount(by) != "" || by == localaws.DefaultAccount:
		out.Session.By = outsider
	}
	return out, ""
}

// unreplayable is what of r localaws cannot have; empty: nothing.
func unreplayable(r *Role) string {
	switch {
	case r.Boundary != nil:
		return "the role has a permissions boundary, and localaws gives none: the policies' evaluator was asked, with the boundary"
	case strings.Contains(r.Name, "/"):
		return "the role has a path, and localaws takes none: the policies' evaluator was asked"
	case slices.ContainsFunc(r.Policies, func(d Document) bool { return d.Kind == policy.AWSManaged }):
		return "the role has a policy that AWS keeps, and localaws takes none: the policies' evaluator was asked"
	}
	return ""
}
