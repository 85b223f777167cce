package localaws_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// What other evaluators of policies were seen to get wrong, as far as a policy document decides it:
// each over HTTP beside what has to be answered.

const (
	readerTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::000000000000:role/Task"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	taskTrust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	ownKey      = `"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":"${aws:PrincipalTag/TenantID}"}`
)

// reader returns a DynamoDB client of yellow's session of a role with the policy given.
func reader(t *testing.T, l *localawstest.Local, document string) *dynamodb.Client {
	t.Helper()
	return dynamodb.NewFromConfig(l.Config(readerSession(t, l, document)))
}

func readerSession(t *testing.T, l *localawstest.Local, document string) localawstest.Credentials {
	t.Helper()
	l.PutRoles(t, localaws.Role{Name: "Task", Trust: []byte(taskTrust)}, localaws.Role{
		Name: "Reader", Trust: []byte(readerTrust), Policies: []localaws.PolicyDocument{{Name: "Policy", Document: []byte(document)}},
	})
	c, err := l.AssumeRole(t, l.RoleCredentials(t, "Task", "task"), &sts.AssumeRoleInput{
		RoleArn: aws.String(l.RoleARN("Reader")), RoleSessionName: aws.String("yellow@test"),
		Tags: []ststypes.Tag{{Key: aws.String("TenantID"), Value: aws.String("yellow")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func statement(version, action, resource, condition string) string {
	return `{"Version":"` + version + `","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource +
		`","Condition":{` + condition + `}}]}`
}

func TestVariableInResourceIsExpandedForEachSession(t *testing.T) {
	l := startNotes(t)
	for _, name := range []string{"yellow", "blue"} {
		createTable(t, l, name)
	}
	client := reader(t, l, statement("2012-10-17", "dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/${aws:PrincipalTag/TenantID}", ""))
	get := func(table string) error {
		_, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: key("yellow")})
		return err
	}
	if err := get("yellow"); err != nil {
		t.Errorf("the tenant's table: %v", err)
	}
	localawstest.WantFailure(t, get("blue"), "AccessDeniedException", 400)
	localawstest.WantFailure(t, get(table), "AccessDeniedException", 400)
}

func TestPolicyOf2008KeepsItsVariablesAsText(t *testing.T) {
	l := startNotes(t, "yellow")
	condition := strings.Replace(ownKey, "ForAllValues:", "ForAnyValue:", 1)
	if _, err := getItem(t, reader(t, l, statement("2012-10-17", "dynamodb:GetItem", "*", condition)), "yellow"); err != nil {
		t.Errorf("version 2012-10-17: %v", err)
	}
	_, err := getItem(t, reader(t, l, statement("2008-10-17", "dynamodb:GetItem", "*", condition)), "yellow")
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
}

// TestForAllValuesOnAnAbsentKey: a Scan names no key, so ForAllValues alone lets it through, as AWS says,
// and the Null guard beside it does not.
func TestForAllValuesOnAnAbsentKey(t *testing.T) {
	l := startNotes(t, "yellow", "blue")
	scan := func(condition string) error {
		client := reader(t, l, statement("2012-10-17", "dynamodb:*", "*", condition))
		if _, err := getItem(t, client, "yellow"); err != nil {
			t.Errorf("own item under %s: %v", condition, err)
		}
		_, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table)})
		return err
	}
	if err := scan(ownKey); err != nil {
		t.Errorf("without a guard: %v", err)
	}
	localawstest.WantFailure(t, scan(ownKey+`,"Null":{"dynamodb:LeadingKeys":"false"}`), "AccessDeniedException", 400)
}

func TestUnknownOperatorIsMalformedWhenItIsStored(t *testing.T) {
	l := startNotes(t)
	root := awsiam.NewFromConfig(l.Config(localawstest.Root))
	for operator, code := range map[string]string{"StringEquals": "", "StringResembles": "MalformedPolicyDocument", "NullIfExists": "MalformedPolicyDocument"} {
		document := statement("2012-10-17", "dynamodb:*", "*", `"`+operator+`":{"aws:PrincipalTag/TenantID":"true"}`)
		_, err := root.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{
			RoleName: aws.String("NotesReader"), PolicyName: aws.String("P"), PolicyDocument: &document,
		})
		if got, _ := localawstest.Failure(err); got != code {
			t.Errorf("%s: got %q (%v), want %q", operator, got, err, code)
		}
	}
}

func TestCallerIdentityNeedsNoPermissionAndCannotBeDenied(t *testing.T) {
	l := localawstest.Start(t)
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	c := readerSession(t, l, deny)
	query, json := calls(t, l, c)
	if query != nil {
		t.Errorf("GetCallerIdentity: %v", query)
	}
	localawstest.WantFailure(t, json, "AccessDeniedException", 400)
}

// TestGuardedPolicyHoldsForEveryWayToNameAnItem goes through the operations that name items in their own
// way: yellow's own is answered where the policy grants the operation, blue's never.
func TestGuardedPolicyHoldsForEveryWayToNameAnItem(t *testing.T) {
	l := startNotes(t, "yellow", "blue")
	client := dynamodb.NewFromConfig(l.Config(sessionOf(t, l, "yellow")))
	name := aws.String(table)
	batch := func(tenants ...string) error {
		keys := types.KeysAndAttributes{}
		for _, tenant := range tenants {
			keys.Keys = append(keys.Keys, key(tenant))
		}
		_, err := client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table: keys}})
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
			{Get: &types.Get{TableName: name, Key: key("yellow")}}, {Get: &types.Get{TableName: name, Key: key(tenant)}},
		}})
		return err
	}
	partiQL := func(tenant string) error {
		_, err := client.ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{
			Statement: aws.String(`SELECT * FROM "Notes" WHERE TenantID = '` + tenant + `'`),
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
		"a query of an index": query("yellow", aws.String("ByNote")), "a transaction of two tenants": transact("blue"),
		"PartiQL": partiQL("yellow"), "PartiQL of another": partiQL("blue"),
	} {
		if code, status := localawstest.Failure(err); code != "AccessDeniedException" || status != 400 {
			t.Errorf("%s: got %q %d (%v), want AccessDeniedException", what, code, status, err)
		}
	}
}
