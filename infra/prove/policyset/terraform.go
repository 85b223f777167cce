package policyset

import (
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
	Errored  bool  `json:"errored"`
	Complete *bool `json:"complete"` // nil: of a version that does not say
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

// whole reports whether a value, a text or a list, is known with all that is in it. What is not known is not there; null is, and it is none.
func (v values) whole(name string) bool {
	value, known := v[name]
	list, _ := value.([]any)
	return known && !slices.Contains(list, nil)
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
	others    map[string]*Role     // what else holds policies, by its name
	attaches  map[string]bool      // addresses of policies that something has
}

func readTerraform(name string, text []byte) (*Set, error) {
	f := &tfFile{name: name, resources: map[string]*resource{}, roles: map[string]*Role{}, others: map[string]*Role{}, attaches: map[string]bool{}}
	if err := json.Unmarshal(text, &f.terraform); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.Errored {
		return nil, fmt.Errorf("%s: the plan ended with an error, so resources are missing: plan again", name)
	}
	f.collect(f.PlannedValues.Root)
	f.collect(f.Values.Root)
	f.order = slices.Sorted(maps.Keys(f.resources))
	f.each("aws_iam_role", f.addRole)
	f.each("aws_iam_user", func(r *resource) { _, _ = f.boundary(r) }) // a boundary grants nothing: what the user may do is looked at without
	for _, kind := range holderKinds {
		f.each("aws_iam_"+kind+"_policy", func(r *resource) { f.addInline(r, kind) })
		f.each("aws_iam_"+kind+"_policy_attachment", func(r *resource) { f.addAttachment(r, kind) })
		f.each("aws_iam_policy_attachment", func(r *resource) { f.addAttachments(r, kind) })
	}
	f.rest()
	s := &Set{Name: name}
	for _, r := range slices.Concat(slices.Collect(maps.Values(f.roles)), slices.Collect(maps.Values(f.others))) {
		s.Roles = append(s.Roles, *r)
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

func (f *tfFile) unknown(r *resource, attribute string) Unknown {
	return Unknown{
		Where: f.name, What: r.Address + "." + attribute + " is known only after the plan is applied",
		Do: "write names and ARNs out in place of references, or prove the state after `terraform apply` (terraform show -json)",
	}
}

// chosen says that an attribute of r is one of several instances, of which one is.
func (f *tfFile) chosen(r *resource, attribute string, one *resource) Unknown {
	return Unknown{
		Where: f.name, What: r.Address + "." + attribute + " is chosen among the instances of " + one.module + one.Type + "." + one.Name + " by a key that the plan does not show",
		Do: "write the instance's name or ARN out, or prove the state after `terraform apply` (terraform show -json)",
	}
}
