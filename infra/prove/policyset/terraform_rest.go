package policyset

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// limits are resources whose policies only take away from what others grant.
var limits = []string{"aws_vpc_endpoint", "aws_vpc_endpoint_policy", "aws_organizations_policy"}

// grants are resources that let someone in without a policy document, with the attribute that says whom and the values of it that let in no
// session of the account.
var grants = map[string]struct {
	attribute string
	harmless  func(who string) bool
}{
	"aws_lambda_permission":           {"principal", isService},
	"aws_kms_grant":                   {"grantee_principal", isService},
	"aws_cloudwatch_event_permission": {"principal", isService},
	"aws_s3_bucket_acl": {"acl", func(acl string) bool {
		return !strings.Contains(acl, "public") && acl != "authenticated-read" && acl != ""
	}},
	"aws_opensearchserverless_access_policy": {"policy", func(string) bool { return false }},
}

func isService(who string) bool { return strings.HasSuffix(who, ".amazonaws.com") }

// rest reads what is no role and no policy of one: each resource that holds a policy document, or would, holds it for somebody.
func (f *tfFile) rest() {
	if f.Complete != nil && !*f.Complete {
		file := f.other("the plan", "file")
		file.Unknown = append(file.Unknown, Unknown{f.name, "the plan is not complete: it was made for some resources alone, or leaves some for later", "plan again without -target"})
	}
	f.each("aws_iam_role_policies_exclusive", f.exclusiveInlines)
	f.each("aws_iam_role_policy_attachments_exclusive", f.exclusiveAttachments)
	for _, kind := range []string{"user", "group"} {
		f.each("aws_iam_"+kind+"_policy_attachments_exclusive", func(r *resource) { f.attachesAll(r, kind) })
	}
	f.each("aws_ssoadmin_managed_policy_attachment", func(r *resource) { f.permits(r, "managed_policy_arn") })
	f.each("aws_ssoadmin_customer_managed_policy_attachment", f.permitsByName)
	for _, address := range f.order {
		r := f.resources[address]
		switch {
		case r.Type == "aws_iam_policy":
			if !f.attaches[address] {
				f.take(f.other(address, "policy"), r)
			}
		case strings.HasPrefix(r.Type, "aws_iam_") || slices.Contains(limits, r.Type):
		case strings.HasPrefix(r.Type, "aws_ssoadmin_"):
			f.documents(r, "permission set")
		default:
			f.documents(r, "resource")
		}
	}
}

// documents reads each policy document of a resource that is not IAM's.
func (f *tfFile) documents(r *resource, kind string) {
	if g, known := grants[r.Type]; known {
		if who, _ := r.Values.text(g.attribute); !g.harmless(who) {
			to := f.other(r.Address, kind)
			to.Unknown = append(to.Unknown, Unknown{f.name, fmt.Sprintf("%s lets in %q", r.Address, who), "take it away" + orAdministrative})
		}
		return
	}
	for _, attribute := range slices.Sorted(maps.Keys(r.Values)) {
		for _, text := range textsIn(r.Values[attribute]) {
			if isPolicy(text) {
				f.other(r.Address, kind).add(Document{Name: attribute, Text: []byte(text), File: f.name, In: r.Address + "." + attribute})
			}
		}
	}
	for _, attribute := range f.written(r) {
		if holdsPolicy(attribute) && !r.Values.whole(attribute) {
			to := f.other(r.Address, kind)
			to.Unknown = append(to.Unknown, f.unknown(r, attribute))
		}
	}
}

// holdsPolicy reports whether an attribute of this name holds a policy document.
func holdsPolicy(attribute string) bool {
	return strings.HasSuffix(attribute, "policy") || attribute == "access_policies" || attribute == "policy_document"
}

// textsIn are the texts in a value.
func textsIn(value any) []string {
	var all []string
	switch v := value.(type) {
	case string:
		all = []string{v}
	case []any:
		for _, item := range v {
			all = append(all, textsIn(item)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = append(all, textsIn(v[key])...)
		}
	}
	return all
}

// permits reads a managed policy of a permission set.
func (f *tfFile) permits(r *resource, attribute string) {
	if arn, known := r.Values.text(attribute); known {
		f.attach(f.other(r.Address, "permission set"), r, arn)
		return
	}
	to := f.other(r.Address, "permission set")
	to.Unknown = append(to.Unknown, f.unknown(r, attribute))
}

// permitsByName reads a policy of a permission set that each account has under the same name.
func (f *tfFile) permitsByName(r *resource) {
	to := f.other(r.Address, "permission set")
	references, _ := r.Values["customer_managed_policy_reference"].([]any)
	for _, item := range references {
		v, _ := item.(map[string]any)
		name, _ := values(v).text("name")
		p := f.policyNamed(name)
		if p == nil {
			to.Unknown = append(to.Unknown, Unknown{f.name, fmt.Sprintf("%s has the policy %q, whose text is not in the file", r.Address, name), "keep it in the same configuration" + orAdministrative})
			continue
		}
		f.attaches[p.Address] = true
		f.take(to, p)
	}
}

func (f *tfFile) policyNamed(name string) *resource {
	for _, address := range f.order {
		if own, _ := f.resources[address].Values.text("name"); own == name && name != "" && f.resources[address].Type == "aws_iam_policy" {
			return f.resources[address]
		}
	}
	return nil
}
