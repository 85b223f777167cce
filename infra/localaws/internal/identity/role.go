package identity

import (
	"fmt"

	"example.com/shiptrack/infra/localaws/policy"
)

// Role is an IAM role. A Role that was read from a Directory is shared and read-only; change a Clone.
type Role struct {
	Entity
	Description string   `json:"description,omitzero"`
	MaxSession  int      `json:"maxSession"`       // seconds, 1 h to 12 h
	Trust       string   `json:"trust"`            // the document, as it was given
	Trusted     Bindings `json:"trusted,omitzero"` // of the principals of Trust; see Edit.BindTrust

	trust policy.Named
}

// TrustPolicy returns the role's trust policy ready to decide.
func (r *Role) TrustPolicy() *policy.Named { return &r.trust }

// Clone returns a copy that may be changed. Trusted stays shared: it is replaced, never changed.
func (r *Role) Clone() *Role {
	c := *r
	c.Entity = r.clone()
	return &c
}

func (r *Role) parseTrust() (*policy.Policy, error) {
	trust, err := policy.Parse([]byte(r.Trust), policy.Trust)
	if err != nil {
		return nil, fmt.Errorf("trust policy of role %s: %w", r.Name, err)
	}
	return trust, nil
}

// compile parses every document of r. A principal that is not bound is an error: it would match by its name.
func (r *Role) compile(s *Snapshot) error {
	trust, err := r.parseTrust()
	if err != nil {
		return err
	}
	for _, name := range trust.Principals() {
		if s.keeps(name) && r.Trusted[name] == "" {
			return fmt.Errorf("trust policy of role %s: the principal %s is not bound", r.Name, name)
		}
	}
	r.trust = policy.Named{Name: r.Name + "/trust", Policy: trust.Bind(r.Trusted)}
	return r.compilePolicies(s.Policy)
}
