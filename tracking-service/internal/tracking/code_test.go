package tracking_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/shiptrack/pkg/alloctest"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

var (
	shipmentIDForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,63}$`)
	locationForm   = regexp.MustCompile(`^[A-Z]{2}[A-Z2-9]{3}$`)
)

func checkShipmentID(t testing.TB, text string) {
	t.Helper()
	got, err := tracking.ParseShipmentID(text)
	want := shipmentIDForm.MatchString(text) && !strings.HasSuffix(text, "\n") && text != "search"
	if (err == nil) != want || want && got.String() != text || !want && !got.IsZero() {
		t.Errorf("ParseShipmentID(%q) = %q, %v, want valid %v", text, got, err, want)
	}
	if err != nil && (problem.KindOf(err) != problem.Invalid || problem.From(err).Fields[0].Name != "shipmentId") {
		t.Errorf("ParseShipmentID(%q) fails with %v, want Invalid that names shipmentId", text, err)
	}
}

func checkLocation(t testing.TB, text string) {
	t.Helper()
	got, err := tracking.ParseUNLocationCode(text)
	want := locationForm.MatchString(text)
	if (err == nil) != want || want && got.String() != text || !want && !got.IsZero() {
		t.Errorf("ParseUNLocationCode(%q) = %q, %v, want valid %v", text, got, err, want)
	}
}

func TestIDsAndPlacesHaveTheirForm(t *testing.T) {
	for _, text := range []string{
		"", "1", "1001", "-1", "a-", "a_b", "a b", "a\n", "é", "a\x00", strings.Repeat("a", 64), strings.Repeat("a", 65),
		"search", "Search", "search-1", "searc",
		"DEHAM", "deham", "DEHA", "DEHAMB", "D2HAM", "DE2AM", "DE1AM", "DE0AM", "DE9ZZ", "DEHA\n", "Ω", "DE/AM", "DE:AM",
	} {
		checkShipmentID(t, text)
		checkLocation(t, text)
	}
}

func TestParsersAgreeWithTheirPatterns(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.OneOf(
			rapid.String(), rapid.StringMatching(`[A-Za-z0-9-]{0,66}`), rapid.StringMatching(`[A-Z0-9]{4,6}`),
		).Draw(r, "text")
		checkShipmentID(t, text)
		checkLocation(t, text)
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"1001", "a-b", "-", "DEHAM", "DE1AM", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		alloctest.Bound(t, len(text), func() {
			checkShipmentID(t, text)
			checkLocation(t, text)
		})
	})
}

func TestMilestoneTypesAreAClosedSet(t *testing.T) {
	for _, code := range []string{"GTIN", "LOAD", "DEPA", "ARRI", "DISC", "GTOT"} {
		if got, err := tracking.ParseMilestoneType(code); err != nil || string(got) != code {
			t.Errorf("ParseMilestoneType(%q) = %q, %v", code, got, err)
		}
	}
	for _, code := range []string{"", "arri", "ARRI ", "PLN"} {
		if got, err := tracking.ParseMilestoneType(code); err == nil || got != "" {
			t.Errorf("ParseMilestoneType(%q) = %q, want an error", code, got)
		}
	}
}
