package policyset

import (
	"fmt"
	"path"
	"regexp"
	"slices"
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

// nameOf is the label of a resource at the beginning of what stands behind its type.
var nameOf = regexp.MustCompile(`^[\pL_][\pL\pN_-]*`)

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

// referenced is the instance of a resource of kind that an attribute of r refers to, where the plan knows no value. It is nil where it cannot be
// told: where the expression names anything else, such as two resources to choose from, or a variable that the choice may depend on.
func (f *tfFile) referenced(r *resource, attribute, kind string) *resource {
	expression, _ := f.expression(r, attribute).(map[string]any)
	var name, key string
	for _, reference := range values(expression).texts("references") {
		rest, ok := strings.CutPrefix(reference, kind+".")
		own := reference == "each.key" || reference == "count.index"
		if !ok && !own {
			return nil
		}
		if own {
			continue
		}
		label := nameOf.FindString(rest)
		if name != "" && label != name {
			return nil
		}
		name = label
		if written := instanceKey.FindString(rest[len(label):]); written != "" && strings.HasPrefix(rest[len(label):], written) {
			if key != "" && key != written {
				return nil
			}
			key = written
		}
	}
	if name == "" {
		return nil
	}
	if key != "" {
		return f.resources[r.module+kind+"."+name+key]
	}
	return f.instance(r, kind+"."+name)
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

// instance is the one of a resource beside r: its only one, or the one with r's own key. The latter is certain where both have the same keys: an
// expression such as r[count.index + 1] does not fit there.
func (f *tfFile) instance(r *resource, name string) *resource {
	all, own := f.instances(r.module, name), f.instances(r.module, r.Type+"."+r.Name)
	if len(all) == 1 && all[0].Index == nil || len(all) == 1 && r.Index == nil {
		return all[0]
	}
	keys := func(list []*resource) []string {
		var all []string
		for _, one := range list {
			all = append(all, fmt.Sprint(one.Index))
		}
		return slices.Sorted(slices.Values(all))
	}
	if !slices.Equal(keys(all), keys(own)) {
		return nil
	}
	for _, one := range all {
		if fmt.Sprint(one.Index) == fmt.Sprint(r.Index) {
			return one
		}
	}
	return nil
}

// instances are those of a resource in a module.
func (f *tfFile) instances(module, name string) []*resource {
	var all []*resource
	for _, address := range f.order {
		if one := f.resources[address]; one.module == module && one.Type+"."+one.Name == name {
			all = append(all, one)
		}
	}
	return all
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
