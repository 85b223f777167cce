package dynamodb

import (
	"fmt"
	"strings"
	"testing"
)

func newBenchmark(b *testing.B) *Service {
	s := newTracking(b)
	for i := range 1000 {
		must(b, s, "PutItem", fmt.Sprintf(`{"TableName":"TrackingData","Item":{"TenantID":{"S":"tenant%d"},"ShipmentID":{"S":"%d"},"Load":{"S":"%s"},`+
			`"Milestones":{"L":[{"M":{"Code":{"S":"LOAD"},"At":{"N":"1700000000"}}},{"M":{"Code":{"S":"DISC"},"At":{"N":"1700000001"}}}]}}}`,
			i/100, 1000+i%100, strings.Repeat("x", 200)))
	}
	return s
}

func benchmark(b *testing.B, operation, body string) {
	s := newBenchmark(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := do(s, operation, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetItem(b *testing.B) {
	benchmark(b, "GetItem", getOf+`{"TenantID":{"S":"tenant5"},"ShipmentID":{"S":"1050"}}}`)
}

func BenchmarkGetItemProjected(b *testing.B) {
	benchmark(b, "GetItem", getOf+`{"TenantID":{"S":"tenant5"},"ShipmentID":{"S":"1050"}},"ProjectionExpression":"Milestones[0].Code"}`)
}

func BenchmarkQueryOf20(b *testing.B) {
	benchmark(b, "Query", query+`"Limit":20,"KeyConditionExpression":"TenantID = :t","ExpressionAttributeValues":{":t":{"S":"tenant5"}}}`)
}

func BenchmarkPutItem(b *testing.B) { benchmark(b, "PutItem", putBody(1)) }

func BenchmarkPutItemParallel(b *testing.B) {
	s := newBenchmark(b)
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := do(s, "PutItem", putBody(1)); err != nil {
				b.Error(err)
			}
		}
	})
}
