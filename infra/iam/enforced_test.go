package iam_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// The policies as localaws enforces them, over HTTP and through the SDK.

// assume asks for a session of role that is called by the value of the first tag, as the tracking service calls it.
func assume(t *testing.T, l *localawstest.Local, role string, transitive []string, tags ...string) error {
	t.Helper()
	name := "session"
	if len(tags) > 1 {
		name = tags[1] + "@session"
	}
	return assumeAs(t, l, name, role, transitive, tags...)
}

func assumeAs(t *testing.T, l *localawstest.Local, name, role string, transitive []string, tags ...string) error {
	t.Helper()
	in := &sts.AssumeRoleInput{RoleArn: aws.String(l.RoleARN(role)), RoleSessionName: &name, TransitiveTagKeys: transitive}
	for i := 0; i < len(tags); i += 2 {
		in.Tags = append(in.Tags, ststypes.Tag{Key: &tags[i], Value: &tags[i+1]})
	}
	_, err := l.AssumeRole(t, l.RoleCredentials(t, "TrackingServiceRole", "task"), in)
	return err
}

func TestHardenedTrustTakesTheTenantTagAndNothingElse(t *testing.T) {
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	keep := []string{"TenantID"}
	if err := assume(t, l, "TrackingAccessRole", keep, "TenantID", "yellow"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		transitive, tags []string
	}{
		"no tag":             {},
		"an empty tenant":    {keep, []string{"TenantID", ""}},
		"not transitive":     {nil, []string{"TenantID", "yellow"}},
		"a further tag":      {keep, []string{"TenantID", "yellow", "Admin", "true"}},
		"another tag":        {[]string{"Tenant"}, []string{"Tenant", "yellow"}},
		"a key in lowercase": {[]string{"tenantid"}, []string{"tenantid", "yellow"}},
	} {
		if err := assume(t, l, "TrackingAccessRole", test.transitive, test.tags...); err == nil {
			t.Errorf("%s: allowed", name)
		} else {
			localawstest.WantFailure(t, err, "AccessDenied", 403)
		}
	}
	localawstest.WantFailure(t, assume(t, l, "TrackingSeedRole", keep, "TenantID", "yellow"), "AccessDenied", 403)
}

// TestHardenedTrustTakesEveryTenantOfOurFormUnderItsOwnName: the longest id and a reserved one pass; the name of another
// tenant, and a tag that holds a delimiter, do not.
func TestHardenedTrustTakesEveryTenantOfOurFormUnderItsOwnName(t *testing.T) {
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	keep := []string{"TenantID"}
	longest := strings.Repeat("t", 63)
	for name, tenant := range map[string]string{longest + "@": longest, "acme@a": "acme", "acme-eu@a": "acme-eu", "check.a@a": "check.a", "00@a": "00"} {
		if err := assumeAs(t, l, name, "TrackingAccessRole", keep, "TenantID", tenant); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tenant := range map[string]string{
		"blue@a": "yellow", "acme-eu@a": "acme", "acme@a": "acme-eu", "yellow": "yellow", "a@yellow@a": "yellow",
		"acme@b": "acme/eu", "acme_eu@a": "acme_eu", "acme@eu@a": "acme@eu", "acme@c": "acme eu",
	} {
		localawstest.WantFailure(t, assumeAs(t, l, name, "TrackingAccessRole", keep, "TenantID", tenant), "AccessDenied", 403)
	}
}

func TestArticlesTrustTakesASessionWithoutATag(t *testing.T) {
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Article)
	for _, tags := range [][]string{nil, {"Admin", "true", "TenantID", ""}} {
		if err := assume(t, l, "TrackingAccessRole", nil, tags...); err != nil {
			t.Errorf("with the tags %q: %v", tags, err)
		}
	}
	localawstest.WantFailure(t, assume(t, l, "TrackingAccessRole", nil, "Admin", "true"), "AccessDenied", 403)
}

// startTracking is a localaws with the hardened roles, the table, and one shipment each for some tenants.
func startTracking(t *testing.T, tenants ...string) *localawstest.Local {
	t.Helper()
	l := localawstest.Start(t)
	iamtest.Load(t, l, iam.Hardened)
	if err := provision.Table(t.Context(), l.Config(localawstest.Root), provision.TableName); err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(l.Config(localawstest.Root))
	for _, tenant := range tenants {
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(provision.TableName), Item: itemKey(tenant)}); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func itemKey(tenant string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"TenantID": &types.AttributeValueMemberS{Value: tenant}, "ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
	}
}

// tenantOf is a tenant's session, as the tracking service gets it.
func tenantOf(t *testing.T, l *localawstest.Local, tenant string) localawstest.Credentials {
	t.Helper()
	return l.Session(t, l.RoleCredentials(t, "TrackingServiceRole", "task"), "TrackingAccessRole", tenant+"@test", map[string]string{"TenantID": tenant})
}

// TestHardenedPolicyHoldsForEveryWayToNameAnItem tries each operation, since each names items in a different
// way: yellow's own item is answered where the policy grants the operation, blue's never.
func TestHardenedPolicyHoldsForEveryWayToNameAnItem(t *testing.T) {
	l := startTracking(t, "yellow", "blue")
	client := dynamodb.NewFromConfig(l.Config(tenantOf(t, l, "yellow")))
	name := aws.String(provision.TableName)
	batch := func(tenants ...string) error {
		keys := types.KeysAndAttributes{}
		for _, tenant := range tenants {
			keys.Keys = append(keys.Keys, itemKey(tenant))
		}
		_, err := client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{provision.TableName: keys}})
		return err
	}
	query := func(tenant string, index *string) error {
		_, err := client.Query(t.Context(), &dynamodb.QueryInput{
			TableName: name, IndexName: index, KeyConditionExpression: aws.String("TenantID = :t"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":t": &types.AttributeValueMemberS{Value: tenant}},
		})
		return err
	}
	transact := func(tenant string) error {
		_, err := client.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: name, Key: itemKey("yellow")}}, {Get: &types.Get{TableName: name, Key: itemKey(tenant)}},
		}})
		return err
	}
	partiQL := func(tenant string) error {
		_, err := client.ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{
			Statement: aws.String(`SELECT * FROM "TrackingData" WHERE TenantID = '` + tenant + `'`),
		})
		return err
	}
	for what, err := range map[string]error{"a batch": batch("yellow"), "a query": query("yellow", nil)} {
		if err != nil {
			t.Errorf("%s of its own: %v", what, err)
		}
	}
	if code, _ := localawstest.Failure(transact("yellow")); code == "AccessDeniedException" {
		t.Error("a transaction of its own items is denied")
	}
	for what, err := range map[string]error{
		"a batch of two tenants": batch("yellow", "blue"), "a batch of another": batch("blue"), "a query of another": query("blue", nil),
		"a query of an index": query("yellow", aws.String("ByShipment")), "a transaction of two tenants": transact("blue"),
		"PartiQL": partiQL("yellow"), "PartiQL of another": partiQL("blue"),
	} {
		if code, status := localawstest.Failure(err); code != "AccessDeniedException" || status != 400 {
			t.Errorf("%s: got %q %d (%v), want AccessDeniedException", what, code, status, err)
		}
	}
}
