package expr

import (
	"testing"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
)

func BenchmarkParseKeyCondition(b *testing.B) {
	for _, bc := range []struct {
		name, src string
		names     map[string]string
		values    map[string]attr.Value
	}{
		{"PartitionKey", "TenantID = :t", nil, map[string]attr.Value{":t": attr.String("yellow")}},
		{
			"BeginsWith", "#pk = :pk AND begins_with(#sk, :p)",
			map[string]string{"#pk": "TenantID", "#sk": "ShipmentID"},
			map[string]attr.Value{":pk": attr.String("yellow"), ":p": attr.String("10")},
		},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := NewPlaceholders(bc.names, bc.values)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := ParseKeyCondition(bc.src, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
