package iam

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

func createPolicy(q *query) (*plan, error) {
	m, err := q.newPolicy()
	if err != nil {
		return nil, err
	}
	keys := requestTagKeys(m.Tags)
	p := q.on(m.ARN, keys, func() (any, error) {
		err := q.directory.Update(func(e *identity.Edit) error {
			for _, other := range e.ManagedPolicies() {
				if strings.EqualFold(other.Name, m.Name) {
					return api.Errorf(409, "EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", m.Name)
				}
			}
			e.PutPolicy(m)
			return nil
		})
		return struct{ Policy policyElement }{newPolicy(m, q.snapshot)}, err
	})
	if len(m.Tags) > 0 {
		p.permissions = append(p.permissions, api.Permission{Action: "iam:TagPolicy", Resource: m.ARN, Context: keys})
	}
	return p, nil
}

func (q *query) newPolicy() (*identity.ManagedPolicy, error) {
	name, err := q.name("PolicyName", maxPolicyNameLength)
	if err != nil {
		return nil, err
	}
	path, err := q.path()
	if err != nil {
		return nil, err
	}
	text, err := q.document("PolicyDocument", policy.Identity, managedQuota)
	if err != nil {
		return nil, err
	}
	description, _, err := q.description()
	if err != nil {
		return nil, err
	}
	tags, err := api.ReadTags(q.Form, "InvalidInput")
	m := &identity.ManagedPolicy{
		Name: name, Path: path, ID: identity.NewID("ANPA", 17), ARN: q.arn("policy", path, name),
		Description: description, Created: q.Now.UTC(), Tags: tags,
	}
	m.Default = m.AddVersion(text, q.Now).Number
	return m, err
}

// onPolicy asks for the request's own action on the managed policy that PolicyArn names.
func (q *query) onPolicy(keys *policy.Context, answer func(*identity.ManagedPolicy) (any, error)) (*plan, error) {
	arn, err := q.policyARN("PolicyArn")
	if err != nil {
		return nil, err
	}
	if keys == nil {
		keys = new(policy.Context)
	}
	if m := q.snapshot.Policy(arn); m != nil {
		setResourceTags(keys, m.Tags)
	}
	return q.on(arn, keys, func() (any, error) {
		m := q.directory.Snapshot().Policy(arn)
		if m == nil {
			return nil, noSuchPolicy(arn)
		}
		return answer(m)
	}), nil
}

// changePolicy stores what change makes of the policy that PolicyArn names.
func (q *query) changePolicy(keys *policy.Context, change func(*identity.ManagedPolicy) error) (*plan, error) {
	return q.onPolicy(keys, func(m *identity.ManagedPolicy) (any, error) {
		return nil, q.updatePolicy(m.ARN, func(_ *identity.Edit, m *identity.ManagedPolicy) error { return change(m) })
	})
}

// updatePolicy stores what change makes of one of the account's own policies.
func (q *query) updatePolicy(arn string, change func(*identity.Edit, *identity.ManagedPolicy) error) error {
	if identity.IsAWSManaged(arn) {
		return belongsToAWS(arn)
	}
	return q.directory.Update(func(e *identity.Edit) error {
		m := e.Policy(arn)
		if m == nil {
			return noSuchPolicy(arn)
		}
		changed := m.Clone()
		if err := change(e, changed); err != nil {
			return err
		}
		e.PutPolicy(changed)
		return nil
	})
}

func getPolicy(q *query) (*plan, error) {
	return q.onPolicy(nil, func(m *identity.ManagedPolicy) (any, error) {
		return struct{ Policy policyElement }{newPolicy(m, q.directory.Snapshot())}, nil
	})
}

// listPolicies lists the account's own policies, those of AWS, or both. Tags and descriptions are in GetPolicy's answer alone.
func listPolicies(q *query) (*plan, error) {
	filter := policyFilter{
		prefix: q.Form.Get("PathPrefix"), attachedOnly: q.Form.Get("OnlyAttached") == "true",
		scope: q.Form.Get("Scope"), usage: q.Form.Get("PolicyUsageFilter"),
	}
	p, err := q.page()
	return q.on(q.arn("policy", "/", strings.TrimPrefix(filter.prefix, "/")), nil, func() (any, error) {
		all := filter.list(q.directory.Snapshot())
		policies, more := cut(p, all, policyElement.place)
		return struct {
			Policies members[policyElement]
			paging
		}{members[policyElement]{policies}, more}, nil
	}), err
}

type policyFilter struct {
	prefix, scope, usage string
	attachedOnly         bool
}

func (f policyFilter) list(snapshot *identity.Snapshot) []policyElement {
	var candidates []*identity.ManagedPolicy
	if f.scope != "AWS" {
		candidates = snapshot.ManagedPolicies()
	}
	if f.scope != "Local" {
		candidates = append(candidates, snapshot.AWSPolicies()...)
	}
	var all []policyElement
	for _, m := range candidates {
		e := newPolicy(m, snapshot)
		used := e.AttachmentCount > 0 && f.usage != "PermissionsBoundary" ||
			e.PermissionsBoundaryUsageCount > 0 && f.usage != "PermissionsPolicy"
		if strings.HasPrefix(m.Path, f.prefix) && (used || !f.attachedOnly && f.usage == "") {
			e.Description, e.Tags = "", nil
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b policyElement) int { return strings.Compare(a.place(), b.place()) })
	return all
}

func deletePolicy(q *query) (*plan, error) {
	return q.onPolicy(nil, func(m *identity.ManagedPolicy) (any, error) {
		arn := m.ARN
		if identity.IsAWSManaged(arn) {
			return nil, belongsToAWS(arn)
		}
		return nil, q.directory.Update(func(e *identity.Edit) error {
			m := e.Policy(arn)
			switch {
			case m == nil:
				return noSuchPolicy(arn)
			case usesOf(arn, e.Snapshot) != uses{}:
				return api.Errorf(409, "DeleteConflict", "Cannot delete a policy attached to entities.")
			case len(m.Versions) > 1:
				return api.Errorf(409, "DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's "+
					"versions. The default version is deleted with the policy.")
			}
			e.RemovePolicy(arn)
			return nil
		})
	})
}

func belongsToAWS(arn string) error {
	return api.Errorf(403, "AccessDenied", "The policy %s belongs to AWS: nobody else can change, tag or delete it.", arn)
}
