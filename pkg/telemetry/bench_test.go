package telemetry_test

import (
	"io"
	"log/slog"
	"testing"

	"example.com/shiptrack/pkg/telemetry"
)

func benchmarkRecord(b *testing.B, message string, attrs ...slog.Attr) {
	t, err := telemetry.New(telemetry.Config{Service: "bench", Writer: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		t.Logger.LogAttrs(b.Context(), slog.LevelInfo, message, attrs...)
	}
}

func BenchmarkAccessRecord(b *testing.B) {
	benchmarkRecord(b, "request",
		slog.String("method", "GET"), slog.String("route", "/shipments/:id/eta"), slog.Int("status", 200),
		slog.String("request_id", "0123456789abcdef0123456789abcdef"), slog.String("tenant", "yellow"),
		slog.String("subject", "8a2d7c1e-1111-4222-8333-444455556666"))
}

func BenchmarkAuditRecord(b *testing.B) {
	benchmarkRecord(b, "access",
		slog.String("kind", "access"), slog.String("decision", "allow"), slog.String("tenant", "yellow"), slog.String("subject", "ana"),
		slog.String("action", "dynamodb:GetItem"), slog.String("resource", "TrackingData/yellow/1001"),
		slog.String("aws_request_id", "B7LJ2C6VQ3OKX4RMHNSIT5FGAEVV4KQNSO5AEMVJF66Q9ASUAAJG"),
		slog.String("session", "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@tracking-1"),
		slog.String("request_id", "0123456789ABCDEF0123456789"), slog.Float64("capacity_units", 0.5))
}
