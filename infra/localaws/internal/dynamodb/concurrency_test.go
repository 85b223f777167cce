package dynamodb

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestConcurrentUpdatesAreNotLost(t *testing.T) {
	s := newTracking(t)
	const add = `{"TableName":"TrackingData","Key":` + ownKey + `,"UpdateExpression":"ADD Hits :one","ExpressionAttributeValues":{":one":{"N":"1"}}}`
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if _, err := do(s, "UpdateItem", add); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := must(t, s, "GetItem", getOf+ownKey+`,"ProjectionExpression":"Hits"}`)
	if want := `{"Item":{"Hits":{"N":"400"}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOneOfManyConditionalPutsWins(t *testing.T) {
	s := newTracking(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 16 {
		wg.Go(func() {
			body := fmt.Sprintf(`{"TableName":"TrackingData","Item":{"TenantID":{"S":"yellow"},"ShipmentID":{"S":"1"},"By":{"N":"%d"}},"ConditionExpression":"attribute_not_exists(TenantID)"}`, i)
			_, err := do(s, "PutItem", body)
			if err != nil && !strings.Contains(err.Error(), "ConditionalCheckFailedException") {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("got %d puts that won, want 1", won)
	}
}

// A request must not be answered from a table other than the one it was read against: the keys that were
// authorized would be those of another schema.
func TestATableReplacedAfterReadingIsNotAnswered(t *testing.T) {
	s := newTracking(t)
	requests := map[string]string{
		"GetItem":            getOf + yellow1 + `}`,
		"PutItem":            `{"TableName":"TrackingData","Item":` + yellow1 + `}`,
		"Query":              query + keyCond + `}`,
		"Scan":               tName,
		"BatchGetItem":       `{"RequestItems":{"TrackingData":{"Keys":[` + yellow1 + `]}}}`,
		"BatchWriteItem":     `{"RequestItems":{"TrackingData":[{"PutRequest":{"Item":` + yellow1 + `}}]}}`,
		"TransactGetItems":   `{"TransactItems":[{"Get":` + getOf + yellow1 + `}}]}`,
		"TransactWriteItems": `{"TransactItems":[{"Put":{"TableName":"TrackingData","Item":` + yellow1 + `}}]}`,
		"DeleteTable":        tName,
	}
	for operation, body := range requests {
		call, err := read(s, operation, body)
		if err != nil {
			t.Fatal(err)
		}
		must(t, s, "DeleteTable", tName)
		must(t, s, "CreateTable", createBody("TrackingData", "ShipmentID", "S", "TenantID", "S"))
		_, err = call.Answer(t.Context())
		wantCode(t, err, "ResourceNotFoundException", "", operation)
		must(t, s, "DeleteTable", tName)
		must(t, s, "CreateTable", createBody("TrackingData", "TenantID", "S", "ShipmentID", "S"))
	}
}
