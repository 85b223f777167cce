package search_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/search"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

func TestQuestionsHaveTheirForm(t *testing.T) {
	for words, want := range map[string]string{
		"": "", "rotterdam delayed": "rotterdam delayed", "  a ": "a", `_index:blue* "x" /r.*/ {"query":{}}`: `_index:blue* "x" /r.*/ {"query":{}}`,
		strings.Repeat("é", search.MaxWords): strings.Repeat("é", search.MaxWords),
	} {
		if got, err := search.ParseQuestion(words, ""); err != nil || got.Words != want || got.IsRanked() != (want != "") {
			t.Errorf("%q: %+v, %v, want the words %q", words, got, err, want)
		}
	}
	for _, words := range []string{strings.Repeat("a", search.MaxWords+1), "a\x00b", "a\nb", "a\u0085b", "a\xff", "\x7f", "\u2003\u00a0"} {
		_, err := search.ParseQuestion(words, "")
		if p := problem.From(err); err == nil || p.Kind != problem.Invalid || p.Fields[0].Name != "q" || strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v, want an Invalid that names q and does not repeat it", words, err)
		}
	}
	for _, status := range []tracking.Status{"", tracking.Planned, tracking.InTransit, tracking.AtPort, tracking.Delivered} {
		if got, err := search.ParseQuestion("", string(status)); err != nil || got.Status != status {
			t.Errorf("status %q: %+v, %v", status, got, err)
		}
	}
	for _, status := range []string{"planned", "LOST", " "} {
		_, err := search.ParseQuestion("", status)
		if p := problem.From(err); err == nil || p.Kind != problem.Invalid || p.Fields[0].Name != "status" {
			t.Errorf("status %q: %v, want an Invalid that names it", status, err)
		}
	}
}

func TestPositionIsOneOfAHit(t *testing.T) {
	id := shipment(t).ID
	for position, want := range map[search.Position]bool{
		{Key: 0.5, ID: id}: true, {Key: 0, ID: id}: true, {Key: 1}: false, {Key: math.Inf(1), ID: id}: false,
	} {
		if position.IsValid() != want {
			t.Errorf("%+v: valid %t", position, !want)
		}
	}
	if (search.Position{Key: math.NaN(), ID: id}).IsValid() {
		t.Error("no number is a position")
	}
}

type asked struct{ limit int }

func (a *asked) Search(_ context.Context, _ search.Question, limit int, _ *search.Position) (search.Page, error) {
	a.limit = limit
	return search.Page{Total: 7}, nil
}

func TestLimitIsBounded(t *testing.T) {
	index := &asked{}
	service, err := search.New(index)
	if err != nil {
		t.Fatal(err)
	}
	for limit, ok := range map[int]bool{1: true, search.MaxPage: true, 0: false, -1: false, search.MaxPage + 1: false} {
		index.limit = 0
		page, err := service.Search(t.Context(), search.Question{}, limit, nil)
		if ok && (err != nil || page.Total != 7 || index.limit != limit) || !ok && (err == nil || problem.KindOf(err) != problem.Invalid || index.limit != 0) {
			t.Errorf("limit %d: %+v, %v; the index was asked for %d", limit, page, err, index.limit)
		}
	}
	if _, err := search.New(nil); err == nil {
		t.Error("New takes no index")
	}
}

func place(t *testing.T, text string) tracking.UNLocationCode {
	t.Helper()
	code, err := tracking.ParseUNLocationCode(text)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// shipment is one from Shanghai by Singapore to Rotterdam that left 90 minutes late.
func shipment(t *testing.T) tracking.Shipment {
	t.Helper()
	id, err := tracking.ParseShipmentID("1001")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	left := noon.Add(90 * time.Minute)
	return tracking.Shipment{
		ID: id, CarrierBookingReference: "MA1", TransportDocumentReference: "BL9", Carrier: "MAEU", Origin: place(t, "CNSHA"), Destination: place(t, "NLRTM"),
		Milestones: []tracking.Milestone{
			{Type: tracking.Departed, Location: place(t, "CNSHA"), Planned: noon, Actual: &left},
			{Type: tracking.Arrived, Location: place(t, "SGSIN"), Planned: noon.Add(48 * time.Hour)},
			{Type: tracking.Arrived, Location: place(t, "NLRTM"), Planned: noon.Add(240 * time.Hour)},
		},
	}
}

func TestEntryHasTheWordsOfTheShipment(t *testing.T) {
	s := shipment(t)
	entry, err := search.NewEntry(s)
	if err != nil {
		t.Fatal(err)
	}
	for field, want := range map[search.Field][]string{
		search.Reference: {"MA1", "BL9"}, search.Places: {"Shanghai CNSHA", "Rotterdam NLRTM", "Singapore SGSIN"}, search.Carrier: {"Maersk MAEU"},
		search.Status: {"in transit, delayed 1 h 30 min"}, search.Milestones: {"departed Shanghai CNSHA"},
	} {
		if got := entry.Texts[field]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if entry.ID != s.ID || entry.Status != tracking.InTransit || entry.DelayMinutes != 90 || entry.Origin != s.Origin || entry.Destination != s.Destination ||
		!entry.ETA.Equal(s.Milestones[2].Planned.Add(90*time.Minute)) || entry.Carrier != "MAEU" || entry.CarrierBookingReference != "MA1" {
		t.Errorf("summary %+v", entry.Summary)
	}
	s.Milestones[0].Actual, s.TransportDocumentReference, s.Carrier, s.Milestones[1].Location = nil, "", "XX", place(t, "DEBRV")
	if entry, err = search.NewEntry(s); err != nil {
		t.Fatal(err)
	}
	if entry.Texts[search.Status][0] != "planned, on time" || len(entry.Texts[search.Milestones]) != 0 || !slices.Equal(entry.Texts[search.Reference], []string{"MA1"}) ||
		entry.Texts[search.Carrier][0] != "XX" || entry.Texts[search.Places][2] != "DEBRV" {
		t.Errorf("texts %q", entry.Texts)
	}
	s.Milestones = nil
	if _, err := search.NewEntry(s); err == nil {
		t.Error("a malformed shipment has an entry")
	}
}
