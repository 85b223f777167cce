package policyset

import (
	"cmp"
	"strings"

	"example.com/shiptrack/infra/localaws/policy"
)

func (f *tfFile) addRole(r *resource) {
	name, known := r.Values.text("name")
	role := &Role{Name: cmp.Or(name, r.Name), Tags: map[string]string{}}
	if path, _ := r.Values.text("path"); path != "/" {
		role.Name = strings.TrimPrefix(path, "/") + role.Name
	}
	f.roles[r.Address] = role
	if !known {
		role.Unknown = append(role.Unknown, f.unknown(r, "name"))
	}
	if role.Trust, known = f.document(r, "assume_role_policy", "trust", policy.Trust); !known {
		role.Unknown = append(role.Unknown, f.unknown(r, "assume_role_policy"))
	}
	f.addInlines(role, r)
	for _, arn := range r.Values.texts("managed_policy_arns") {
		f.attach(role, r, arn)
	}
	for _, attribute := range []string{"managed_policy_arns", "inline_policy"} {
		if f.expression(r, attribute) != nil && !r.Values.whole(attribute) {
			role.Unknown = append(role.Unknown, f.unknown(r, attribute))
		}
	}
	f.bound(role, r)
	f.addTags(role, r)
}

func (f *tfFile) addInlines(role *Role, r *resource) {
	inline, _ := r.Values["inline_policy"].([]any)
	for _, item := range inline {
		v, _ := item.(map[string]any)
		inner := resource{Address: r.Address + ".inline_policy", Values: v}
		name, _ := values(v).text("name")
		if d, known := f.document(&inner, "policy", cmp.Or(name, "inline"), policy.Identity); known {
			role.Policies = append(role.Policies, unlike(role, d))
		} else if len(v) > 0 {
			role.Unknown = append(role.Unknown, f.unknown(r, "inline_policy"))
		}
	}
}

func (f *tfFile) addTags(role *Role, r *resource) {
	for _, attribute := range []string{"tags_all", "tags"} {
		tags, _ := r.Values[attribute].(map[string]any)
		for key, value := range tags {
			role.Tags[key], _ = value.(string)
		}
	}
}

// bound reads the permissions boundary of a role.
func (f *tfFile) bound(role *Role, r *resource) {
	p, unknown := f.boundary(r)
	if unknown != nil {
		role.Unknown = append(role.Unknown, *unknown)
	}
	if p == nil {
		return
	}
	if d, known := f.document(p, "policy", "boundary", policy.Identity); known {
		role.Boundary = &d
	} else {
		role.Unknown = append(role.Unknown, f.unknown(p, "policy"))
	}
}

// boundary is the policy that r, a role or a user, has as its permissions boundary. It is nil where there is none, and where that is not known.
func (f *tfFile) boundary(r *resource) (p *resource, unknown *Unknown) {
	const attribute = "permissions_boundary"
	arn, known := r.Values.text(attribute)
	switch all := f.candidates(r, attribute, "aws_iam_policy"); {
	case known && arn != "":
		if p = f.managed(arn); p == nil {
			return nil, &Unknown{f.name, r.Address + " has the permissions boundary " + arn + ", whose text is not in the file", "keep it in the same configuration, or prove what `aws iam get-account-authorization-details` prints"}
		}
	case f.expression(r, attribute) == nil || r.Values.whole(attribute):
		return nil, nil
	case len(all) == 1:
		p = all[0]
	default:
		open := f.unknown(r, attribute)
		return nil, &open
	}
	f.attaches[p.Address] = true
	return p, nil
}
