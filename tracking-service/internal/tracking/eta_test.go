package tracking_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/shiptrack/tracking-service/internal/tracking"
)

func TestETAFollowsFromPlanAndLastActualMilestone(t *testing.T) {
	const gateIn, departed, singapore, arrived, discharged, gateOut = 0, 1, 2, 3, 4, 5
	for _, test := range []struct {
		name   string
		actual map[int]float64
		status tracking.Status
		eta    float64
		delay  int // minutes
		last   int
	}{
		{"nothing has happened: the plan", nil, tracking.Planned, 700, 0, -1},
		{"gate-in on time", map[int]float64{gateIn: -48}, tracking.InTransit, 700, 0, gateIn},
		{"left six hours late", map[int]float64{gateIn: -48, departed: 6}, tracking.InTransit, 706, 360, departed},
		{"left an hour early", map[int]float64{departed: -1}, tracking.InTransit, 699, -60, departed},
		{"caught up under way", map[int]float64{departed: 6, singapore: 121}, tracking.InTransit, 701, 60, singapore},
		{"the last is by time, not by place in the list", map[int]float64{departed: 130, singapore: 121}, tracking.InTransit, 830, 7800, departed},
		{"of two at once the one planned later", map[int]float64{departed: 121, singapore: 121}, tracking.InTransit, 701, 60, singapore},
		{"a late milestone far beyond the plan moves it as far", map[int]float64{departed: 800}, tracking.InTransit, 1500, 48000, departed},
		{"arrived late", map[int]float64{departed: 0, arrived: 705.5}, tracking.AtPort, 705.5, 330, arrived},
		{"discharge does not move the arrival", map[int]float64{arrived: 705, discharged: 740}, tracking.AtPort, 705, 300, discharged},
		{"delivered: the actual arrival", map[int]float64{arrived: 690, discharged: 700, gateOut: 800}, tracking.Delivered, 690, -600, gateOut},
		{"arrival never reported: the first sign of it there", map[int]float64{discharged: 712, gateOut: 800}, tracking.Delivered, 712, 720, gateOut},
	} {
		s := journey(t)
		for i, hours := range test.actual {
			happened(&s, i, hours)
		}
		got, err := s.EstimateArrival()
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got.Status != test.status || !got.ETA.Equal(at(test.eta)) || got.DelayMinutes != test.delay {
			t.Errorf("%s: %s, ETA %v, delay %d min, want %s, %v, %d", test.name,
				got.Status, got.ETA, got.DelayMinutes, test.status, at(test.eta), test.delay)
		}
		if got.ShipmentID != s.ID || !got.PlannedArrival.Equal(at(700)) || got.ETA.Location() != time.UTC {
			t.Errorf("%s: id %s, planned %v, zone %v", test.name, got.ShipmentID, got.PlannedArrival, got.ETA.Location())
		}
		switch {
		case test.last < 0 && got.LastMilestone != nil:
			t.Errorf("%s: last milestone %+v, want none", test.name, got.LastMilestone)
		case test.last >= 0 && (got.LastMilestone == nil || *got.LastMilestone != s.Milestones[test.last]):
			t.Errorf("%s: last milestone %+v, want %+v", test.name, got.LastMilestone, s.Milestones[test.last])
		}
	}
}

func TestETAIsNeverBeforeTheLastActualMilestone(t *testing.T) {
	s := journey(t)
	s.Milestones = append(s.Milestones, tracking.Milestone{ // inland, planned for after the arrival and done before it
		Type: tracking.GateIn, Location: place(t, "PLGDN"), Planned: at(900),
	})
	happened(&s, len(s.Milestones)-1, 600)
	got, err := s.EstimateArrival()
	if err != nil || !got.ETA.Equal(at(600)) {
		t.Fatalf("ETA = %v, %v, want %v: the plan less 300 h of earliness lies before what has happened", got.ETA, err, at(600))
	}
}

func TestMalformedShipmentHasNoETA(t *testing.T) {
	if err := journey(t).Validate(); err != nil {
		t.Fatalf("the control is refused: %v", err)
	}
	early, late := time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, spoil := range map[string]func(*tracking.Shipment){
		"no id":                  func(s *tracking.Shipment) { s.ID = tracking.ShipmentID{} },
		"no booking":             func(s *tracking.Shipment) { s.CarrierBookingReference = "" },
		"booking too long":       func(s *tracking.Shipment) { s.CarrierBookingReference = "123456789012345678901234567890123456" },
		"booking with a newline": func(s *tracking.Shipment) { s.CarrierBookingReference = "B\n1" },
		"document too long":      func(s *tracking.Shipment) { s.TransportDocumentReference = "123456789012345678901" },
		"carrier in lower case":  func(s *tracking.Shipment) { s.Carrier = "maeu" },
		"carrier too long":       func(s *tracking.Shipment) { s.Carrier = "MAEUX" },
		"carrier too short":      func(s *tracking.Shipment) { s.Carrier = "M" },
		"no origin":              func(s *tracking.Shipment) { s.Origin = tracking.UNLocationCode{} },
		"no destination":         func(s *tracking.Shipment) { s.Destination = tracking.UNLocationCode{} },
		"a round trip":           func(s *tracking.Shipment) { s.Origin = s.Destination },
		"no milestones":          func(s *tracking.Shipment) { s.Milestones = nil },
		"too many milestones": func(s *tracking.Shipment) {
			s.Milestones = append(s.Milestones, make([]tracking.Milestone, tracking.MaxMilestones)...)
		},
		"no arrival":           func(s *tracking.Shipment) { s.Milestones = s.Milestones[:3] },
		"two arrivals":         func(s *tracking.Shipment) { s.Milestones = append(s.Milestones, s.Milestones[3]) },
		"unknown milestone":    func(s *tracking.Shipment) { s.Milestones[0].Type = "ZZZZ" },
		"milestone nowhere":    func(s *tracking.Shipment) { s.Milestones[0].Location = tracking.UNLocationCode{} },
		"milestone unplanned":  func(s *tracking.Shipment) { s.Milestones[0].Planned = time.Time{} },
		"planned too early":    func(s *tracking.Shipment) { s.Milestones[0].Planned = early },
		"estimated too late":   func(s *tracking.Shipment) { s.Milestones[0].Estimated = &late },
		"actual time too late": func(s *tracking.Shipment) { s.Milestones[0].Actual = &late },
	} {
		s := journey(t)
		spoil(&s)
		got, err := s.EstimateArrival()
		if !errors.Is(err, tracking.ErrMalformed) || got != (tracking.ETA{}) {
			t.Errorf("%s: EstimateArrival = %+v, %v, want ErrMalformed and no ETA", name, got, err)
		}
	}
}

// drawShipment draws a valid shipment with random milestones in a random order.
func drawShipment(t *testing.T, r *rapid.T) tracking.Shipment {
	s := journey(t)
	destination, types := s.Destination, []tracking.MilestoneType{
		tracking.GateIn, tracking.Loaded, tracking.Departed, tracking.Discharged, tracking.GateOut,
	}
	instant := rapid.Custom(func(r *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(946684800, 7258118399).Draw(r, "second"), 0).UTC()
	})
	maybe := func(label string) *time.Time {
		if !rapid.Bool().Draw(r, label) {
			return nil
		}
		i := instant.Draw(r, label)
		return &i
	}
	s.Milestones = []tracking.Milestone{{Type: tracking.Arrived, Location: destination, Planned: instant.Draw(r, "arrival"), Actual: maybe("arrived")}}
	for range rapid.IntRange(0, 6).Draw(r, "more") {
		s.Milestones = append(s.Milestones, tracking.Milestone{
			Type:      rapid.SampledFrom(types).Draw(r, "type"),
			Location:  rapid.SampledFrom([]tracking.UNLocationCode{s.Origin, destination}).Draw(r, "place"),
			Planned:   instant.Draw(r, "planned"),
			Estimated: maybe("estimated"),
			Actual:    maybe("actual"),
		})
	}
	return s
}

func TestETAProperties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := drawShipment(t, r)
		got, err := s.EstimateArrival()
		if err != nil {
			r.Fatalf("%+v: %v", s, err)
		}
		if diff := got.ETA.Sub(got.PlannedArrival) - time.Duration(got.DelayMinutes)*time.Minute; diff.Abs() > 30*time.Second {
			r.Errorf("ETA %v is not %v + %d min", got.ETA, got.PlannedArrival, got.DelayMinutes)
		}
		var latest time.Time
		for _, m := range s.Milestones {
			if m.Actual != nil && m.Actual.After(latest) {
				latest = *m.Actual
			}
		}
		switch got.Status {
		case tracking.Planned:
			if !got.ETA.Equal(got.PlannedArrival) || got.LastMilestone != nil {
				r.Errorf("planned: ETA %v, want the plan %v", got.ETA, got.PlannedArrival)
			}
		case tracking.InTransit:
			last := got.LastMilestone
			moved := got.PlannedArrival.Add(last.Actual.Sub(last.Planned))
			if !last.Actual.Equal(latest) || got.ETA.Before(latest) || !got.ETA.Equal(moved) && !got.ETA.Equal(latest) {
				r.Errorf("in transit: ETA %v, last actual %v, plan moved %v", got.ETA, latest, moved)
			}
		case tracking.AtPort, tracking.Delivered:
			isActual := slices.ContainsFunc(s.Milestones, func(m tracking.Milestone) bool {
				return m.Location == s.Destination && m.Actual != nil && m.Actual.Equal(got.ETA)
			})
			if !isActual {
				r.Errorf("%s: ETA %v is the actual time of nothing at the destination", got.Status, got.ETA)
			}
		default:
			r.Errorf("status %q is none of the closed set", got.Status)
		}
	})
}

func TestETADoesNotDependOnTheOrderOfMilestones(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := drawShipment(t, r)
		want, err := s.EstimateArrival()
		if err != nil {
			r.Fatal(err)
		}
		shuffle := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		s.Milestones = slices.Clone(s.Milestones)
		shuffle.Shuffle(len(s.Milestones), func(i, j int) { s.Milestones[i], s.Milestones[j] = s.Milestones[j], s.Milestones[i] })
		got, err := s.EstimateArrival()
		if err != nil || got.ETA != want.ETA || got.Status != want.Status || got.DelayMinutes != want.DelayMinutes {
			r.Errorf("shuffled: %+v, %v, want %+v", got, err, want)
		}
	})
}

func BenchmarkEstimateArrival(b *testing.B) {
	s := journey(b)
	happened(&s, 1, 6)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.EstimateArrival(); err != nil {
			b.Fatal(err)
		}
	}
}
