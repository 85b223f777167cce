package iam

import (
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/identity"
)

// The XML forms of the API's answers. A members list is written as IAM writes lists: an element with one
// member element per entry.

type members[T any] struct {
	Member []T `xml:"member"`
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
}

func newRole(r *identity.Role) roleElement {
	e := roleElement{
		Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: r.ARN, CreateDate: timestamp(r.Created),
		AssumeRolePolicyDocument: encoded(r.Trust), Description: r.Description,
		MaxSessionDuration: r.MaxSession,
	}
	if r.Boundary != "" {
		e.PermissionsBoundary = &boundaryElement{"Policy", r.Boundary}
	}
	if len(r.Tags) > 0 {
		e.Tags = &members[tagElement]{newTags(r.Tags)}
	}
	return e
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
	attached, boundaries := uses(m.ARN, s)
	e := policyElement{
		PolicyName: m.Name, PolicyId: m.ID, Arn: m.ARN, Path: m.Path, DefaultVersionId: onlyVersion,
		AttachmentCount: len(attached), PermissionsBoundaryUsageCount: len(boundaries), IsAttachable: true,
		Description: m.Description, CreateDate: timestamp(m.Created), UpdateDate: timestamp(m.Created),
	}
	if len(m.Tags) > 0 {
		e.Tags = &members[tagElement]{newTags(m.Tags)}
	}
	return e
}

// uses returns the roles that a managed policy is attached to, and those whose boundary it is.
func uses(arn string, s *identity.Snapshot) (attached, boundaries []string) {
	for _, role := range s.Roles() {
		for _, a := range role.Attached {
			if a == arn {
				attached = append(attached, role.Name)
			}
		}
		if role.Boundary == arn {
			boundaries = append(boundaries, role.Name)
		}
	}
	return attached, boundaries
}

// policyName is the name in a managed policy's ARN.
func policyName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
