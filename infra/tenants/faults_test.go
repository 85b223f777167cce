package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"golang.org/x/sync/errgroup"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/tenants"
	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
)

// boundary is the document of the boundary that a role has now.
func (w world) boundary(role string) string {
	w.t.Helper()
	client, arn := awsiam.NewFromConfig(w.root), aws.String("arn:aws:iam::"+w.Account+":policy/"+localaws.BoundaryName(role))
	there, err := client.GetPolicy(context.Background(), &awsiam.GetPolicyInput{PolicyArn: arn})
	if err != nil {
		w.t.Fatal(err)
	}
	version, err := client.GetPolicyVersion(context.Background(), &awsiam.GetPolicyVersionInput{PolicyArn: arn, VersionId: there.Policy.DefaultVersionId})
	if err != nil {
		w.t.Fatal(err)
	}
	return *version.PolicyVersion.Document
}

// TestAddThatIsKilledAnywhereIsUndoneByRemove: what was half made leaves nothing either, not even a key without a name.
func TestAddThatIsKilledAnywhereIsUndoneByRemove(t *testing.T) {
	w := newWorld(t)
	steady := w.control(noWait)
	for i := range 24 {
		n, lost := i/2, i%2 == 1
		who := id(t, fmt.Sprintf("half-%d", i))
		wasKilled := w.control(noWait, killedAfter(n, lost)).Add(t.Context(), who) != nil
		if _, err := steady.Remove(t.Context(), who, 7); err != nil && !errors.Is(err, tenants.ErrUnknown) {
			t.Errorf("killed after %d requests (%t): %v", n, wasKilled, err)
		}
		if left := w.holding(who.String()); left != "" {
			t.Errorf("killed after %d requests: left is %s", n, left)
		}
		if !wasKilled && n < 5 {
			t.Errorf("add needs fewer than %d requests: the test kills nothing", n)
		}
	}
	for name, n := range w.usableKeys() {
		t.Errorf("%s has %d keys that can be used", name, n)
	}
}

// TestAddThatIsKilledAnywhereIsFinishedByAdd: a key that was made and not named is found again, and not made a second time.
func TestAddThatIsKilledAnywhereIsFinishedByAdd(t *testing.T) {
	w := newWorld(t)
	steady := w.control()
	for i := range 24 {
		who := id(t, fmt.Sprintf("half-%d", i))
		_ = w.control(killedAfter(i/2, i%2 == 1)).Add(t.Context(), who) // killed, or not
		if err := steady.Add(t.Context(), who); err != nil {
			t.Errorf("killed after %d requests: %v", i/2, err)
		}
		w.fill(who.String()) // with its key and its index
	}
	for name, n := range w.usableKeys() {
		if n != 1 {
			t.Errorf("%s has %d keys that can be used, want 1", name, n)
		}
	}
}

func TestTwoRunsAtOnceMakeOneKey(t *testing.T) {
	w := newWorld(t)
	var runs errgroup.Group
	for range 8 {
		c := w.control()
		runs.Go(func() error {
			if err := c.Add(t.Context(), id(t, "acme")); !errors.Is(err, tenants.ErrBusy) {
				return err
			}
			return nil
		})
	}
	if err := runs.Wait(); err != nil {
		t.Error(err)
	}
	if err := w.control().Add(t.Context(), id(t, "acme")); err != nil {
		t.Error(err)
	}
	if n := w.usableKeys()["acme"]; n != 1 {
		t.Errorf("%d keys that can be used, want 1", n)
	}
}

// TestRunsAtOnceLoseNoBlock: each reads what is blocked and writes the boundaries, and the last one must not be an old one.
func TestRunsAtOnceLoseNoBlock(t *testing.T) {
	w := newWorld(t)
	steady := w.control(noWait)
	var ids []tenant.ID
	for n := range 12 {
		ids = append(ids, id(t, fmt.Sprintf("tenant-%02d", n)))
	}
	if err := steady.AddMany(t.Context(), ids, 8, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	var runs errgroup.Group
	for i, who := range ids {
		c := w.control(noWait)
		runs.Go(func() error {
			do := c.Suspend
			if i%2 == 0 {
				do = c.Revoke
			}
			_, err := do(t.Context(), who)
			return err
		})
	}
	if err := runs.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, role := range tenants.SessionRoles {
		text := w.boundary(role)
		for _, who := range ids {
			if !strings.Contains(text, who.String()) {
				t.Errorf("the boundary of %s has lost %s", role, who)
			}
		}
	}
}

// away is a way to AWS on which one service does not answer.
type away struct {
	sign string // in the Authorization header of its requests
	next aws.HTTPClient
}

func (a away) Do(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.Header.Get("Authorization"), a.sign) {
		return nil, errors.New("connection refused")
	}
	return a.next.Do(r)
}

func TestStoreThatIsAwayIsNamedAndTheSameCommandFinishesLater(t *testing.T) {
	w := newWorld(t)
	steady := w.control(noWait)
	for service, want := range map[string]struct{ add, remove string }{
		"kms": {"its KMS key: ", "its KMS key: "}, "es": {"its search index: ", "its search index: "}, "s3": {"", "its objects: "}, "dynamodb": {"its record: ", "connection refused"},
		"iam": {"", "role TrackingAccessRole: "},
	} {
		who := id(t, "acme-"+service)
		without := w.control(noWait, func(c *tenants.Config) {
			c.AWS.HTTPClient = away{"/" + service + "/aws4_request", c.AWS.HTTPClient}
			c.AWS.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		})
		check := func(command, want string, err error) {
			t.Helper()
			if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s without %s: %v, want %q", command, service, err, want)
			}
		}
		check("add", want.add, without.Add(t.Context(), who))
		check("add, later", "", steady.Add(t.Context(), who))
		_, err := without.Remove(t.Context(), who, 7)
		check("remove", want.remove, err)
		_, err = steady.Remove(t.Context(), who, 7)
		check("remove, later", "", err)
		if left := w.holding(who.String()); left != "" {
			t.Errorf("left of %s: %s", who, left)
		}
	}
}

func TestKeyThatIsScheduledForDeletionAlreadyIsNamed(t *testing.T) {
	w := newWorld(t)
	c := w.control(noWait)
	who := id(t, "acme")
	if err := c.Add(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	keys := kms.NewFromConfig(w.root)
	key, err := keys.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String(keyalias.Of(who))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key.KeyMetadata.KeyId}); err != nil {
		t.Fatal(err)
	}
	if err := c.Add(t.Context(), who); err == nil || !strings.Contains(err.Error(), "is PendingDeletion: enable it, or delete its alias") {
		t.Errorf("add: %v", err)
	}
	if done, err := c.Remove(t.Context(), who, 7); err != nil || done.Removed.KeyDeletion == nil {
		t.Errorf("remove: %+v, %v, want the day on which the key is deleted", done, err)
	}
}

// TestRolesWithoutTheBoundaryAreNamed: under the article's policies nobody can be suspended, and that is said, not left out.
func TestRolesWithoutTheBoundaryAreNamed(t *testing.T) {
	w := newWorld(t)
	c := w.control(noWait)
	if err := c.Add(t.Context(), id(t, "acme")); err != nil {
		t.Fatal(err)
	}
	if _, err := awsiam.NewFromConfig(w.root).DeleteRolePermissionsBoundary(t.Context(), &awsiam.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("TrackingWriteRole")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Suspend(t.Context(), id(t, "acme")); err == nil || !strings.Contains(err.Error(), "role TrackingWriteRole has not the permissions boundary") {
		t.Errorf("suspend: %v", err)
	}
}
