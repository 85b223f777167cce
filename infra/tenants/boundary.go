package tenants

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/pkg/tenant"
)

// maxVersions is how many versions IAM keeps of a managed policy.
const maxVersions = 5

func (c *Control) boundaryOf(role string) *string {
	return aws.String("arn:aws:iam::" + c.config.Account + ":policy/" + localaws.BoundaryName(role))
}

// now is AWS's time, to which aws:TokenIssueTime is compared: this machine's clock may be another. It also checks that the roles have the
// boundaries that are written.
func (c *Control) now(ctx context.Context) (time.Time, error) {
	var now time.Time
	for _, role := range SessionRoles {
		out, err := c.iam.GetRole(ctx, &awsiam.GetRoleInput{RoleName: &role})
		if err != nil {
			return now, fmt.Errorf("role %s: %w", role, err)
		}
		if b := out.Role.PermissionsBoundary; b == nil || aws.ToString(b.PermissionsBoundaryArn) != *c.boundaryOf(role) {
			return now, fmt.Errorf("role %s has not the permissions boundary %s, in which tenants are suspended and revoked: the hardened policies have it, put them in place (make demo, make up, Terraform)",
				role, *c.boundaryOf(role))
		}
		server, ok := awsmiddleware.GetServerTime(out.ResultMetadata)
		if !ok {
			return now, errors.New("IAM answered without the time")
		}
		now = server
	}
	return now, nil
}

// enforce brings the boundaries to what @blocked says, until both agree: another run may change @blocked in the meantime.
func (c *Control) enforce(ctx context.Context, now time.Time) error {
	for {
		blocks, err := c.current(ctx, now)
		if err != nil {
			return err
		}
		text, err := Document(KeyTag, blocks)
		if err != nil {
			return err
		}
		if err := c.write(ctx, text); err != nil {
			return err
		}
		again, err := c.current(ctx, now)
		if err != nil {
			return err
		}
		if slices.Equal(blocks, again) {
			return nil
		}
	}
}

// write makes text the boundary of each role that has another.
func (c *Control) write(ctx context.Context, text string) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, role := range SessionRoles {
		group.Go(func() error {
			if err := c.writeOne(ctx, c.boundaryOf(role), text); err != nil {
				return fmt.Errorf("permissions boundary of %s: %w", role, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func (c *Control) writeOne(ctx context.Context, arn *string, text string) error {
	for {
		versions, err := c.versions(ctx, arn)
		if err != nil {
			return err
		}
		if is, err := c.document(ctx, arn, versions); err != nil || is == text {
			return err
		}
		if oldest := versions[len(versions)-1]; len(versions) == maxVersions {
			_, err := c.iam.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: oldest.VersionId})
			if _, gone := errors.AsType[*iamtypes.NoSuchEntityException](err); err != nil && !gone {
				return err
			}
		}
		_, err = c.iam.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &text, SetAsDefault: true})
		if _, full := errors.AsType[*iamtypes.LimitExceededException](err); !full { // another run was faster with the last place
			return err
		}
	}
}

// versions are those of a policy, the oldest that does not count last.
func (c *Control) versions(ctx context.Context, arn *string) ([]iamtypes.PolicyVersion, error) {
	out, err := c.iam.ListPolicyVersions(ctx, &awsiam.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out.Versions, func(a, b iamtypes.PolicyVersion) int {
		switch {
		case a.IsDefaultVersion:
			return -1
		case b.IsDefaultVersion:
			return 1
		}
		return cmp.Or(cmp.Compare(len(*b.VersionId), len(*a.VersionId)), cmp.Compare(*b.VersionId, *a.VersionId)) // v10 is newer than v9
	})
	if len(out.Versions) == 0 || !out.Versions[0].IsDefaultVersion {
		return nil, errors.New("the policy has no default version")
	}
	return out.Versions, nil
}

// document is the text of the version that counts.
func (c *Control) document(ctx context.Context, arn *string, versions []iamtypes.PolicyVersion) (string, error) {
	out, err := c.iam.GetPolicyVersion(ctx, &awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: versions[0].VersionId})
	if err != nil {
		return "", err
	}
	return url.PathUnescape(aws.ToString(out.PolicyVersion.Document))
}

// isDenied reports whether the boundaries of all roles deny all to a session of id that is vended at a moment.
func (c *Control) isDenied(ctx context.Context, id tenant.ID, vended time.Time) (bool, error) {
	for _, role := range SessionRoles {
		arn := c.boundaryOf(role)
		versions, err := c.versions(ctx, arn)
		if err != nil {
			return false, err
		}
		text, err := c.document(ctx, arn, versions)
		if err != nil {
			return false, err
		}
		if is, err := denies(text, id, vended); err != nil || !is {
			return false, err
		}
	}
	return true, nil
}
