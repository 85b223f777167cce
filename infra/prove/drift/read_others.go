package drift

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws"
)

// account is what GetAccountAuthorizationDetails tells: all policies of everybody, in few answers.
type account struct {
	users    []iamtypes.UserDetail
	groups   map[string]iamtypes.GroupDetail
	roles    []iamtypes.RoleDetail
	policies map[string]string // documents of managed policies, by ARN
}

// others reads every role and user that the files do not name.
func (r *reader) others(ctx context.Context) error {
	a, err := readAccount(ctx, iam.NewFromConfig(r.cfg))
	if err != nil {
		return r.unread("the other roles and users of the account", err)
	}
	for i := range a.roles {
		d := &a.roles[i]
		if slices.ContainsFunc(r.wanted.Roles, func(w localaws.Role) bool { return w.Name == aws.ToString(d.RoleName) }) {
			continue
		}
		p := a.principal(kindRole, d.Path, d.RoleName, d.PermissionsBoundary)
		if p.Trust, err = document(d.AssumeRolePolicyDocument); err != nil {
			return err
		}
		if err := a.add(&p, "", d.RolePolicyList, d.AttachedManagedPolicies); err != nil {
			return err
		}
		r.there.Others = append(r.there.Others, p)
	}
	for i := range a.users {
		d := &a.users[i]
		p := a.principal(kindUser, d.Path, d.UserName, d.PermissionsBoundary)
		if err := a.add(&p, "", d.UserPolicyList, d.AttachedManagedPolicies); err != nil {
			return err
		}
		for _, name := range d.GroupList {
			g := a.groups[name]
			if err := a.add(&p, "group "+name+", ", g.GroupPolicyList, g.AttachedManagedPolicies); err != nil {
				return err
			}
		}
		r.there.Others = append(r.there.Others, p)
	}
	return nil
}

func readAccount(ctx context.Context, client *iam.Client) (*account, error) {
	a := &account{groups: map[string]iamtypes.GroupDetail{}, policies: map[string]string{}}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(client, &iam.GetAccountAuthorizationDetailsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		a.users, a.roles = append(a.users, page.UserDetailList...), append(a.roles, page.RoleDetailList...)
		for _, g := range page.GroupDetailList {
			a.groups[aws.ToString(g.GroupName)] = g
		}
		for _, p := range page.Policies {
			for _, v := range p.PolicyVersionList {
				if !v.IsDefaultVersion {
					continue
				}
				if a.policies[aws.ToString(p.Arn)], err = document(v.Document); err != nil {
					return nil, err
				}
			}
		}
	}
	return a, nil
}

func (a *account) principal(kind string, path, name *string, boundary *iamtypes.AttachedPermissionsBoundary) Principal {
	p := Principal{Kind: kind, Name: strings.TrimPrefix(aws.ToString(path), "/") + aws.ToString(name)}
	if boundary != nil {
		p.Boundary = aws.ToString(boundary.PermissionsBoundaryArn)
		p.Limits = a.policies[p.Boundary]
	}
	return p
}

// add adds policies to those of p. A managed policy without a text is added without: then it cannot be told what p reaches.
func (a *account) add(p *Principal, from string, inline []iamtypes.PolicyDetail, attached []iamtypes.AttachedPolicy) error {
	for _, d := range inline {
		text, err := document(d.PolicyDocument)
		if err != nil {
			return err
		}
		p.Documents = append(p.Documents, Document{from + aws.ToString(d.PolicyName), text})
	}
	for _, m := range attached {
		arn := aws.ToString(m.PolicyArn)
		p.Documents = append(p.Documents, Document{from + arn, a.policies[arn]})
	}
	return nil
}
