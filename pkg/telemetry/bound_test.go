package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/shiptrack/pkg/alloctest"
	"example.com/shiptrack/pkg/telemetry"
)

// TestEachRecordIsOneShortLine, whatever is logged; it is JSON, and shows no secret, not in part either.
func TestEachRecordIsOneShortLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		tel, err := telemetry.New(telemetry.Config{Service: "test", Writer: &out})
		if err != nil {
			t.Fatal(err)
		}
		attrs := []any{slog.String("request_id", "ABC"), slog.Int("status", 400)}
		for i := range rapid.IntRange(0, 30).Draw(t, "attributes") {
			text := strings.Repeat(rapid.SampledFrom([]string{"a", "\x00", "\xff", "é ", "\"", "x "}).Draw(t, "piece"),
				rapid.SampledFrom([]int{0, 10, 3000, 200000}).Draw(t, "times")) + " " +
				rapid.SampledFrom([]string{"", jwt, awsSecret, awsSession}).Draw(t, "secret") + strings.Repeat(" and so on", rapid.IntRange(0, 300).Draw(t, "rest"))
			value := rapid.SampledFrom([]any{text, errors.New(text), []string{text, text}, map[string]string{text: text}, nested{Name: text}}).Draw(t, "value")
			attrs = append(attrs, slog.Any(fmt.Sprint("a", i), value))
		}
		tel.Logger.Info(strings.Repeat("m", rapid.SampledFrom([]int{1, 5000}).Draw(t, "message")), attrs...)
		line := out.String()
		if len(line) > telemetry.MaxLine || strings.Count(line, "\n") != 1 {
			t.Errorf("a record of %d bytes in %d lines, want one of at most %d", len(line), strings.Count(line, "\n"), telemetry.MaxLine)
		}
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil || record["request_id"] != "ABC" || record["status"] != 400.0 || record["time"] == nil {
			t.Errorf("not to be joined: %v, %.300s", err, line)
		}
		for _, part := range []string{awsSecret[:12], awsSecret[20:32], jwt[22:34], awsSession[:12], awsSession[40:60]} {
			if strings.Contains(line, part) {
				t.Errorf("%q is shown: %.300s", part, line)
			}
		}
	})
}

// TestWhatARecordLacksIsSaid, and an ordinary one lacks nothing.
func TestWhatARecordLacksIsSaid(t *testing.T) {
	tel, out := newTelemetry(t, "")
	tel.Logger.Info("ordinary", slog.String("subject", "ana"))
	if strings.Contains(out.String(), "more)") || strings.Contains(out.String(), `"cut"`) {
		t.Errorf("an ordinary record is cut: %s", out)
	}
	out.Reset()
	tel.Logger.Info("long", slog.String("subject", strings.Repeat("an a ", 10000)))
	if !strings.Contains(out.String(), " bytes more)") {
		t.Errorf("a long text is not said to be cut: %.300s", out)
	}
	out.Reset()
	var many []any
	for i := range 100 {
		many = append(many, slog.String(fmt.Sprint("a", i), strings.Repeat("an a ", 300)))
	}
	tel.Logger.Info("much", many...)
	var record struct{ Cut struct{ Values, Bytes int } }
	if err := json.Unmarshal(out.Bytes(), &record); err != nil || record.Cut.Values != 100 || record.Cut.Bytes < 100*1500 {
		t.Errorf("got %+v, %v; want 100 values and their bytes: %.300s", record.Cut, err, out)
	}
}

// FuzzScrub: it takes little memory, and hides a key wherever it stands.
func FuzzScrub(f *testing.F) {
	for _, secret := range []string{jwt, awsSecret, awsSession, `password="correct horse"`, "https://ana:horse@example.com", "Bearer " + jwt, "-----BEGIN PRIVATE KEY-----\nhorse"} {
		f.Add(secret)
		f.Add(strings.Repeat(secret+" ", 100))
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got string
		alloctest.Bound(t, len(text), func() { got = telemetry.Scrub(text) })
		if strings.Contains(telemetry.Scrub(text+" "+awsSecret), awsSecret) {
			t.Errorf("a key is shown behind %q", text)
		}
		if len(got) > 2*len(text)+16 {
			t.Errorf("%d bytes become %d", len(text), len(got))
		}
	})
}
