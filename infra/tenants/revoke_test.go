package tenants_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/infra/tenants"
)

// session is a session of a tenant that is vended now.
func (w world) session(name string) localawstest.Credentials {
	w.t.Helper()
	return w.Session(w.t, w.RoleCredentials(w.t, "TrackingServiceRole", "task"), "TrackingAccessRole", name+"@task", map[string]string{"TenantID": name})
}

// reads reports whether a session of a tenant may read the tenant's rows, and fails the test for any answer but yes and the boundary's no.
func (w world) reads(by localawstest.Credentials, name string) bool {
	w.t.Helper()
	_, err := dynamodb.NewFromConfig(w.Config(by)).GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String(provision.TableName), Key: map[string]types.AttributeValue{
		"TenantID": &types.AttributeValueMemberS{Value: name}, "ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
	}})
	if err != nil && !strings.Contains(err.Error(), "with an explicit deny in a permissions boundary") {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestRevokeEndsTheSessionsOfOneTenantAndNewOnesHold(t *testing.T) {
	w := newWorld(t)
	c := w.control()
	for _, name := range []string{"acme", "acme-eu"} {
		if err := c.Add(t.Context(), id(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	old, twin := w.session("acme"), w.session("acme-eu")
	if !w.reads(old, "acme") || !w.reads(twin, "acme-eu") {
		t.Fatal("the sessions do not read before")
	}
	if _, err := c.Revoke(t.Context(), id(t, "acme")); err != nil {
		t.Fatal(err)
	}
	if w.reads(old, "acme") {
		t.Error("the revoked session reads")
	}
	if !w.reads(w.session("acme"), "acme") {
		t.Error("a session that was vended after the command had returned does not read")
	}
	if !w.reads(twin, "acme-eu") {
		t.Error("the twin's session does not read")
	}
}

func TestSuspendIsEndedByResumeAndARevocationOutlastsIt(t *testing.T) {
	w := newWorld(t)
	c := w.control()
	if err := c.Add(t.Context(), id(t, "acme")); err != nil {
		t.Fatal(err)
	}
	old := w.session("acme")
	for range 2 {
		if _, err := c.Suspend(t.Context(), id(t, "acme")); err != nil {
			t.Fatal(err)
		}
	}
	if w.reads(old, "acme") || w.reads(w.session("acme"), "acme") {
		t.Error("a suspended tenant reads")
	}
	if _, err := c.Revoke(t.Context(), id(t, "acme")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Resume(t.Context(), id(t, "acme")); err != nil {
		t.Fatal(err)
	}
	if w.reads(old, "acme") || !w.reads(w.session("acme"), "acme") {
		t.Error("after resume the revoked session reads, or a new one does not")
	}
}

// TestRevocationThatIsPastIsTakenOut: no session lasts longer than an hour.
func TestRevocationThatIsPastIsTakenOut(t *testing.T) {
	w := newWorld(t)
	c := w.control(noWait)
	for _, name := range []string{"past", "recent"} {
		if err := c.Add(t.Context(), id(t, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Revoke(t.Context(), id(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	client := dynamodb.NewFromConfig(w.root)
	if _, err := client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(provision.TableName), UpdateExpression: aws.String("SET #b = :b"), ExpressionAttributeNames: map[string]string{"#b": "before"},
		Key:                       map[string]types.AttributeValue{"TenantID": &types.AttributeValueMemberS{Value: "@blocked"}, "ShipmentID": &types.AttributeValueMemberS{Value: "past"}},
		ExpressionAttributeValues: map[string]types.AttributeValue{":b": &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().Add(-tenants.MaxSession-time.Minute).Unix(), 10)}},
	}); err != nil {
		t.Fatal(err)
	}
	r, err := c.Report(t.Context())
	if err != nil || len(r.Blocks) != 1 || r.Blocks[0].Tenant != id(t, "recent") || r.Tenants[tenants.Active] != 2 {
		t.Errorf("Report: %+v, %v, want recent's revocation alone", r, err)
	}
	for _, role := range tenants.SessionRoles {
		if text := w.boundary(role); strings.Contains(text, "past") || !strings.Contains(text, "recent") {
			t.Errorf("the boundary of %s is %s", role, text)
		}
	}
}
