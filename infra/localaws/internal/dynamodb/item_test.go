package dynamodb

import "testing"

func TestPutThenGetAnswersTheItem(t *testing.T) {
	s := newTracking(t)
	const item = `{"ShipmentID":{"S":"1001"},"TenantID":{"S":"yellow"},"Weight":{"N":"1.5"}}`
	must(t, s, "PutItem", `{"TableName":"TrackingData","Item":`+item+`}`)
	got := must(t, s, "GetItem", `{"TableName":"TrackingData","Key":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1001"}}}`)
	if want := `{"Item":` + item + `}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got = must(t, s, "GetItem", `{"TableName":"TrackingData","Key":{"TenantID":{"S":"blue"},"ShipmentID":{"S":"1001"}}}`)
	if want := `{}`; got != want {
		t.Errorf("another tenant's key: got %s, want %s", got, want)
	}
	got = must(t, s, "Query", `{"TableName":"TrackingData","KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"yellow"}}}`)
	if want := `{"Items":[` + item + `],"Count":1,"ScannedCount":1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
