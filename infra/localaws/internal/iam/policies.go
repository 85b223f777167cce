package iam

import (
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

// onlyVersion is the one version of a managed policy: CreatePolicyVersion is not answered.
const onlyVersion = "v1"

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
	name, err := q.name("PolicyName", 128)
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
	tags, err := api.ReadTags(q.Form, "InvalidInput")
	return &identity.ManagedPolicy{
		Name: name, Path: path, ID: identity.NewID("ANPA", 17), ARN: q.arn("policy", path, name),
		Description: q.Form.Get("Description"), Created: q.Now.UTC(), Tags: tags, Text: text,
	}, err
}

// onPolicy asks for the request's own action on the managed policy that PolicyArn names.
func (q *query) onPolicy(answer func(*identity.ManagedPolicy) (any, error)) (*plan, error) {
	arn, err := q.policyARN("PolicyArn")
	if err != nil {
		return nil, err
	}
	keys := new(policy.Context)
	if m := q.snapshot.Policy(arn); m != nil {
		for _, tag := range m.Tags {
			keys.Set("aws:ResourceTag/"+tag.Key, tag.Value)
			keys.Set("iam:ResourceTag/"+tag.Key, tag.Value)
		}
	}
	return q.on(arn, keys, func() (any, error) {
		m := q.directory.Snapshot().Policy(arn)
		if m == nil {
			return nil, noSuchPolicy(arn)
		}
		return answer(m)
	}), nil
}

func getPolicy(q *query) (*plan, error) {
	return q.onPolicy(func(m *identity.ManagedPolicy) (any, error) {
		return struct{ Policy policyElement }{newPolicy(m, q.directory.Snapshot())}, nil
	})
}

type versionElement struct {
	Document         string `xml:",omitempty"`
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string
}

func getPolicyVersion(q *query) (*plan, error) {
	version := q.Form.Get("VersionId")
	return q.onPolicy(func(m *identity.ManagedPolicy) (any, error) {
		if version != onlyVersion {
			return nil, api.Errorf(404, "NoSuchEntity", "Policy %s version %s does not exist or is not attachable.", m.ARN, version)
		}
		return struct{ PolicyVersion versionElement }{
			versionElement{encoded(m.Text), onlyVersion, true, timestamp(m.Created)},
		}, nil
	})
}

func listPolicyVersions(q *query) (*plan, error) {
	if _, err := q.page(); err != nil {
		return nil, err
	}
	return q.onPolicy(func(m *identity.ManagedPolicy) (any, error) {
		version := versionElement{VersionId: onlyVersion, IsDefaultVersion: true, CreateDate: timestamp(m.Created)}
		return struct {
			Versions members[versionElement]
			paging
		}{Versions: members[versionElement]{[]versionElement{version}}}, nil
	})
}

// listPolicies lists the account's own policies: AWS's managed ones do not exist here.
func listPolicies(q *query) (*plan, error) {
	prefix, attachedOnly := q.Form.Get("PathPrefix"), q.Form.Get("OnlyAttached") == "true"
	scope, usage := q.Form.Get("Scope"), q.Form.Get("PolicyUsageFilter")
	p, err := q.page()
	return q.on(q.arn("policy", "/", strings.TrimPrefix(prefix, "/")), nil, func() (any, error) {
		snapshot := q.directory.Snapshot()
		var all []policyElement
		for _, m := range snapshot.ManagedPolicies() {
			e := newPolicy(m, snapshot)
			used := e.AttachmentCount > 0 && usage != "PermissionsBoundary" ||
				e.PermissionsBoundaryUsageCount > 0 && usage != "PermissionsPolicy"
			if scope != "AWS" && strings.HasPrefix(m.Path, prefix) && (used || !attachedOnly && usage == "") {
				all = append(all, e)
			}
		}
		policies, more := cut(p, all, func(e policyElement) string { return e.PolicyName })
		return struct {
			Policies members[policyElement]
			paging
		}{members[policyElement]{policies}, more}, nil
	}), err
}

func deletePolicy(q *query) (*plan, error) {
	return q.onPolicy(func(m *identity.ManagedPolicy) (any, error) {
		return nil, q.directory.Update(func(e *identity.Edit) error {
			attached, boundaries := uses(m.ARN, e.Snapshot)
			if len(attached)+len(boundaries) > 0 {
				return api.Errorf(409, "DeleteConflict", "Cannot delete a policy attached to entities.")
			}
			e.RemovePolicy(m.ARN)
			return nil
		})
	})
}
