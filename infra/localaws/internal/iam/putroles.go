package iam

import (
	"fmt"
	"slices"
	"time"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// RoleDocuments are a role's name, its trust policy and all its inline policies.
type RoleDocuments struct {
	Name   string
	Trust  string
	Inline []identity.Document
}

// PutRoles creates each role, or brings its trust policy and its inline policies to the documents given: all
// roles or, with an error, none. It holds names and documents to the rules of CreateRole and PutRolePolicy.
func (s *Service) PutRoles(account string, now time.Time, roles []RoleDocuments) error {
	return s.directory.Update(func(e *identity.Edit) error {
		for _, wanted := range roles {
			if err := wanted.check(); err != nil {
				return fmt.Errorf("role %s: %w", wanted.Name, err)
			}
			role := &identity.Role{
				Name: wanted.Name, Path: "/", ID: identity.NewID("AROA", 17), ARN: "arn:aws:iam::" + account + ":role/" + wanted.Name,
				Created: now.UTC(), MaxSession: minSession,
			}
			if existing := e.Role(wanted.Name); existing != nil {
				role = existing.Clone()
			}
			role.Trust, role.Inline = wanted.Trust, slices.Clone(wanted.Inline)
			if err := settleInline(role); err != nil {
				return fmt.Errorf("role %s: %w", wanted.Name, err)
			}
			e.PutRole(role)
		}
		return nil
	})
}

func (r RoleDocuments) check() error {
	if err := checkName("RoleName", r.Name, maxRoleNameLength); err != nil {
		return err
	}
	if err := checkDocument("AssumeRolePolicyDocument", r.Trust, policy.Trust, trustQuota); err != nil {
		return fmt.Errorf("trust policy: %w", err)
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
