package tokenvending_test

import (
	"testing"

	"example.com/shiptrack/pkg/tokenvending"
)

func BenchmarkRetrieveCached(b *testing.B) {
	machine := newMachine(b, tokenvending.Config{STS: &fakeSTS{}})
	ctx := as(b, "yellow")
	wantKey(b, machine, ctx, "AKIA-yellow-1")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := machine.Retrieve(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRetrieveCachedParallel(b *testing.B) {
	machine := newMachine(b, tokenvending.Config{STS: &fakeSTS{}})
	ctx := as(b, "yellow")
	wantKey(b, machine, ctx, "AKIA-yellow-1")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := machine.Retrieve(ctx); err != nil {
				b.Error(err)
			}
		}
	})
}
