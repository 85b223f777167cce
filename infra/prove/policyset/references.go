package policyset

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// moduleConfig is what a plan says of the texts of a module: Terraform documentation, "Configuration Representation".
type moduleConfig struct {
	Resources []struct {
		Type        string         `json:"type"`
		Name        string         `json:"name"`
		Expressions map[string]any `json:"expressions"`
	} `json:"resources"`
	Calls map[string]struct {
		Module moduleConfig `json:"module"`
	} `json:"module_calls"`
}

// instanceKey is the key of an instance in an address, such as [0] or ["eu"].
var instanceKey = regexp.MustCompile(`\[(?:"(?:[^"\\]|\\.)*"|[0-9]+)\]`)

// config is the module's part of the configuration.
func (f *tfFile) config(module string) *moduleConfig {
	m := &f.Configuration.Root
	names := strings.Split(strings.TrimSuffix(instanceKey.ReplaceAllString(module, ""), "."), ".")
	for i := 1; i < len(names); i += 2 { // module.NAME.module.NAME
		called, known := m.Calls[names[i]]
		if !known {
			return &moduleConfig{}
		}
		m = &called.Module
	}
	return m
}

// referenced is the instance of a resource of kind that an attribute of r refers to, where the plan knows no value: of several, the one
// with r's own key. It is nil where it cannot be told.
func (f *tfFile) referenced(r *resource, attribute, kind string) *resource {
	expression, _ := f.expression(r, attribute).(map[string]any)
	for _, reference := range values(expression).texts("references") {
		name, _, _ := strings.Cut(strings.TrimPrefix(instanceKey.ReplaceAllString(reference, ""), kind+"."), ".")
		if strings.HasPrefix(reference, kind+".") {
			return f.instance(r, kind+"."+name)
		}
	}
	return nil
}

// expression is how the configuration writes an attribute of r; nil: not at all.
func (f *tfFile) expression(r *resource, attribute string) any {
	for _, c := range f.config(r.module).Resources {
		if c.Type == r.Type && c.Name == r.Name {
			return c.Expressions[attribute]
		}
	}
	return nil
}

// instance is the one of a resource beside r.
func (f *tfFile) instance(r *resource, name string) *resource {
	var all []*resource
	for _, address := range f.order {
		other := f.resources[address]
		if other.module == r.module && other.Type+"."+other.Name == name {
			all = append(all, other)
			if other.Index != nil && fmt.Sprint(other.Index) == fmt.Sprint(r.Index) {
				return other
			}
		}
	}
	if len(all) == 1 {
		return all[0]
	}
	return nil
}

// roleOf is the role that an attribute of r names: by its value, or else by what it refers to. Where that cannot be told, every role is open.
func (f *tfFile) roleOf(r *resource, attribute string) *Role {
	if name, known := r.Values.text(attribute); known {
		if roles := f.named(path.Base(name)); len(roles) > 0 {
			return roles[0]
		}
		return nil // of a role that is not in the file
	}
	if to := f.referenced(r, attribute, "aws_iam_role"); to != nil {
		return f.roles[to.Address]
	}
	f.everyRole(r, attribute)
	return nil
}

// everyRole opens the verdict of every role: r may be about any.
func (f *tfFile) everyRole(r *resource, attribute string) {
	for _, role := range f.roles {
		role.Unknown = append(role.Unknown, f.unknown(r, attribute))
	}
}

// named are the roles of a name.
func (f *tfFile) named(name string) []*Role {
	for _, address := range f.order {
		if own, _ := f.resources[address].Values.text("name"); own == name && f.resources[address].Type == "aws_iam_role" {
			return []*Role{f.roles[address]}
		}
	}
	return nil
}
