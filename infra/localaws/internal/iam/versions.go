package iam

import (
	"regexp"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/policy"
)

type versionElement struct {
	Document         string `xml:",omitempty"`
	VersionId        string
	IsDefaultVersion bool
	CreateDate       string
}

func newVersion(m *identity.ManagedPolicy, v *identity.Version) versionElement {
	return versionElement{VersionId: v.ID(), IsDefaultVersion: v.Number == m.Default, CreateDate: timestamp(v.Created)}
}

func noSuchVersion(m *identity.ManagedPolicy, id string) error {
	return api.Errorf(404, "NoSuchEntity", "Policy %s version %s does not exist or is not attachable.", m.ARN, id)
}

var versionPattern = regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`)

// versionID takes the parameter VersionId.
func (q *query) versionID() (string, error) {
	id := q.Form.Get("VersionId")
	if !versionPattern.MatchString(id) {
		return "", invalid(`1 validation error detected: Value '%s' at 'versionId' failed to satisfy constraint: Member must satisfy regular `+
			`expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`, id)
	}
	return id, nil
}

// createPolicyVersion: "A managed policy can have up to five versions."
func createPolicyVersion(q *query) (*plan, error) {
	text, err := q.document("PolicyDocument", policy.Identity, managedQuota)
	if err != nil {
		return nil, err
	}
	asDefault := strings.EqualFold(q.Form.Get("SetAsDefault"), "true")
	return q.onPolicy(nil, func(m *identity.ManagedPolicy) (any, error) {
		var created versionElement
		err := q.updatePolicy(m.ARN, func(_ *identity.Edit, m *identity.ManagedPolicy) error {
			if len(m.Versions) == maxVersions {
				return limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an "+
					"existing version.", maxVersions)
			}
			version := m.AddVersion(text, q.Now)
			if asDefault {
				m.Default = version.Number
			}
			created = newVersion(m, version)
			return nil
		})
		return struct{ PolicyVersion versionElement }{created}, err
	})
}

func getPolicyVersion(q *query) (*plan, error) {
	id, err := q.versionID()
	if err != nil {
		return nil, err
	}
	return q.onPolicy(nil, func(m *identity.ManagedPolicy) (any, error) {
		version := m.Version(id)
		if version == nil {
			return nil, noSuchVersion(m, id)
		}
		e := newVersion(m, version)
		e.Document = encoded(version.Text)
		return struct{ PolicyVersion versionElement }{e}, nil
	})
}

// listPolicyVersions lists the newest first, as AWS does. There are five at most: they come on one page, unless fewer are asked for.
func listPolicyVersions(q *query) (*plan, error) {
	p, err := q.page()
	if err != nil {
		return nil, err
	}
	return q.onPolicy(nil, func(m *identity.ManagedPolicy) (any, error) {
		var all []versionElement
		for i := range m.Versions {
			all = append(all, newVersion(m, &m.Versions[i]))
		}
		slices.Reverse(all)
		versions, more := cutBehind(p, all, func(v versionElement) string { return v.VersionId })
		return struct {
			Versions members[versionElement]
			paging
		}{members[versionElement]{versions}, more}, nil
	})
}

func setDefaultPolicyVersion(q *query) (*plan, error) {
	id, err := q.versionID()
	if err != nil {
		return nil, err
	}
	return q.changePolicy(nil, func(m *identity.ManagedPolicy) error {
		version := m.Version(id)
		if version == nil {
			return noSuchVersion(m, id)
		}
		m.Default = version.Number
		return nil
	})
}

func deletePolicyVersion(q *query) (*plan, error) {
	id, err := q.versionID()
	if err != nil {
		return nil, err
	}
	return q.changePolicy(nil, func(m *identity.ManagedPolicy) error {
		version := m.Version(id)
		switch {
		case version == nil:
			return noSuchVersion(m, id)
		case version.Number == m.Default:
			return api.Errorf(409, "DeleteConflict", "Cannot delete the default version of a policy.")
		}
		m.Versions = slices.DeleteFunc(m.Versions, func(v identity.Version) bool { return v.ID() == id })
		return nil
	})
}

// attachedTo is one entry of ListEntitiesForPolicy.
type attachedTo struct {
	entityNames
	RoleId string `xml:",omitempty"`
	UserId string `xml:",omitempty"`
}

// listEntitiesForPolicy answers roles and users; there are no groups.
func listEntitiesForPolicy(q *query) (*plan, error) {
	filter, prefix, usage := q.Form.Get("EntityFilter"), q.Form.Get("PathPrefix"), q.Form.Get("PolicyUsageFilter")
	p, err := q.page()
	if err != nil {
		return nil, err
	}
	return q.onPolicy(nil, func(m *identity.ManagedPolicy) (any, error) {
		has := func(e *identity.Entity) bool {
			used := slices.Contains(e.Attached, m.ARN) && usage != "PermissionsBoundary" || e.Boundary == m.ARN && usage != "PermissionsPolicy"
			return used && strings.HasPrefix(e.Path, prefix)
		}
		snapshot := q.directory.Snapshot()
		var all []attachedTo
		for _, role := range snapshot.Roles() {
			if (filter == "" || filter == "Role") && has(&role.Entity) {
				all = append(all, attachedTo{entityNames: roles.names(role.Name), RoleId: role.ID})
			}
		}
		for _, user := range snapshot.Users() {
			if (filter == "" || filter == "User") && has(&user.Entity) {
				all = append(all, attachedTo{entityNames: users.names(user.Name), UserId: user.ID})
			}
		}
		return entityLists(p, all), nil
	})
}

// entityLists is a page of all, which has roles before users.
func entityLists(p page, all []attachedTo) any {
	entities, more := cutBehind(p, all, func(e attachedTo) string { return e.RoleId + e.UserId })
	var result struct {
		PolicyGroups, PolicyRoles, PolicyUsers members[attachedTo]
		paging
	}
	result.paging = more
	for _, e := range entities {
		list := &result.PolicyRoles
		if e.UserId != "" {
			list = &result.PolicyUsers
		}
		list.Member = append(list.Member, e)
	}
	return result
}
