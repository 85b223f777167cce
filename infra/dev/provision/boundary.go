package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"example.com/shiptrack/infra/localaws"
)

// putBoundary makes the policy that is role's permissions boundary, where there is none of its name, and returns its ARN; nil where the role
// has no boundary.
func putBoundary(ctx context.Context, client *awsiam.Client, role localaws.Role) (arn *string, err error) {
	if role.Boundary == nil {
		return nil, nil
	}
	name := localaws.BoundaryName(role.Name)
	made, err := client.CreatePolicy(ctx, &awsiam.CreatePolicyInput{
		PolicyName: &name, PolicyDocument: aws.String(string(role.Boundary)),
		Description: aws.String("Shiptrack: which tenants are suspended or revoked. bin/tenants writes it."),
	})
	if err == nil {
		return made.Policy.Arn, nil
	}
	if _, exists := errors.AsType[*iamtypes.EntityAlreadyExistsException](err); !exists {
		return nil, err
	}
	return findPolicy(ctx, client, name)
}

// findPolicy returns the ARN of the account's own policy of a name.
func findPolicy(ctx context.Context, client *awsiam.Client, name string) (arn *string, err error) {
	pages := awsiam.NewListPoliciesPaginator(client, &awsiam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Policies {
			if aws.ToString(p.PolicyName) == name {
				return p.Arn, nil
			}
		}
	}
	return nil, fmt.Errorf("policy %s exists, and is not in the list of policies: %w", name, &iamtypes.NoSuchEntityException{})
}

// DeleteBoundary deletes the policy at arn, where it is the one that Roles makes for a role, and the role is gone.
func DeleteBoundary(ctx context.Context, cfg aws.Config, role string, arn *string) error {
	return deleteBoundary(ctx, awsiam.NewFromConfig(cfg), role, arn)
}

// deleteBoundary deletes the policy at arn with its versions, where it is the one that Roles makes for the role.
func deleteBoundary(ctx context.Context, client *awsiam.Client, role string, arn *string) error {
	if !strings.HasSuffix(aws.ToString(arn), ":policy/"+localaws.BoundaryName(role)) {
		return nil
	}
	versions, err := client.ListPolicyVersions(ctx, &awsiam.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return err
	}
	for _, v := range versions.Versions {
		if v.IsDefaultVersion {
			continue
		}
		if _, err := client.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId}); err != nil {
			return err
		}
	}
	_, err = client.DeletePolicy(ctx, &awsiam.DeletePolicyInput{PolicyArn: arn})
	return err
}
