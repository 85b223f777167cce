package iam

import (
	"encoding/xml"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/identity"
)

// The XML forms of the API's answers. A members list is written as IAM writes lists: an element with one
// member element per entry.

type members[T any] struct {
	Member []T `xml:"member"`
}

// emptyList is the answer of a list, called name, that has no members.
type emptyList struct{ name string }

// MarshalXML writes the list and IsTruncated.
func (l emptyList) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	list := xml.StartElement{Name: xml.Name{Local: l.name}}
	for _, token := range []xml.Token{start, list, list.End()} {
		if err := e.EncodeToken(token); err != nil {
			return err
		}
	}
	if err := e.EncodeElement(false, xml.StartElement{Name: xml.Name{Local: "IsTruncated"}}); err != nil {
		return err
	}
	return e.EncodeToken(start.End())
}

type tagElement struct{ Key, Value string }

type boundaryElement struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

type roleElement struct {
	Path, RoleName, RoleId, Arn, CreateDate string
	AssumeRolePolicyDocument                string
	Description                             string `xml:",omitempty"`
	MaxSessionDuration                      int    // seconds
	PermissionsBoundary                     *boundaryElement
	Tags                                    *members[tagElement]
	RoleLastUsed                            *struct{}
}

func newRole(r *identity.Role, s *identity.Snapshot) roleElement {
	e := roleElement{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: r.ARN, CreateDate: timestamp(r.Created),
		AssumeRolePolicyDocument: encoded(s.Show(r.Trust, r.Trusted)), Description: r.Description,
		MaxSessionDuration: r.MaxSession,
	}
	e.PermissionsBoundary, e.Tags = newBoundary(r.Boundary), optionalTags(r.Tags)
	return e
}

type userElement struct {
	Path, UserName, UserId, Arn, CreateDate string
	PermissionsBoundary                     *boundaryElement
	Tags                                    *members[tagElement]
}

func newUser(u *identity.User) userElement {
	return userElement{
		Path: u.Path, UserName: u.Name, UserId: u.ID, Arn: u.ARN, CreateDate: timestamp(u.Created),
		PermissionsBoundary: newBoundary(u.Boundary), Tags: optionalTags(u.Tags),
	}
}

func newBoundary(arn string) *boundaryElement {
	if arn == "" {
		return nil
	}
	return &boundaryElement{"Policy", arn}
}

func optionalTags(tags []identity.Tag) *members[tagElement] {
	if len(tags) == 0 {
		return nil
	}
	return &members[tagElement]{newTags(tags)}
}

func newTags(tags []identity.Tag) []tagElement {
	elements := make([]tagElement, len(tags))
	for i, tag := range tags {
		elements[i] = tagElement(tag)
	}
	return elements
}

func sortedTags(tags []identity.Tag) []tagElement {
	return slices.SortedFunc(slices.Values(newTags(tags)), func(a, b tagElement) int { return strings.Compare(a.Key, b.Key) })
}

type policyElement struct {
	PolicyName, PolicyId, Arn, Path, DefaultVersionId string
	AttachmentCount, PermissionsBoundaryUsageCount    int
	IsAttachable                                      bool
	Description                                       string `xml:",omitempty"`
	CreateDate, UpdateDate                            string
	Tags                                              *members[tagElement]
}

func newPolicy(m *identity.ManagedPolicy, s *identity.Snapshot) policyElement {
	used := usesOf(m.ARN, s)
	return policyElement{
		PolicyName: m.Name, PolicyId: m.ID, Arn: m.ARN, Path: m.Path, DefaultVersionId: m.DefaultVersion().ID(),
		AttachmentCount: used.attached, PermissionsBoundaryUsageCount: used.boundaries, IsAttachable: true,
		Description: m.Description, CreateDate: timestamp(m.Created), UpdateDate: timestamp(m.Updated), Tags: optionalTags(m.Tags),
	}
}

// place is where the policy stands in lists: by its name. One of the account's may have the name of one of AWS's.
func (e policyElement) place() string { return e.PolicyName + "\x00" + e.Arn }

// uses counts the roles and users that a managed policy is attached to, and those whose boundary it is.
type uses struct{ attached, boundaries int }

func usesOf(arn string, s *identity.Snapshot) uses {
	var u uses
	for _, role := range s.Roles() {
		u.add(&role.Entity, arn)
	}
	for _, user := range s.Users() {
		u.add(&user.Entity, arn)
	}
	return u
}

func (u *uses) add(e *identity.Entity, arn string) {
	if slices.Contains(e.Attached, arn) {
		u.attached++
	}
	if e.Boundary == arn {
		u.boundaries++
	}
}

// policyName is the name in a managed policy's ARN.
func policyName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
