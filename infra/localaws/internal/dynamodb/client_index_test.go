package dynamodb

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

func sdkKey(names ...string) []types.KeySchemaElement {
	var elements []types.KeySchemaElement
	for i, name := range names {
		elements = append(elements, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
	}
	return elements
}

func sdkAttribute(name string, of types.ScalarAttributeType) types.AttributeDefinition {
	return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: of}
}

// createCarried creates TrackingData with a global index by carrier and a local one by delay.
func createCarried(t *testing.T, c *client.Client) {
	t.Helper()
	_, err := c.CreateTable(t.Context(), &client.CreateTableInput{
		TableName: aws.String("TrackingData"), BillingMode: types.BillingModePayPerRequest, KeySchema: sdkKey("TenantID", "ShipmentID"),
		AttributeDefinitions: []types.AttributeDefinition{
			sdkAttribute("TenantID", types.ScalarAttributeTypeS), sdkAttribute("ShipmentID", types.ScalarAttributeTypeS),
			sdkAttribute("Carrier", types.ScalarAttributeTypeS), sdkAttribute("Delay", types.ScalarAttributeTypeN),
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("ByCarrier"), KeySchema: sdkKey("Carrier", "Delay"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"Port"}},
		}},
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
			IndexName: aws.String("ByDelay"), KeySchema: sdkKey("TenantID", "Delay"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheSDKPagesThroughIndexes(t *testing.T) {
	c := newClient(t, newService(t))
	createCarried(t, c)
	for i := range 25 {
		item := trackingKey([]string{"yellow", "blue"}[i%2], fmt.Sprint(1000+i))
		item["Carrier"], item["Delay"], item["Port"], item["Note"] = str("fast"), num(-i), str("Oslo"), str("n")
		if _, err := c.PutItem(t.Context(), &client.PutItemInput{TableName: aws.String("TrackingData"), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		index, condition, value string
		choice                  types.Select
		items, attributes       int
		first                   string
	}{
		{"ByCarrier", "Carrier = :k AND Delay <= :d", "fast", "", 20, 5, "1024"},
		{"ByDelay", "TenantID = :k AND Delay <= :d", "yellow", "", 10, 3, "1024"},
		{"ByDelay", "TenantID = :k AND Delay <= :d", "yellow", types.SelectAllAttributes, 10, 6, "1024"},
	} {
		pages := client.NewQueryPaginator(c, &client.QueryInput{
			TableName: aws.String("TrackingData"), IndexName: aws.String(row.index), Limit: aws.Int32(3), Select: row.choice,
			KeyConditionExpression: aws.String(row.condition), ExpressionAttributeValues: values{":k": str(row.value), ":d": num(-5)},
		})
		var got []values
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page.Items...)
		}
		if len(got) != row.items || len(got[0]) != row.attributes || got[0]["ShipmentID"].(*types.AttributeValueMemberS).Value != row.first {
			t.Errorf("%s %s: got %d items from %v, want %d of %d attributes from %s", row.index, row.choice, len(got), got[0], row.items, row.attributes, row.first)
		}
	}
	_, err := c.Query(t.Context(), &client.QueryInput{
		TableName: aws.String("TrackingData"), IndexName: aws.String("ByCarrier"), ProjectionExpression: aws.String("Note"),
		KeyConditionExpression: aws.String("Carrier = :k"), ExpressionAttributeValues: values{":k": str("fast")},
	})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != invalid {
		t.Errorf("got %v, want %s", err, invalid)
	}
}

func TestTheSDKAddsAndRemovesAnIndex(t *testing.T) {
	c := newClient(t, newService(t))
	createTracking(t, c)
	item := trackingKey("yellow", "1001")
	item["Port"] = str("Oslo")
	if _, err := c.PutItem(t.Context(), &client.PutItemInput{TableName: aws.String("TrackingData"), Item: item}); err != nil {
		t.Fatal(err)
	}
	update := func(u types.GlobalSecondaryIndexUpdate) {
		t.Helper()
		_, err := c.UpdateTable(t.Context(), &client.UpdateTableInput{
			TableName: aws.String("TrackingData"), GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{u},
			AttributeDefinitions: []types.AttributeDefinition{sdkAttribute("Port", types.ScalarAttributeTypeS)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	update(types.GlobalSecondaryIndexUpdate{Create: &types.CreateGlobalSecondaryIndexAction{
		IndexName: aws.String("ByPort"), KeySchema: sdkKey("Port"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
	}})
	name := &client.DescribeTableInput{TableName: aws.String("TrackingData")}
	if err := client.NewTableExistsWaiter(c).Wait(t.Context(), name, time.Second); err != nil {
		t.Fatal(err)
	}
	got, err := c.DescribeTable(t.Context(), name)
	if err != nil || len(got.Table.GlobalSecondaryIndexes) != 1 {
		t.Fatalf("got %v, %v, want one index", got, err)
	}
	x := got.Table.GlobalSecondaryIndexes[0]
	if *x.IndexArn != trackingARN+"/index/ByPort" || x.IndexStatus != types.IndexStatusActive || *x.ItemCount != 1 {
		t.Errorf("got %s, %s, %d items", *x.IndexArn, x.IndexStatus, *x.ItemCount)
	}
	scan := &client.ScanInput{TableName: aws.String("TrackingData"), IndexName: aws.String("ByPort"), ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes}
	page, err := c.Scan(t.Context(), scan)
	if err != nil || page.Count != 1 || *page.ConsumedCapacity.GlobalSecondaryIndexes["ByPort"].CapacityUnits != 0.5 {
		t.Fatalf("got %v, %v, want the item for half a unit of the index", page, err)
	}
	update(types.GlobalSecondaryIndexUpdate{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("ByPort")}})
	_, err = c.Scan(t.Context(), scan)
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != invalid {
		t.Errorf("got %v, want %s", err, invalid)
	}
}
