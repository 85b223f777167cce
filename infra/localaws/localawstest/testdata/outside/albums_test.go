// Package albums is a project of somebody else: outside_test.go runs its tests in a module of its own.
package albums

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestTeamReachesItsOwnAlbumsOnly(t *testing.T) {
	local := localawstest.Start(t)
	local.Load(t, os.DirFS("iam"))
	for _, table := range []string{"albums-red", "albums-blue"} {
		createTable(t, dynamodb.NewFromConfig(local.Config(localawstest.Root)), table)
	}
	studio := local.RoleCredentials(t, "Studio", "task")
	red := local.Session(t, studio, "Photographer", "red", map[string]string{"team": "red"})
	albums := dynamodb.NewFromConfig(local.Config(red))
	item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}}

	if _, err := albums.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("albums-red"), Item: item}); err != nil {
		t.Errorf("the team's own albums: %v", err)
	}
	_, err := albums.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("albums-blue"), Item: item})
	localawstest.WantFailure(t, err, "AccessDeniedException", 400)
}

func createTable(t *testing.T, c *dynamodb.Client, name string) {
	t.Helper()
	if _, err := c.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
	}); err != nil {
		t.Fatal(err)
	}
}
