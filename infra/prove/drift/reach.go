package drift

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
	"example.com/shiptrack/infra/prove/theorem"
)

// grant is a statement that may touch what a store keeps.
type grant struct{ store, policy, told string }

// reach finds the statements of anybody's policies that may touch what the stores keep, or change the roles of the files. It looks at actions
// and resources alone: a condition, a Deny or a NotResource may forbid what it finds.
type reach struct {
	account string
	owned   *theorem.Ownership
	// services are those of the stores.
	services map[string]bool
	keys     map[string]bool    // ARNs of tenants' keys
	known    map[string][]grant // by document
}

// roleStore is what the roles of the files are called among the stores.
const roleStore = "the roles"

// metadata are actions that tell nothing of what is in a store, and change nothing.
var metadata = map[string][]string{
	"dynamodb": {"dynamodb:Describe*", "dynamodb:GetResourcePolicy", "dynamodb:List*"},
	"s3":       {"s3:GetBucket*", "s3:Get*Configuration", "s3:ListAllMyBuckets"},
	"kms":      {"kms:Describe*", "kms:List*", "kms:GetKey*", "kms:CreateKey", "kms:GenerateRandom"},
	"iam":      {"iam:Get*", "iam:List*", "iam:Simulate*", "iam:Generate*", "iam:*ServiceLinkedRole*"},
}

func newReach(wanted Wanted, there *There) *reach {
	r := &reach{account: wanted.Values.Account, owned: &theorem.Ownership{Tag: wanted.Tag, Administrative: map[string]string{}}, services: map[string]bool{"iam": true}, keys: map[string]bool{}, known: map[string][]grant{}}
	for _, s := range wanted.Owned.Stores {
		store := theorem.Store{Name: s.Name}
		for _, resource := range s.Resources {
			if resource.ARN == "*" { // actions without a resource touch no store
				continue
			}
			store.Resources = append(store.Resources, touched(resource.ARN))
			r.services[serviceOf(resource.ARN)] = true
		}
		r.owned.Stores = append(r.owned.Stores, store)
	}
	roles := theorem.Store{Name: roleStore}
	for _, role := range wanted.Roles {
		roles.Resources = append(roles.Resources, touched("arn:aws:iam::"+r.account+":role/"+role.Name))
	}
	r.owned.Stores = append(r.owned.Stores, roles)
	for i := range there.Keys {
		r.keys[there.Keys[i].ARN] = true
	}
	return r
}

// touched is a resource of which everything but its metadata is tenants'.
func touched(arn string) theorem.Resource {
	r := theorem.Resource{ARN: arn}
	service := serviceOf(arn)
	if harmless := metadata[service]; harmless != nil {
		r.Access = append(r.Access, theorem.Access{Actions: harmless, Owner: "nobody"})
	}
	r.Access = append(r.Access, theorem.Access{Actions: []string{service + ":*"}, Owner: "everybody"})
	return r
}

func serviceOf(arn string) string { return strings.SplitN(arn, ":", 4)[2] }

// of are the statements by which p reaches something. Where p has a boundary, that has to reach it too.
func (r *reach) of(p *Principal) (all []grant, err error) {
	for _, d := range p.Documents {
		found, err := r.document(d.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Name, err)
		}
		for _, g := range found {
			g.policy = d.Name
			all = append(all, g)
		}
	}
	if p.Boundary == "" || len(all) == 0 {
		return all, nil
	}
	within, err := r.document(p.Limits)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Boundary, err)
	}
	return slices.DeleteFunc(all, func(g grant) bool {
		return !slices.ContainsFunc(within, func(w grant) bool { return w.store == g.store })
	}), nil
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// document are those of one document: many roles have the same managed policies.
func (r *reach) document(text string) ([]grant, error) {
	if found, known := r.known[text]; known {
		return found, nil
	}
	all, err := statements(text)
	if err != nil {
		return nil, err
	}
	var roles []theorem.Role
	said := map[string]string{}
	for i, s := range all {
		loose, err := r.loosened(s)
		if err != nil {
			return nil, err
		}
		if loose == nil {
			continue
		}
		role := theorem.Role{Name: fmt.Sprint(i), Identity: []policy.Named{{Name: fmt.Sprint(i), Policy: loose}}}
		said[role.Name], r.owned.Administrative[role.Name] = s.told, "it is asked what it reaches"
		roles = append(roles, role)
	}
	findings, err := theorem.Prove(r.account, roles, r.owned)
	if err != nil {
		return nil, err
	}
	found := []grant{}
	for i := range findings {
		f := &findings[i]
		ours := slices.ContainsFunc(r.owned.Stores, func(s theorem.Store) bool { return s.Name == f.Store })
		if ours && (len(f.Reaches) > 0 || len(f.Open) > 0) {
			found = append(found, grant{store: f.Store, told: said[f.Role]})
		}
	}
	r.known[text] = found
	return found, nil
}

// loosened is a statement that allows whatever s may allow: without conditions, and with any text in the place of a variable. It is nil where s
// allows nothing, or names keys alone that are no tenant's.
func (r *reach) loosened(s statement) (*policy.Policy, error) {
	var members map[string]any
	if err := json.Unmarshal([]byte(s.json), &members); err != nil {
		return nil, err
	}
	if members["Effect"] != "Allow" || !r.concerns(members["Action"]) {
		return nil, nil
	}
	delete(members, "Condition")
	resources := r.resources(members["Resource"], members["NotResource"])
	if len(resources) == 0 {
		return nil, nil
	}
	delete(members, "NotResource")
	members["Resource"] = resources
	text, err := json.Marshal(map[string]any{"Version": variables, "Statement": []any{members}})
	if err != nil {
		return nil, err
	}
	return policy.Parse(text, policy.AWSManaged)
}

// concerns reports whether a list of actions, which is none beside a NotAction, has one of a service of the stores. Most statements of an account
// have none, and need not be decided.
func (r *reach) concerns(actions any) bool {
	list, _ := actions.([]any) // canonical
	return len(list) == 0 || slices.ContainsFunc(list, func(one any) bool {
		service, _, _ := strings.Cut(strings.ToLower(fmt.Sprint(one)), ":")
		return strings.ContainsAny(service, "*?") || r.services[service]
	})
}

// resources are those of a statement that may be the stores'.
func (r *reach) resources(named, but any) (all []string) {
	if but != nil {
		return []string{"*"}
	}
	list, _ := named.([]any) // canonical
	for _, one := range list {
		arn := variable.ReplaceAllString(fmt.Sprint(one), "*")
		if isKey := strings.HasPrefix(arn, "arn:aws:kms:") && strings.Contains(arn, ":key/"); !isKey || strings.ContainsAny(arn, "*?") || r.keys[arn] {
			all = append(all, arn)
		}
	}
	return all
}
