package identity

import (
	"fmt"
	"slices"
	"time"

	"example.com/shiptrack/infra/localaws/policy"
)

// Role is an IAM role. A Role that was read from a Directory is shared and read-only; change a Clone.
type Role struct {
	Name        string     `json:"name"`
	Path        string     `json:"path"` // "/" or "/a/b/"
	ID          string     `json:"id"`   // AROA..., never used again
	ARN         string     `json:"arn"`
	Description string     `json:"description,omitzero"`
	Created     time.Time  `json:"created"`
	MaxSession  int        `json:"maxSession"` // seconds, 1 h to 12 h
	Tags        []Tag      `json:"tags,omitzero"`
	Trust       string     `json:"trust"` // the document, as it was given
	Inline      []Document `json:"inline,omitzero"`
	Attached    []string   `json:"attached,omitzero"` // ARNs of managed policies
	Boundary    string     `json:"boundary,omitzero"` // ARN of a managed policy

	trust    policy.Named
	policies policy.Policies
}

// Document is a named policy document, as it was given.
type Document struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// ManagedPolicy is a customer managed policy with its one version, v1.
type ManagedPolicy struct {
	Name        string    `json:"name"`
	Path        string    `json:"path"`
	ID          string    `json:"id"` // ANPA...
	ARN         string    `json:"arn"`
	Description string    `json:"description,omitzero"`
	Created     time.Time `json:"created"`
	Tags        []Tag     `json:"tags,omitzero"`
	Text        string    `json:"text"`

	compiled policy.Named
}

// TrustPolicy returns the role's trust policy ready to decide.
func (r *Role) TrustPolicy() *policy.Named { return &r.trust }

// Policies returns the role's permission policies and its boundary ready to decide: first those of Inline, then
// those of Attached, in their order.
func (r *Role) Policies() policy.Policies { return r.policies }

// Clone returns a copy that may be changed.
func (r *Role) Clone() *Role {
	c := *r
	c.Tags = slices.Clone(r.Tags)
	c.Inline = slices.Clone(r.Inline)
	c.Attached = slices.Clone(r.Attached)
	return &c
}

// InlinePolicy returns the index of the inline policy called name, or -1.
func (r *Role) InlinePolicy(name string) int {
	return slices.IndexFunc(r.Inline, func(d Document) bool { return d.Name == name })
}

// compile parses every document of r; managed looks a managed policy up by its ARN.
func (r *Role) compile(managed func(arn string) *ManagedPolicy) error {
	trust, err := policy.Parse([]byte(r.Trust), policy.Trust)
	if err != nil {
		return fmt.Errorf("trust policy of role %s: %w", r.Name, err)
	}
	r.trust = policy.Named{Name: r.Name + "/trust", Policy: trust}
	r.policies = policy.Policies{}
	for _, document := range r.Inline {
		compiled, err := policy.Parse([]byte(document.Text), policy.Identity)
		if err != nil {
			return fmt.Errorf("policy %s of role %s: %w", document.Name, r.Name, err)
		}
		named := policy.Named{Name: r.Name + "/" + document.Name, Policy: compiled}
		r.policies.Identity = append(r.policies.Identity, named)
	}
	for _, arn := range r.Attached {
		m := managed(arn)
		if m == nil {
			return fmt.Errorf("role %s: attached policy %s does not exist", r.Name, arn)
		}
		r.policies.Identity = append(r.policies.Identity, m.compiled)
	}
	if r.Boundary != "" {
		m := managed(r.Boundary)
		if m == nil {
			return fmt.Errorf("role %s: permissions boundary %s does not exist", r.Name, r.Boundary)
		}
		r.policies.Boundary = &m.compiled
	}
	return nil
}

func (m *ManagedPolicy) compile() error {
	compiled, err := policy.Parse([]byte(m.Text), policy.Identity)
	if err != nil {
		return fmt.Errorf("managed policy %s: %w", m.ARN, err)
	}
	m.compiled = policy.Named{Name: m.ARN, Policy: compiled}
	return nil
}
