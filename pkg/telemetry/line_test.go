package telemetry

import (
	"bytes"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// loggers returns the logger of newLogger, and one that is slog's handler alone.
func loggers() (_, whole *slog.Logger, got, want *bytes.Buffer) {
	got, want = &bytes.Buffer{}, &bytes.Buffer{}
	handler := slog.NewJSONHandler(want, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: replaceAttr})
	return newLogger(got, slog.LevelDebug, "s"), slog.New(handler).With(slog.String("service", "s")), got, want
}

func drawAttr(t *rapid.T) slog.Attr {
	key := rapid.SampledFrom([]string{"tenant", "status", "stack", "time", "error", "a_token", "pass-word", "", `quo"te`, "clé"}).Draw(t, "key")
	text := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "yellow", `a"b`, `a\b`, "a\nb", "é", "\x7f", "\xff", "<&>", "TrackingData/yellow/1001", "eyJhbGciOi.eyJzdWIiOi.c2ln", "Bearer abcdefghijkl",
			"arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@1", "wJalrXUtnFEMI/K7MDENG" + "/bPxRfiCYEXAMPLEKEY",
			strings.Repeat("long text ", maxText/10), strings.Repeat("long text ", maxText/10) + "12345678", strings.Repeat("long text ", maxText/10) + "123456789",
		}), rapid.String(), rapid.StringMatching(`[ -~]{1,60}`))
	return rapid.OneOf(
		rapid.Map(text, func(s string) slog.Attr { return slog.String(key, s) }),
		rapid.Map(rapid.Int64(), func(i int64) slog.Attr { return slog.Int64(key, i) }),
		rapid.Map(rapid.Uint64(), func(i uint64) slog.Attr { return slog.Uint64(key, i) }),
		rapid.Map(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1e-6, 9.9e-7, 1e21, 9.9e20, 0.5, -0.5, math.Inf(1), math.NaN()})),
			func(f float64) slog.Attr { return slog.Float64(key, f) }),
		rapid.Map(rapid.Bool(), func(b bool) slog.Attr { return slog.Bool(key, b) }),
		rapid.SampledFrom([]slog.Attr{
			slog.Duration(key, time.Second), slog.Time(key, time.Unix(1, 0)), slog.Any(key, errors.New("e")), slog.Any(key, nil), {},
			slog.Group(key, slog.String("inner", "x")), slog.Any(key, slog.LevelInfo), slog.Any(key, map[string]int{"a": 1}),
		})).Draw(t, "attr")
}

// A line is the same whether it is appended or slog's.
func TestALineIsThatOfSlog(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("", 7200)}
	rapid.Check(t, func(t *rapid.T) {
		logger, whole, got, want := loggers()
		given := rapid.SliceOfN(rapid.Custom(drawAttr), 0, 1).Draw(t, "given")
		attrs := rapid.SliceOfN(rapid.Custom(drawAttr), 0, 2).Draw(t, "attrs")
		message := rapid.SampledFrom([]string{"request", "request", "", `"`, "token=abcdef1234567"}).Draw(t, "message")
		level := slog.Level(rapid.IntRange(-5, 9).Draw(t, "level"))
		at := rapid.SampledFrom([]time.Time{{}, time.Unix(0, 0), time.Unix(1764403200, 123456000), time.Unix(1764403201, 0), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 1, 0, 0, 0, zones[1])}).Draw(t, "time")
		record := slog.NewRecord(at.In(rapid.SampledFrom(zones).Draw(t, "zone")), level, message, 0)
		record.AddAttrs(attrs...)
		inGroup := rapid.IntRange(0, 9).Draw(t, "group") == 0
		for _, l := range []*slog.Logger{logger, whole} {
			handler := l.Handler().WithAttrs(given)
			if inGroup {
				handler = handler.WithGroup("group")
			}
			if err := handler.Handle(t.Context(), record); err != nil {
				t.Fatal(err)
			}
		}
		if got.String() != want.String() {
			t.Fatalf("got  %swant %s", got, want)
		}
	})
}

// The usual records are those that are appended.
func TestTheUsualRecordIsPlain(t *testing.T) {
	_, whole, _, _ := loggers()
	h := &handler{whole: whole.Handler()}
	record := slog.NewRecord(time.Now(), slog.LevelInfo, "access", 0)
	record.AddAttrs(slog.String("session", "arn:aws:sts::000000000000:assumed-role/TrackingAccessRole/yellow@tracking-1"), slog.Int("status", 200),
		slog.String("resource", "TrackingData/yellow/1001"), slog.String("request_id", "0123456789ABCDEF0123456789"), slog.Float64("capacity_units", 0.5))
	if line, isPlain := h.line(nil, record); !isPlain {
		t.Errorf("not appended: %s", line)
	}
	record.AddAttrs(slog.String("x_token", "hunter2"))
	if line, isPlain := h.line(nil, record); isPlain {
		t.Errorf("appended: %s", line)
	}
}
