package telemetry_test

import (
	"io"
	"log/slog"
	"testing"

	"example.com/shiptrack/pkg/telemetry"
)

func BenchmarkAccessRecord(b *testing.B) {
	t, err := telemetry.New(telemetry.Config{Service: "bench", Writer: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		t.Logger.LogAttrs(b.Context(), slog.LevelInfo, "request",
			slog.String("method", "GET"), slog.String("route", "/shipments/:id/eta"), slog.Int("status", 200),
			slog.String("request_id", "0123456789abcdef0123456789abcdef"), slog.String("tenant", "yellow"),
			slog.String("subject", "8a2d7c1e-1111-4222-8333-444455556666"))
	}
}
