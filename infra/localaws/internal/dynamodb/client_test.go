package dynamodb

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func num(n int) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(n)} }

type values = map[string]types.AttributeValue

func trackingKey(tenant, shipment string) values {
	return values{"TenantID": str(tenant), "ShipmentID": str(shipment)}
}

func createTracking(t *testing.T, c *client.Client) {
	t.Helper()
	_, err := c.CreateTable(t.Context(), &client.CreateTableInput{
		TableName: aws.String("TrackingData"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("TenantID"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("ShipmentID"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("TenantID"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("ShipmentID"), KeyType: types.KeyTypeRange},
		},
		Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("test")}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheSDKCreatesAwaitsAndDescribesATable(t *testing.T) {
	c := newClient(t, newService(t))
	createTracking(t, c)
	name := &client.DescribeTableInput{TableName: aws.String("TrackingData")}
	if err := client.NewTableExistsWaiter(c).Wait(t.Context(), name, time.Second); err != nil {
		t.Fatal(err)
	}
	got, err := c.DescribeTable(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	d := got.Table
	if *d.TableArn != trackingARN || !d.CreationDateTime.Equal(testTime) || d.BillingModeSummary.BillingMode != types.BillingModePayPerRequest {
		t.Errorf("got ARN %s, created %v, billing %v", *d.TableArn, d.CreationDateTime, d.BillingModeSummary)
	}
	if len(d.KeySchema) != 2 || d.KeySchema[1].KeyType != types.KeyTypeRange || *d.KeySchema[1].AttributeName != "ShipmentID" {
		t.Errorf("got key schema %v", d.KeySchema)
	}
	tags, err := c.ListTagsOfResource(t.Context(), &client.ListTagsOfResourceInput{ResourceArn: d.TableArn})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Key != "env" {
		t.Errorf("got tags %v, %v", tags, err)
	}
	if _, err := c.DescribeTimeToLive(t.Context(), &client.DescribeTimeToLiveInput{TableName: d.TableName}); err != nil {
		t.Error(err)
	}
	if _, err := c.DeleteTable(t.Context(), &client.DeleteTableInput{TableName: d.TableName}); err != nil {
		t.Fatal(err)
	}
	_, err = c.DescribeTable(t.Context(), name)
	var notFound *types.ResourceNotFoundException
	if !errors.As(err, &notFound) {
		t.Errorf("got %v, want ResourceNotFoundException", err)
	}
}

func TestTheSDKWritesReadsAndUpdatesItems(t *testing.T) {
	c := newClient(t, newService(t))
	createTracking(t, c)
	item := trackingKey("yellow", "1001")
	item["Milestones"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{str("LOAD")}}
	item["Seal"] = &types.AttributeValueMemberB{Value: []byte{0, 1, 255}}
	if _, err := c.PutItem(t.Context(), &client.PutItemInput{TableName: aws.String("TrackingData"), Item: item}); err != nil {
		t.Fatal(err)
	}
	_, err := c.PutItem(t.Context(), &client.PutItemInput{
		TableName: aws.String("TrackingData"), Item: item, ConditionExpression: aws.String("attribute_not_exists(TenantID)"),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) || len(failed.Item) != 4 {
		t.Fatalf("got %v, want ConditionalCheckFailedException with the item", err)
	}
	updated, err := c.UpdateItem(t.Context(), &client.UpdateItemInput{
		TableName: aws.String("TrackingData"), Key: trackingKey("yellow", "1001"), ReturnValues: types.ReturnValueUpdatedNew,
		UpdateExpression: aws.String("SET Delay = :d"), ExpressionAttributeValues: values{":d": num(7)},
	})
	if err != nil || len(updated.Attributes) != 1 || updated.Attributes["Delay"].(*types.AttributeValueMemberN).Value != "7" {
		t.Fatalf("got %v, %v, want Delay 7", updated, err)
	}
	got, err := c.GetItem(t.Context(), &client.GetItemInput{
		TableName: aws.String("TrackingData"), Key: trackingKey("yellow", "1001"),
		ProjectionExpression: aws.String("Seal, Milestones[0]"), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil || len(got.Item) != 2 || *got.ConsumedCapacity.CapacityUnits != 0.5 {
		t.Fatalf("got %v, %v, want two attributes for half a unit", got, err)
	}
	deleted, err := c.DeleteItem(t.Context(), &client.DeleteItemInput{
		TableName: aws.String("TrackingData"), Key: trackingKey("yellow", "1001"), ReturnValues: types.ReturnValueAllOld,
	})
	if err != nil || len(deleted.Attributes) != 5 {
		t.Fatalf("got %v, %v, want the old item", deleted, err)
	}
}

func TestTheSDKPagesThroughAQueryAndAScan(t *testing.T) {
	c := newClient(t, newService(t))
	createTracking(t, c)
	for _, tenant := range []string{"yellow", "blue"} {
		var writes []types.WriteRequest
		for i := range 25 {
			writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: trackingKey(tenant, fmt.Sprint(1000+i))}})
		}
		out, err := c.BatchWriteItem(t.Context(), &client.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"TrackingData": writes}})
		if err != nil || len(out.UnprocessedItems) != 0 {
			t.Fatalf("got %v, %v", out, err)
		}
	}
	for _, row := range []struct {
		forward bool
		first   string
	}{{true, "1000"}, {false, "1024"}} {
		pages, got := client.NewQueryPaginator(c, &client.QueryInput{
			TableName: aws.String("TrackingData"), Limit: aws.Int32(10), ScanIndexForward: aws.Bool(row.forward),
			KeyConditionExpression: aws.String("TenantID = :t"), ExpressionAttributeValues: values{":t": str("yellow")},
		}), []string{}
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				if tenant := item["TenantID"].(*types.AttributeValueMemberS).Value; tenant != "yellow" {
					t.Fatalf("got an item of %s", tenant)
				}
				got = append(got, item["ShipmentID"].(*types.AttributeValueMemberS).Value)
			}
		}
		if len(got) != 25 || got[0] != row.first {
			t.Errorf("forward %t: got %v, want 25 from %s", row.forward, got, row.first)
		}
	}
	seen, scans := 0, client.NewScanPaginator(c, &client.ScanInput{TableName: aws.String("TrackingData"), Limit: aws.Int32(7)})
	for scans.HasMorePages() {
		page, err := scans.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Items)
	}
	if seen != 50 {
		t.Errorf("scan: got %d items, want 50", seen)
	}
}

func TestTheSDKsTransactionIsAllOrNothing(t *testing.T) {
	c := newClient(t, newService(t))
	createTracking(t, c)
	put := func(shipment string, condition *string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: aws.String("TrackingData"), Item: trackingKey("yellow", shipment), ConditionExpression: condition}}
	}
	_, err := c.TransactWriteItems(t.Context(), &client.TransactWriteItemsInput{
		TransactItems: []types.TransactWriteItem{put("1", nil), put("2", aws.String("attribute_exists(TenantID)"))},
	})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != 2 || *cancelled.CancellationReasons[1].Code != "ConditionalCheckFailed" {
		t.Fatalf("got %v, want TransactionCanceledException", err)
	}
	if !strings.Contains(cancelled.ErrorMessage(), "[None, ConditionalCheckFailed]") {
		t.Errorf("got message %q", cancelled.ErrorMessage())
	}
	gets := &client.TransactGetItemsInput{}
	for _, shipment := range []string{"1", "2"} {
		gets.TransactItems = append(gets.TransactItems, types.TransactGetItem{Get: &types.Get{TableName: aws.String("TrackingData"), Key: trackingKey("yellow", shipment)}})
	}
	got, err := c.TransactGetItems(t.Context(), gets)
	if err != nil || len(got.Responses) != 2 || got.Responses[0].Item != nil {
		t.Fatalf("got %v, %v, want no item after a cancelled transaction", got, err)
	}
	if _, err = c.TransactWriteItems(t.Context(), &client.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put("1", nil), put("2", nil)}}); err != nil {
		t.Fatal(err)
	}
	if got, err = c.TransactGetItems(t.Context(), gets); err != nil || got.Responses[0].Item == nil || got.Responses[1].Item == nil {
		t.Fatalf("got %v, %v, want both items", got, err)
	}
}

func TestTheSDKKnowsTheErrors(t *testing.T) {
	c := newClient(t, newService(t))
	createTracking(t, c)
	_, err := c.GetItem(t.Context(), &client.GetItemInput{TableName: aws.String("TrackingData"), Key: values{"Wrong": str("x")}})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != invalid {
		t.Errorf("got %v, want %s", err, invalid)
	}
	_, err = c.CreateTable(t.Context(), &client.CreateTableInput{
		TableName: aws.String("TrackingData"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("a"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("a"), KeyType: types.KeyTypeHash}},
	})
	var inUse *types.ResourceInUseException
	if !errors.As(err, &inUse) {
		t.Errorf("got %v, want ResourceInUseException", err)
	}
	_, err = c.DescribeLimits(t.Context(), &client.DescribeLimitsInput{})
	if !errors.As(err, &refused) || refused.ErrorCode() != "UnknownOperationException" {
		t.Errorf("got %v, want UnknownOperationException", err)
	}
}
