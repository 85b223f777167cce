package tenants

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

// enforce brings the boundaries to what @blocked says now. Whatever other runs do at the same time, and wherever they are killed: once enforce
// has returned, no document of theirs from before comes into force.
//
// IAM has no write that is refused where somebody else was faster. What takes its place: a document is staged as a version that does not count;
// then @blocked is read again; then the version is made the one that counts. Who stages deletes all other versions that do not count. So a run
// that read @blocked before this change has staged before it too, and its version is gone, or counted before this one does.
func (c *Control) enforce(ctx context.Context, now time.Time) error {
	for attempt := 0; ; attempt++ {
		blocks, err := c.current(ctx, now)
		if err != nil {
			return err
		}
		text, err := Document(KeyTag, blocks)
		if err != nil {
			return err
		}
		staged, err := c.stage(ctx, text)
		if err == nil {
			var again []Block
			if again, err = c.current(ctx, now); err == nil && slices.Equal(blocks, again) {
				err = c.commit(ctx, staged)
			} else if err == nil {
				continue // another run has changed it
			}
		}
		switch {
		case !isOvertaken(err):
			return err
		case attempt >= maxOvertaken:
			return fmt.Errorf("%w (%w)", ErrBusy, err)
		}
		if err := c.config.Wait(ctx, rand.N(pause<<min(attempt, 4))); err != nil {
			return err
		}
	}
}

// A run that was overtaken tries again so often, and waits before it does: at most pause the first time, and 16 times as long later.
const (
	maxOvertaken = 50
	pause        = 50 * time.Millisecond
)

// isOvertaken reports whether another run has deleted a version that was staged, or has taken the last place.
func isOvertaken(err error) bool {
	_, gone := errors.AsType[*iamtypes.NoSuchEntityException](err)
	_, full := errors.AsType[*iamtypes.LimitExceededException](err)
	return gone || full
}

// each calls do for the boundary of each role.
func (c *Control) each(ctx context.Context, do func(ctx context.Context, i int, arn *string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, role := range SessionRoles {
		group.Go(func() error {
			if err := do(ctx, i, c.boundaryOf(role)); err != nil {
				return fmt.Errorf("permissions boundary of %s: %w", role, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// stage makes text a version of each boundary that has another, and returns their ids; nil where it is the one that counts.
func (c *Control) stage(ctx context.Context, text string) ([]*string, error) {
	staged := make([]*string, len(SessionRoles))
	err := c.each(ctx, func(ctx context.Context, i int, arn *string) error {
		versions, err := c.versions(ctx, arn)
		if err != nil {
			return err
		}
		if is, err := c.document(ctx, arn, versions); err != nil || is == text {
			return err
		}
		for _, v := range versions[1:] {
			_, err := c.iam.DeletePolicyVersion(ctx, &awsiam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId})
			if _, counts := errors.AsType[*iamtypes.DeleteConflictException](err); err != nil && !counts && !isOvertaken(err) {
				return err
			}
		}
		made, err := c.iam.CreatePolicyVersion(ctx, &awsiam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &text})
		if err == nil {
			staged[i] = made.PolicyVersion.VersionId
		}
		return err
	})
	return staged, err
}

// commit makes the versions that were staged those that count.
func (c *Control) commit(ctx context.Context, staged []*string) error {
	return c.each(ctx, func(ctx context.Context, i int, arn *string) error {
		if staged[i] == nil {
			return nil
		}
		_, err := c.iam.SetDefaultPolicyVersion(ctx, &awsiam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: staged[i]})
		return err
	})
}

// versions are those of a policy, the one that counts first.
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
		return 0
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
