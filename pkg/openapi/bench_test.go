package openapi_test

import "testing"

func BenchmarkCheckRequest(b *testing.B) {
	c := rules(b)
	b.Run("eta", func(b *testing.B) {
		r := get("/shipments/1001/eta")
		b.ReportAllocs()
		for b.Loop() {
			if err := c.CheckRequest("GetShippingETA", r, func(string) string { return "1001" }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("100 ids", func(b *testing.B) {
		r := get("/shipments?ids=" + ids(100))
		b.ReportAllocs()
		for b.Loop() {
			if err := c.CheckRequest("ListShipments", r, none); err != nil {
				b.Fatal(err)
			}
		}
	})
}
