package policyset

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/policy"
)

// terraform is what `terraform show -json` prints of a plan or a state: Terraform documentation, "JSON Output Format".
type terraform struct {
	PlannedValues struct {
		Root moduleValues `json:"root_module"`
	} `json:"planned_values"`
	Values struct {
		Root moduleValues `json:"root_module"`
	} `json:"values"`
	Configuration struct {
		Root moduleConfig `json:"root_module"`
	} `json:"configuration"`
}

type moduleValues struct {
	Resources []resource     `json:"resources"`
	Children  []moduleValues `json:"child_modules"`
}

// resource is an instance of a resource.
type resource struct {
	Address string `json:"address"`
	Mode    string `json:"mode"`
	Type    string `json:"type"`
	Name    string `json:"name"`
	Index   any    `json:"index"`
	Values  values `json:"values"`

	module string // the beginning of Address, with its last dot; empty: the root
}

type values map[string]any

// text is a value that is a text; known is false where the plan does not know it.
func (v values) text(name string) (text string, known bool) {
	text, known = v[name].(string)
	return text, known
}

// whole reports whether a value, a text or a list, is known with all that is in it.
func (v values) whole(name string) bool {
	list, isList := v[name].([]any)
	return v[name] != nil && (!isList || !slices.Contains(list, nil))
}

func (v values) texts(name string) []string {
	list, _ := v[name].([]any)
	var all []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// tfFile is such a file while it is read.
type tfFile struct {
	terraform
	name      string
	resources map[string]*resource // by address
	order     []string             // of addresses
	roles     map[string]*Role     // by address of the role
}

func readTerraform(name string, text []byte) (*Set, error) {
	f := &tfFile{name: name, resources: map[string]*resource{}, roles: map[string]*Role{}}
	if err := json.Unmarshal(text, &f.terraform); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.collect(f.PlannedValues.Root)
	f.collect(f.Values.Root)
	f.order = slices.Sorted(maps.Keys(f.resources))
	f.each("aws_iam_role", f.addRole)
	f.each("aws_iam_role_policy", f.addInline)
	f.each("aws_iam_role_policy_attachment", f.addAttachment)
	f.each("aws_iam_policy_attachment", f.addAttachments)
	s := &Set{Name: name}
	for _, address := range slices.Sorted(maps.Keys(f.roles)) {
		s.Roles = append(s.Roles, *f.roles[address])
	}
	s.order()
	s.Account = s.accountOf()
	return s, nil
}

func (f *tfFile) collect(m moduleValues) {
	for i := range m.Resources {
		r := &m.Resources[i]
		r.module, _, _ = strings.Cut(r.Address, r.Type+"."+r.Name)
		if r.Mode == "managed" {
			f.resources[r.Address] = r
		}
	}
	for _, child := range m.Children {
		f.collect(child)
	}
}

func (f *tfFile) each(kind string, do func(*resource)) {
	for _, address := range f.order {
		if f.resources[address].Type == kind {
			do(f.resources[address])
		}
	}
}

func (f *tfFile) document(r *resource, attribute, name string, kind policy.Kind) (Document, bool) {
	text, known := r.Values.text(attribute)
	return Document{Name: name, Text: []byte(text), Kind: kind, File: f.name, In: r.Address + "." + attribute}, known
}

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
	for _, attribute := range []string{"managed_policy_arns", "inline_policy", "permissions_boundary"} {
		if f.expression(r, attribute) != nil && !r.Values.whole(attribute) {
			role.Unknown = append(role.Unknown, f.unknown(r, attribute))
		}
	}
	if arn, _ := r.Values.text("permissions_boundary"); arn != "" {
		f.bound(role, r, arn)
	}
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

func (f *tfFile) unknown(r *resource, attribute string) Unknown {
	return Unknown{
		Where: f.name, What: r.Address + "." + attribute + " is known only after the plan is applied",
		Do: "write names and ARNs out in place of references, or prove the state after `terraform apply` (terraform show -json)",
	}
}

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

func (f *tfFile) bound(role *Role, r *resource, arn string) {
	p := f.managed(arn)
	if p == nil {
		role.Unknown = append(role.Unknown, Unknown{f.name, r.Address + " has the permissions boundary " + arn + ", whose text is not in the file", "keep it in the same configuration, or prove what `aws iam get-account-authorization-details` prints"})
		return
	}
	if d, known := f.document(p, "policy", "boundary", policy.Identity); known {
		role.Boundary = &d
	} else {
		role.Unknown = append(role.Unknown, f.unknown(p, "policy"))
	}
}

func (f *tfFile) addInline(r *resource) {
	role := f.roleOf(r, "role")
	if role == nil {
		return
	}
	name, _ := r.Values.text("name")
	d, known := f.document(r, "policy", cmp.Or(name, r.Name), policy.Identity)
	if !known {
		role.Unknown = append(role.Unknown, f.unknown(r, "policy"))
		return
	}
	role.Policies = append(role.Policies, unlike(role, d))
}

func (f *tfFile) addAttachment(r *resource) {
	if role := f.roleOf(r, "role"); role != nil {
		f.attached(role, r)
	}
}

func (f *tfFile) addAttachments(r *resource) {
	if f.expression(r, "roles") != nil && !r.Values.whole("roles") {
		f.everyRole(r, "roles")
	}
	for _, name := range r.Values.texts("roles") {
		for _, role := range f.named(name) {
			f.attached(role, r)
		}
	}
}

// attached adds the policy of an attachment to role.
func (f *tfFile) attached(role *Role, r *resource) {
	if arn, known := r.Values.text("policy_arn"); known {
		f.attach(role, r, arn)
	} else if p := f.referenced(r, "policy_arn", "aws_iam_policy"); p != nil {
		f.take(role, p)
	} else {
		role.Unknown = append(role.Unknown, f.unknown(r, "policy_arn"))
	}
}
