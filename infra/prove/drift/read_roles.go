package drift

import (
	"context"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

func (r *reader) roles(ctx context.Context) error {
	client := iam.NewFromConfig(r.cfg)
	for _, wanted := range r.wanted.Roles {
		role := Role{Name: wanted.Name, Attached: map[string]string{}, Tags: map[string]string{}}
		steps := []func(context.Context, *iam.Client, *Role) error{readRole, readInline, readAttached, readBoundary}
		for i, step := range steps {
			err := step(ctx, client, &role)
			if i == 0 { // what is missing later was taken away while it was read, or cannot be read: that is no absent role
				if role.Absent, err = absent(err, "NoSuchEntity"); role.Absent {
					break
				}
			}
			if err := r.unread("role "+wanted.Name, err); err != nil {
				return err
			}
		}
		r.there.Roles = append(r.there.Roles, role)
	}
	return nil
}

func readRole(ctx context.Context, client *iam.Client, role *Role) error {
	got, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &role.Name})
	if err != nil {
		return err
	}
	role.ARN, role.Session = aws.ToString(got.Role.Arn), time.Duration(aws.ToInt32(got.Role.MaxSessionDuration))*time.Second
	if b := got.Role.PermissionsBoundary; b != nil {
		role.Boundary = aws.ToString(b.PermissionsBoundaryArn)
	}
	role.Trust, err = document(got.Role.AssumeRolePolicyDocument)
	if err != nil {
		return err
	}
	pages := iam.NewListRoleTagsPaginator(client, &iam.ListRoleTagsInput{RoleName: &role.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, tag := range page.Tags {
			role.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	return nil
}

func readInline(ctx context.Context, client *iam.Client, role *Role) error {
	pages, all := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: &role.Name}), map[string]string{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, name := range page.PolicyNames {
			got, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role.Name, PolicyName: &name})
			if err != nil {
				return err
			}
			if all[name], err = document(got.PolicyDocument); err != nil {
				return err
			}
		}
	}
	role.Inline = all
	return nil
}

func readAttached(ctx context.Context, client *iam.Client, role *Role) error {
	pages := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &role.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, attached := range page.AttachedPolicies {
			arn := aws.ToString(attached.PolicyArn)
			role.Attached[arn] = "" // so that it is named even if its text cannot be read
			if role.Attached[arn], err = managed(ctx, client, arn); err != nil {
				return err
			}
		}
	}
	return nil
}

func readBoundary(ctx context.Context, client *iam.Client, role *Role) (err error) {
	if role.Boundary != "" {
		role.Limits, err = managed(ctx, client, role.Boundary)
	}
	return err
}

// managed is the document of a managed policy that is in force.
func managed(ctx context.Context, client *iam.Client, arn string) (string, error) {
	got, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return "", err
	}
	version, err := client.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: got.Policy.DefaultVersionId})
	if err != nil {
		return "", err
	}
	return document(version.PolicyVersion.Document)
}

// document is a policy as it was put: IAM answers it URL-encoded (IAM API reference, GetRole).
func document(encoded *string) (string, error) { return url.PathUnescape(aws.ToString(encoded)) }
