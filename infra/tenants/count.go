package tenants

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// IAMCount is what there is in IAM: a new tenant must not change it.
type IAMCount struct {
	Objects int `json:"objects"` // roles, the account's own managed policies, and the inline policies of Shiptrack's roles
	Bytes   int `json:"bytes"`   // of the inline policies and the trust policies of Shiptrack's roles
}

// rolePrefix begins the names of Shiptrack's roles.
const rolePrefix = "Tracking"

// CountIAM counts.
func (c *Control) CountIAM(ctx context.Context) (n IAMCount, err error) {
	roles := awsiam.NewListRolesPaginator(c.iam, &awsiam.ListRolesInput{})
	for roles.HasMorePages() {
		page, err := roles.NextPage(ctx)
		if err != nil {
			return n, fmt.Errorf("count what is in IAM: %w", err)
		}
		n.Objects += len(page.Roles)
		for _, r := range page.Roles {
			if !strings.HasPrefix(*r.RoleName, rolePrefix) {
				continue
			}
			n.Bytes += decodedSize(r.AssumeRolePolicyDocument)
			if err := c.countInline(ctx, r.RoleName, &n); err != nil {
				return n, fmt.Errorf("count the policies of %s: %w", *r.RoleName, err)
			}
		}
	}
	policies := awsiam.NewListPoliciesPaginator(c.iam, &awsiam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	for policies.HasMorePages() {
		page, err := policies.NextPage(ctx)
		if err != nil {
			return n, fmt.Errorf("count what is in IAM: %w", err)
		}
		n.Objects += len(page.Policies)
	}
	return n, nil
}

func (c *Control) countInline(ctx context.Context, role *string, n *IAMCount) error {
	pages := awsiam.NewListRolePoliciesPaginator(c.iam, &awsiam.ListRolePoliciesInput{RoleName: role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		n.Objects += len(page.PolicyNames)
		for _, name := range page.PolicyNames {
			out, err := c.iam.GetRolePolicy(ctx, &awsiam.GetRolePolicyInput{RoleName: role, PolicyName: &name})
			if err != nil {
				return err
			}
			n.Bytes += decodedSize(out.PolicyDocument)
		}
	}
	return nil
}

// decodedSize is the size of a document as IAM answers it: percent-encoded.
func decodedSize(document *string) int {
	plain, err := url.PathUnescape(aws.ToString(document))
	if err != nil {
		return len(aws.ToString(document))
	}
	return len(plain)
}
