package identity

import (
	"fmt"
	"slices"
	"time"

	"example.com/shiptrack/infra/localaws/policy"
)

// Entity is what a role and a user have in common: a name, and the policies that say what it may do.
type Entity struct {
	Name     string     `json:"name"`
	Path     string     `json:"path"` // "/" or "/a/b/"
	ID       string     `json:"id"`   // AROA... of a role, AIDA... of a user; never used again
	ARN      string     `json:"arn"`
	Created  time.Time  `json:"created"`
	Tags     []Tag      `json:"tags,omitzero"`
	Inline   []Document `json:"inline,omitzero"`
	Attached []string   `json:"attached,omitzero"` // ARNs of managed policies
	Boundary string     `json:"boundary,omitzero"` // ARN of a managed policy

	policies policy.Policies
	compiled bool // policies is that of the fields above
}

// Document is a named policy document, as it was given.
type Document struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Policies returns the permission policies and the boundary ready to decide: first those of Inline, then those of Attached, in
// their order.
func (e *Entity) Policies() policy.Policies { return e.policies }

func (e *Entity) clone() Entity {
	c := *e
	c.Tags = slices.Clone(e.Tags)
	c.Inline = slices.Clone(e.Inline)
	c.Attached = slices.Clone(e.Attached)
	return c
}

// InlinePolicy returns the index of the inline policy called name, or -1.
func (e *Entity) InlinePolicy(name string) int {
	return slices.IndexFunc(e.Inline, func(d Document) bool { return d.Name == name })
}

// Uses reports whether the managed policy arn is attached to e, or is its boundary.
func (e *Entity) Uses(arn string) bool { return e.Boundary == arn || slices.Contains(e.Attached, arn) }

// compilePolicies parses the documents; managed looks a managed policy up by its ARN.
func (e *Entity) compilePolicies(managed func(arn string) *ManagedPolicy) error {
	e.policies = policy.Policies{}
	for _, document := range e.Inline {
		compiled, err := policy.Parse([]byte(document.Text), policy.Identity)
		if err != nil {
			return fmt.Errorf("policy %s of %s: %w", document.Name, e.ARN, err)
		}
		named := policy.Named{Name: e.Name + "/" + document.Name, Policy: compiled}
		e.policies.Identity = append(e.policies.Identity, named)
	}
	for _, arn := range e.Attached {
		m := managed(arn)
		if m == nil {
			return fmt.Errorf("%s: attached policy %s does not exist", e.ARN, arn)
		}
		e.policies.Identity = append(e.policies.Identity, m.compiled)
	}
	if e.Boundary != "" {
		m := managed(e.Boundary)
		if m == nil {
			return fmt.Errorf("%s: permissions boundary %s does not exist", e.ARN, e.Boundary)
		}
		e.policies.Boundary = &m.compiled
	}
	e.compiled = true
	return nil
}
