package policyset

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// exclusiveInlines reads which inline policies a role may have: Terraform takes all others away.
func (f *tfFile) exclusiveInlines(r *resource) {
	f.exclusive(r, "policy_names", func(d *Document) string {
		if f.resources[strings.TrimSuffix(d.In, ".policy")] != nil && !f.isManaged(d) || strings.HasSuffix(d.In, ".inline_policy.policy") {
			return d.Name
		}
		return ""
	})
}

// exclusiveAttachments reads which managed policies a role has.
func (f *tfFile) exclusiveAttachments(r *resource) {
	f.exclusive(r, "policy_arns", func(d *Document) string {
		if f.isManaged(d) {
			return strings.TrimSuffix(d.In, ".policy")
		}
		return ""
	})
}

// isManaged reports whether a document is that of an aws_iam_policy.
func (f *tfFile) isManaged(d *Document) bool {
	p := f.resources[strings.TrimSuffix(d.In, ".policy")]
	return p != nil && p.Type == "aws_iam_policy"
}

// exclusive compares what a role has with what a resource lists. Of a policy that is listed and that the file does not have nothing is known;
// one that is not listed is there and is taken away, and that may be a Deny. listed is what a document is listed by, and empty for what r is not
// about.
func (f *tfFile) exclusive(r *resource, attribute string, listed func(*Document) string) {
	var to *Role
	if name, known := r.Values.text("role_name"); known {
		to = f.named("role", path.Base(name))
	} else if all := f.candidates(r, "role_name", "aws_iam_role"); len(all) == 1 {
		to = f.roles[all[0].Address]
	}
	if to == nil {
		f.anyOf(nil, r, "role_name", "role")
		return
	}
	only, known := f.listed(r, attribute)
	if !known {
		to.Unknown = append(to.Unknown, f.unknown(r, attribute))
		return
	}
	var has []string
	for i := range to.Policies {
		if by := listed(&to.Policies[i]); by != "" {
			has = append(has, by)
		}
	}
	if has, only = once(has), once(only); !slices.Equal(has, only) {
		to.Unknown = append(to.Unknown, Unknown{f.name, fmt.Sprintf("%s lists %s, and the file has %s", r.Address, quoted(only), quoted(has)), "let both have the same policies"})
	}
}

// listed is what a list has: names, and addresses in place of the ARNs of the file's own policies.
func (f *tfFile) listed(r *resource, attribute string) (all []string, known bool) {
	if f.expression(r, attribute) == nil || r.Values.whole(attribute) {
		for _, text := range r.Values.texts(attribute) {
			if p := f.managed(text); p != nil {
				text = p.Address
			}
			all = append(all, text)
		}
		return all, true
	}
	expression, _ := f.expression(r, attribute).(map[string]any)
	for _, reference := range values(expression).texts("references") {
		rest, ok := strings.CutPrefix(reference, "aws_iam_policy.")
		one := f.resources[r.module+"aws_iam_policy."+nameOf.FindString(rest)]
		if !ok || one == nil { // or it has several instances, of which the key may be computed
			return nil, false
		}
		all = append(all, one.Address)
	}
	return all, len(all) > 0
}

// attachesAll reads which managed policies a user or a group has.
func (f *tfFile) attachesAll(r *resource, kind string) {
	name, known := r.Values.text(kind + "_name")
	to := f.other(r.Address, kind)
	if known {
		to = f.named(kind, name)
	}
	for _, arn := range r.Values.texts("policy_arns") {
		f.attach(to, r, arn)
	}
	if f.expression(r, "policy_arns") != nil && !r.Values.whole("policy_arns") {
		to.Unknown = append(to.Unknown, f.unknown(r, "policy_arns"))
	}
}

// once are names in order, each once.
func once(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

func quoted(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
