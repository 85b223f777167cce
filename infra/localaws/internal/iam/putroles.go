package iam

import (
	"fmt"
	"slices"
	"time"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// RoleDocuments are a role's name, its trust policy, all its inline policies, and the managed policy that is its permissions boundary.
type RoleDocuments struct {
	Name     string
	Trust    string
	Inline   []identity.Document
	Boundary identity.Document // Text empty: the boundary stays as it is
}

// PutRoles creates each role, or brings its trust policy and its inline policies to the documents given: all
// roles or, with an error, none. It holds names and documents to the rules of CreateRole and PutRolePolicy. The roles may name each
// other in any order: who is named is looked up once all are there.
func (s *Service) PutRoles(account string, now time.Time, wanted []RoleDocuments) error {
	return s.directory.Update(func(e *identity.Edit) error {
		put := make([]*identity.Role, len(wanted))
		for i, documents := range wanted {
			role, err := documents.put(e, account, now)
			if err != nil {
				return fmt.Errorf("role %s: %w", documents.Name, err)
			}
			put[i] = role
		}
		for _, role := range put {
			if err := e.BindTrust(role); err != nil {
				return fmt.Errorf("role %s: trust policy: %w: as IAM, localaws trusts nobody who does not exist; give its role a folder too, or take it out", role.Name, err)
			}
		}
		return nil
	})
}

// put puts the role, whose trust policy is not yet bound.
func (r RoleDocuments) put(e *identity.Edit, account string, now time.Time) (*identity.Role, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	role := &identity.Role{
		Entity: identity.Entity{
			Name: r.Name, Path: "/", ID: identity.NewID("AROA", 17), ARN: "arn:aws:iam::" + account + ":role/" + r.Name, Created: now.UTC(),
		},
		MaxSession: minSession,
	}
	if existing := e.Role(r.Name); existing != nil {
		role = existing.Clone()
	}
	role.Trust, role.Inline = r.Trust, slices.Clone(r.Inline)
	if r.Boundary.Text != "" {
		role.Boundary = r.putBoundary(e, account, now)
	}
	e.PutRole(role)
	return role, roles.settleInline(&role.Entity)
}

// putBoundary makes the managed policy where there is none, and returns its ARN. One that is there keeps its document.
func (r RoleDocuments) putBoundary(e *identity.Edit, account string, now time.Time) (arn string) {
	arn = "arn:aws:iam::" + account + ":policy/" + r.Boundary.Name
	if e.Policy(arn) == nil {
		m := &identity.ManagedPolicy{Name: r.Boundary.Name, Path: "/", ID: identity.NewID("ANPA", 17), ARN: arn, Created: now.UTC()}
		m.Default = m.AddVersion(r.Boundary.Text, now).Number
		e.PutPolicy(m)
	}
	return arn
}

func (r RoleDocuments) check() error {
	if err := checkName("RoleName", r.Name, maxEntityName); err != nil {
		return err
	}
	if err := checkDocument("AssumeRolePolicyDocument", r.Trust, policy.Trust, trustQuota); err != nil {
		return fmt.Errorf("trust policy: %w", err)
	}
	if r.Boundary.Text != "" {
		if err := checkDocument("PolicyDocument", r.Boundary.Text, policy.Identity, managedQuota); err != nil {
			return fmt.Errorf("permissions boundary: %w", err)
		}
	}
	names := map[string]bool{}
	for _, p := range r.Inline {
		if err := checkName("PolicyName", p.Name, maxPolicyNameLength); err != nil {
			return err
		}
		if names[p.Name] {
			return invalid("The policy %s is given twice.", p.Name)
		}
		names[p.Name] = true
		if err := checkDocument("PolicyDocument", p.Text, policy.Identity, inlineQuota); err != nil {
			return fmt.Errorf("policy %s: %w", p.Name, err)
		}
	}
	return nil
}
