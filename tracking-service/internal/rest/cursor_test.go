package rest

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/shiptrack/pkg/alloctest"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func key(b byte) []byte { return bytes.Repeat([]byte{b}, cursorKeyLength) }

func newTestCursors(t testing.TB, key []byte, c *clock) *cursors {
	t.Helper()
	made, err := newCursors(key, c.read)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

type fataler interface{ Fatal(...any) }

func tenantID(t fataler, s string) tenant.ID {
	id, err := tenant.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func shipmentID(t fataler, s string) tracking.ShipmentID {
	id, err := tracking.ParseShipmentID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// isRefusal reports whether err is the one refusal of a cursor.
func isRefusal(err error) bool {
	var p *problem.Error
	return errors.As(err, &p) && p.Kind == problem.Invalid && p.Detail == "cursor "+cursorReason &&
		slices.Equal(p.Fields, []problem.Field{{Name: "cursor", Reason: cursorReason}})
}

func TestCursorOfATwinIsRefused(t *testing.T) {
	made := newTestCursors(t, key(1), &clock{now: noon})
	after := shipmentID(t, "1001")
	for _, owner := range []string{"acme", "acme-eu", strings.Repeat("t", 63), strings.Repeat("t", 62)} {
		for _, reader := range []string{"acme", "acme-eu", strings.Repeat("t", 63), strings.Repeat("t", 62)} {
			got, err := made.open(tenantID(t, reader), made.seal(tenantID(t, owner), after))
			if owner == reader && (err != nil || got != after) || owner != reader && !isRefusal(err) {
				t.Errorf("%s's cursor opened by %s: %q, %v", owner, reader, got, err)
			}
		}
	}
}

func TestCursorIsGoodForAnHour(t *testing.T) {
	yellow := tenantID(t, "yellow")
	for _, tc := range []struct {
		age time.Duration
		ok  bool
	}{
		{0, true},
		{time.Hour, true},
		{time.Hour + time.Millisecond, false},
		{24 * time.Hour, false},
		{-time.Minute, true}, // another instance's clock
		{-time.Minute - time.Millisecond, false},
	} {
		c := &clock{now: noon}
		made := newTestCursors(t, key(1), c)
		text := made.seal(yellow, shipmentID(t, "1001"))
		c.now = noon.Add(tc.age)
		got, err := made.open(yellow, text)
		if tc.ok && (err != nil || got.String() != "1001") || !tc.ok && !isRefusal(err) {
			t.Errorf("at the age of %v: %q, %v, want ok = %v, else the refusal", tc.age, got, err, tc.ok)
		}
	}
}

func TestCursorIsBoundToItsTenantAndKey(t *testing.T) {
	c := &clock{now: noon}
	made, other := newTestCursors(t, key(1), c), newTestCursors(t, key(2), c)
	yellow, blue := tenantID(t, "yellow"), tenantID(t, "blue")
	text := made.seal(yellow, shipmentID(t, "1001"))
	if got, err := made.open(yellow, text); err != nil || got.String() != "1001" {
		t.Fatalf("the tenant's own cursor: %q, %v, want 1001", got, err)
	}
	if got, err := made.open(blue, text); !isRefusal(err) || !got.IsZero() {
		t.Errorf("another tenant's cursor: %q, %v, want the refusal", got, err)
	}
	if got, err := other.open(yellow, text); !isRefusal(err) || !got.IsZero() {
		t.Errorf("a cursor under another key: %q, %v, want the refusal", got, err)
	}
	if again := made.seal(yellow, shipmentID(t, "1001")); again == text {
		t.Error("two cursors for the same place are the same text: they tell that no shipment came between")
	}
}

func TestCursorHidesWhatItHolds(t *testing.T) {
	made := newTestCursors(t, key(1), &clock{now: noon})
	text := made.seal(tenantID(t, "yellow"), shipmentID(t, "SECRETSHIPMENT"))
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(sealed), "SECRET") || strings.Contains(string(sealed), "yellow") {
		t.Fatalf("the cursor shows its content: %q", sealed)
	}
}

func TestSealedContentOfAnotherPurposeIsRefused(t *testing.T) {
	made := newTestCursors(t, key(1), &clock{now: noon})
	yellow := tenantID(t, "yellow")
	seal := func(plain, additional string) string {
		return base64.RawURLEncoding.EncodeToString(made.aead.Seal(nil, nil, []byte(plain), []byte(additional)))
	}
	issued := string(binary.BigEndian.AppendUint64(nil, uint64(noon.UnixMilli())))
	if got, err := made.open(yellow, seal(issued+"1001", cursorPurpose+"yellow")); err != nil || got.String() != "1001" {
		t.Fatalf("the cursor that the others differ from: %q, %v, want 1001", got, err)
	}
	good := made.seal(yellow, shipmentID(t, "1"))
	for name, text := range map[string]string{
		"another purpose":              seal(issued+"1001", "something else yellow"),
		"no time":                      seal("1001", cursorPurpose+"yellow"),
		"no key":                       seal(issued, cursorPurpose+"yellow"),
		"a key that is no shipment id": seal(issued+"a/b", cursorPurpose+"yellow"),
		"padding":                      good + "=",
		"a line end":                   good[:4] + "\n" + good[4:],
		"empty":                        "",
	} {
		if got, err := made.open(yellow, text); !isRefusal(err) {
			t.Errorf("%s: %q, %v, want the refusal", name, got, err)
		}
	}
}

func TestCursorKeyMustHave32Bytes(t *testing.T) {
	for _, n := range []int{0, 16, 24, 31, 33} {
		if _, err := newCursors(make([]byte, n), time.Now); err == nil {
			t.Errorf("a key of %d bytes is accepted, want only 32", n)
		}
	}
}

func TestCursorComesBackAndNoChangeOfItDoes(t *testing.T) {
	made := newTestCursors(t, key(1), &clock{now: noon})
	rapid.Check(t, func(t *rapid.T) {
		owner := tenantID(t, rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,61}[a-z0-9]`).Draw(t, "tenant"))
		after := shipmentID(t, rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9-]{0,63}`).Draw(t, "after"))
		text := made.seal(owner, after)
		if got, err := made.open(owner, text); err != nil || got != after {
			t.Fatalf("open(seal(%q)) = %q, %v", after, got, err)
		}
		if len(text) > 512 {
			t.Fatalf("the cursor has %d characters, more than the contract has", len(text))
		}
		i := rapid.IntRange(0, len(text)-1).Draw(t, "position")
		c := rapid.SampledFrom([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/\n")).Draw(t, "character")
		altered := text[:i] + string(c) + text[i+1:]
		if got, err := made.open(owner, altered); altered != text && !isRefusal(err) {
			t.Fatalf("open(%q), altered at %d: %q, %v, want the refusal", altered, i, got, err)
		}
	})
}

func FuzzCursor(f *testing.F) {
	c := &clock{now: noon}
	made := newTestCursors(f, key(1), c)
	yellow := tenantID(f, "yellow")
	for _, text := range []string{"", "AAAA", "=", "not a cursor", strings.Repeat("A", 54), strings.Repeat("_-", 256)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got tracking.ShipmentID
		var err error
		alloctest.Bound(t, len(text), func() { got, err = made.open(yellow, text) })
		if !isRefusal(err) || !got.IsZero() {
			t.Fatalf("open(%q) = %q, %v: an invented cursor is accepted, or refused in a way of its own", text, got, err)
		}
	})
}
