package dynamodb

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
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

func TestConcurrentWritesShareATransaction(t *testing.T) {
	s := newTracking(t)
	release := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // the first group is held, so that the others queue behind it
		if err := s.store.writer.commit(func(*bbolt.Tx) error { <-release; return nil }); err != nil {
			t.Error(err)
		}
	})
	for !busy(&s.store.writer) {
		runtime.Gosched()
	}
	transactions := map[int]int{} // written by one transaction at a time
	for range 20 {
		wg.Go(func() {
			if err := s.store.writer.commit(func(tx *bbolt.Tx) error { transactions[tx.ID()]++; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	for queued(&s.store.writer) < 20 {
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	if len(transactions) != 1 {
		t.Errorf("got writes per transaction %v, want all 20 in one", transactions)
	}
}

func busy(c *committer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.busy && len(c.waiting) == 0
}

func queued(c *committer) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

func TestAPanicInAWriteIsAnErrorOfItsGroupOnly(t *testing.T) {
	s := newTracking(t)
	// The first is logged as it is, the second without its text, which could be an item's.
	var nobody []*write
	for want, broken := range map[string]func(){
		"panic in a write: runtime error: index out of range [0] with length 0": func() { nobody[0] = nil },
		"panic in a write, with a string":                                       func() { panic("of yellow") },
	} {
		err := s.store.writer.commit(func(*bbolt.Tx) error { broken(); return nil })
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	must(t, s, "PutItem", putBody(1))
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
