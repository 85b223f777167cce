package iam

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/identity"
)

// entityDetail is what users and roles have in common in the answer of GetAccountAuthorizationDetails.
type entityDetail struct {
	Path, Arn, CreateDate   string
	AttachedManagedPolicies members[attachedElement]
	PermissionsBoundary     *boundaryElement
	Tags                    *members[tagElement]
}

type attachedElement struct{ PolicyName, PolicyArn string }

type inlineElement struct{ PolicyName, PolicyDocument string }

type userDetail struct {
	UserName, UserId string
	UserPolicyList   members[inlineElement]
	GroupList        members[string]
	entityDetail
}

type roleDetail struct {
	RoleName, RoleId, AssumeRolePolicyDocument string
	RolePolicyList                             members[inlineElement]
	InstanceProfileList                        members[string]
	entityDetail
}

type policyDetail struct {
	policyElement
	PolicyVersionList members[versionElement]
}

// detail is a user, a role or a policy; one is set.
type detail struct {
	user   *userDetail
	role   *roleDetail
	policy *policyDetail
	place  string // in the list of all
}

// The kinds of details, in their order, by the names that Filter has for them.
const (
	filterUser  = "User"
	filterRole  = "Role"
	filterLocal = "LocalManagedPolicy"
	filterAWS   = "AWSManagedPolicy"
)

// accountDetails answers users, roles, and managed policies with their versions: the account's own, and those of AWS that somebody uses.
// There are no groups.
func accountDetails(q *query) (*plan, error) {
	kinds := q.Form.List("Filter")
	for _, kind := range kinds {
		if !slices.Contains([]string{filterUser, filterRole, "Group", filterLocal, filterAWS}, kind) {
			return nil, invalid("1 validation error detected: Value '[%s]' at 'filter' failed to satisfy constraint: Member must satisfy enum value "+
				"set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]", kind)
		}
	}
	p, err := q.page()
	return q.on("*", nil, func() (any, error) {
		var wanted []detail
		for _, d := range detailsOf(q.directory.Snapshot()) {
			if len(kinds) == 0 || slices.Contains(kinds, d.kind()) {
				wanted = append(wanted, d)
			}
		}
		shown, more := cutBehind(p, wanted, func(d detail) string { return d.place })
		return detailsAnswer(shown, more), nil
	}), err
}

func (d *detail) kind() string {
	switch {
	case d.user != nil:
		return filterUser
	case d.role != nil:
		return filterRole
	case identity.IsAWSManaged(d.policy.Arn):
		return filterAWS
	}
	return filterLocal
}

func detailsAnswer(shown []detail, more paging) any {
	var answer struct {
		UserDetailList  members[userDetail]
		GroupDetailList members[string]
		RoleDetailList  members[roleDetail]
		Policies        members[policyDetail]
		paging
	}
	answer.paging = more
	for _, d := range shown {
		switch {
		case d.user != nil:
			answer.UserDetailList.Member = append(answer.UserDetailList.Member, *d.user)
		case d.role != nil:
			answer.RoleDetailList.Member = append(answer.RoleDetailList.Member, *d.role)
		default:
			answer.Policies.Member = append(answer.Policies.Member, *d.policy)
		}
	}
	return answer
}

func detailsOf(s *identity.Snapshot) (all []detail) {
	for _, u := range s.Users() {
		d := &userDetail{UserName: u.Name, UserId: u.ID, UserPolicyList: inlineOf(&u.Entity), entityDetail: newEntityDetail(&u.Entity)}
		all = append(all, detail{user: d, place: u.ARN})
	}
	for _, r := range s.Roles() {
		d := &roleDetail{RoleName: r.Name, RoleId: r.ID, AssumeRolePolicyDocument: encoded(s.Show(r.Trust, r.Trusted)), RolePolicyList: inlineOf(&r.Entity), entityDetail: newEntityDetail(&r.Entity)}
		all = append(all, detail{role: d, place: r.ARN})
	}
	for _, m := range slices.Concat(s.ManagedPolicies(), s.AWSPolicies()) {
		if identity.IsAWSManaged(m.ARN) && usesOf(m.ARN, s) == (uses{}) {
			continue
		}
		d := &policyDetail{policyElement: newPolicy(m, s)}
		for i := range m.Versions {
			version := newVersion(m, &m.Versions[i])
			version.Document = encoded(m.Versions[i].Text)
			d.PolicyVersionList.Member = append(d.PolicyVersionList.Member, version)
		}
		all = append(all, detail{policy: d, place: m.ARN})
	}
	return all
}

func newEntityDetail(e *identity.Entity) entityDetail {
	d := entityDetail{Path: e.Path, Arn: e.ARN, CreateDate: timestamp(e.Created), PermissionsBoundary: newBoundary(e.Boundary), Tags: optionalTags(e.Tags)}
	for _, arn := range e.Attached {
		d.AttachedManagedPolicies.Member = append(d.AttachedManagedPolicies.Member, attachedElement{policyName(arn), arn})
	}
	return d
}

func inlineOf(e *identity.Entity) (list members[inlineElement]) {
	for _, p := range e.Inline {
		list.Member = append(list.Member, inlineElement{p.Name, encoded(p.Text)})
	}
	return list
}
