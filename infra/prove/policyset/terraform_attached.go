package policyset

import (
	"cmp"
	"path"
	"slices"

	"example.com/shiptrack/infra/localaws/policy"
)

// holderKinds are what a policy is attached to.
var holderKinds = []string{"role", "user", "group"}

// managed is the aws_iam_policy of an ARN.
func (f *tfFile) managed(arn string) *resource {
	for _, address := range f.order {
		if own, known := f.resources[address].Values.text("arn"); known && own == arn && f.resources[address].Type == "aws_iam_policy" {
			return f.resources[address]
		}
	}
	return nil
}

func (f *tfFile) attach(role *Role, from *resource, arn string) {
	p := f.managed(arn)
	if p == nil {
		role.Unknown = append(role.Unknown, Unknown{f.name, from.Address + " attaches " + arn + ", whose text is not in the file", "prove what `aws iam get-account-authorization-details` prints: it has the texts of AWS's policies"})
		return
	}
	f.attaches[p.Address] = true
	f.take(role, p)
}

// take adds the text of an aws_iam_policy.
func (f *tfFile) take(role *Role, p *resource) {
	name, _ := p.Values.text("name")
	d, known := f.document(p, "policy", cmp.Or(name, p.Name), policy.Identity)
	if !known {
		role.Unknown = append(role.Unknown, f.unknown(p, "policy"))
		return
	}
	role.Policies = append(role.Policies, unlike(role, d))
}

// addInline reads a policy of one role, user or group.
func (f *tfFile) addInline(r *resource, kind string) {
	name, _ := r.Values.text("name")
	for _, to := range f.holders(r, kind) {
		if d, known := f.document(r, "policy", cmp.Or(name, r.Name), policy.Identity); known {
			to.Policies = append(to.Policies, unlike(to, d))
		} else {
			to.Unknown = append(to.Unknown, f.unknown(r, "policy"))
		}
	}
}

func (f *tfFile) addAttachment(r *resource, kind string) {
	for _, to := range f.holders(r, kind) {
		f.attached(to, r)
	}
}

// addAttachments reads an attachment to many.
func (f *tfFile) addAttachments(r *resource, kind string) {
	attribute := kind + "s"
	for _, name := range r.Values.texts(attribute) {
		f.attached(f.named(kind, name), r)
	}
	if f.expression(r, attribute) != nil && !r.Values.whole(attribute) {
		f.attached(f.anyOf(nil, r, attribute, kind), r)
	}
}

// attached adds the policy of an attachment to who has it. Where a plan does not tell which of some policies it is, they have to say the same.
func (f *tfFile) attached(to *Role, r *resource) {
	if arn, known := r.Values.text("policy_arn"); known {
		f.attach(to, r, arn)
		return
	}
	all := f.candidates(r, "policy_arn", "aws_iam_policy")
	if len(all) == 0 {
		to.Unknown = append(to.Unknown, f.unknown(r, "policy_arn"))
		return
	}
	for _, p := range all {
		f.attaches[p.Address] = true
		if text, known := p.Values.text("policy"); len(all) > 1 && (!known || text != all[0].Values["policy"]) {
			to.Unknown = append(to.Unknown, f.chosen(r, "policy_arn", all[0]))
			return
		}
	}
	f.take(to, all[0])
}

// holders are who an attribute of r names: by its value, or else by what the expression refers to. Where that cannot be told, whoever it may be
// is open, and something that nobody knows has the policy.
func (f *tfFile) holders(r *resource, kind string) []*Role {
	if name, known := r.Values.text(kind); known {
		return []*Role{f.named(kind, path.Base(name))}
	}
	all := f.candidates(r, kind, "aws_iam_"+kind)
	if len(all) != 1 {
		return []*Role{f.anyOf(all, r, kind, kind)}
	}
	if role := f.roles[all[0].Address]; role != nil {
		return []*Role{role}
	}
	if name, known := all[0].Values.text("name"); known {
		return []*Role{f.named(kind, name)}
	}
	return []*Role{f.other(all[0].Address, kind)}
}

// named is the role, user or group of a name.
func (f *tfFile) named(kind, name string) *Role {
	for _, address := range f.order {
		if own, _ := f.resources[address].Values.text("name"); own == name && f.roles[address] != nil && kind == "role" {
			return f.roles[address]
		}
	}
	return f.other(kind+"/"+name, kind)
}

// anyOf opens each role that an attribute of r may be about: of some, or of all where there are none. It returns who has the policy of r, of
// whom nothing else is known.
func (f *tfFile) anyOf(some []*resource, r *resource, attribute, kind string) *Role {
	if kind == "role" {
		open := f.unknown(r, attribute)
		if len(some) > 0 {
			open = f.chosen(r, attribute, some[0])
		}
		for _, address := range f.order {
			if role := f.roles[address]; role != nil && (len(some) == 0 || slices.Contains(some, f.resources[address])) {
				role.Unknown = append(role.Unknown, open)
			}
		}
	}
	return f.other(r.Address, kind)
}

// other is what holds policies and is no role of the file, by its name.
func (f *tfFile) other(name, kind string) *Role {
	if f.others[name] == nil {
		f.others[name] = &Role{Name: name, Other: others[kind]}
	}
	return f.others[name]
}
