package policyset

import (
	"maps"
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

// candidates are the instances of a resource of kind that an attribute of r may refer to, where the plan knows no value. There are none where that
// cannot be told: where the expression names anything else, such as two resources to choose from, or a variable that the choice may depend on.
// There are several where the instance is chosen by a key: a plan tells what an expression names, and not how it counts with count.index.
func (f *tfFile) candidates(r *resource, attribute, kind string) []*resource {
	expression, _ := f.expression(r, attribute).(map[string]any)
	var name, key string
	var own bool
	for _, reference := range values(expression).texts("references") {
		if reference == "each.key" || reference == "count.index" {
			own = true
			continue
		}
		rest, ok := strings.CutPrefix(reference, kind+".")
		if !ok {
			return nil
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
	all := f.instances(r.module, kind+"."+name)
	if key != "" && !own {
		return slices.DeleteFunc(all, func(one *resource) bool { return one.Address != r.module+kind+"."+name+key })
	}
	return all
}

// written are the attributes of r that the configuration has.
func (f *tfFile) written(r *resource) []string { return slices.Sorted(maps.Keys(f.expressions(r))) }

// expression is how the configuration writes an attribute of r; nil: not at all.
func (f *tfFile) expression(r *resource, attribute string) any { return f.expressions(r)[attribute] }

func (f *tfFile) expressions(r *resource) map[string]any {
	for _, c := range f.config(r.module).Resources {
		if c.Type == r.Type && c.Name == r.Name {
			return c.Expressions
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
