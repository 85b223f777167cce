package tracking

import "time"

// ETA is when a shipment arrives at its destination, and why. Times are in UTC.
type ETA struct {
	ShipmentID     ShipmentID
	Status         Status
	ETA            time.Time
	PlannedArrival time.Time
	// DelayMinutes is ETA - PlannedArrival, rounded to the minute; negative where the shipment is early.
	DelayMinutes int
	// LastMilestone is the last that has happened; nil where the shipment is only planned.
	LastMilestone *Milestone
}

// EstimateArrival returns the ETA of s, or an error that is ErrMalformed; never a time that the milestones do
// not give. The rule:
//
//   - The ETA is the carrier's planned arrival at the destination, moved by the delay at the last actual
//     milestone (actual - planned, negative where it was early), and never before that last actual milestone.
//   - Where nothing has happened, it is the plan.
//   - Where the shipment has arrived, it is the actual arrival; if the carrier never reported that, the first
//     thing reported from the destination, when the shipment was there at the latest.
//
// The last actual milestone is the one with the latest actual time (of two at once, the one planned later), not
// the last in the list: carriers report late and out of order.
func (s Shipment) EstimateArrival() (ETA, error) {
	if err := s.Validate(); err != nil {
		return ETA{}, err
	}
	planned := s.plannedArrival()
	answer := ETA{ShipmentID: s.ID, Status: s.status(), ETA: planned, PlannedArrival: planned}
	if last := s.lastActual(); last != nil {
		answer.LastMilestone = last
		answer.ETA = later(planned.Add(last.Actual.Sub(last.Planned)), last.Actual.UTC())
	}
	if there := s.actualArrival(); there != nil {
		answer.ETA = there.UTC()
	}
	answer.DelayMinutes = int(answer.ETA.Sub(planned).Round(time.Minute) / time.Minute)
	return answer, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// plannedArrival is the plan for the one arrival that Validate has seen.
func (s Shipment) plannedArrival() time.Time {
	for _, m := range s.Milestones {
		if m.Type == Arrived && m.Location == s.Destination {
			return m.Planned.UTC()
		}
	}
	return time.Time{}
}

// lastActual returns a copy of the last milestone that has happened, nil where none has.
func (s Shipment) lastActual() *Milestone {
	last := -1
	for i, m := range s.Milestones {
		if m.Actual == nil {
			continue
		}
		if last < 0 || m.Actual.After(*s.Milestones[last].Actual) ||
			m.Actual.Equal(*s.Milestones[last].Actual) && m.Planned.After(s.Milestones[last].Planned) {
			last = i
		}
	}
	if last < 0 {
		return nil
	}
	milestone := s.Milestones[last]
	return &milestone
}

// isAtDestination reports whether m, which has happened, means that the shipment is at its destination.
func (s Shipment) isAtDestination(m Milestone) bool {
	return m.Actual != nil && m.Location == s.Destination &&
		(m.Type == Arrived || m.Type == Discharged || m.Type == GateOut)
}

// actualArrival returns when the shipment came to its destination, nil where it has not.
func (s Shipment) actualArrival() *time.Time {
	var first *time.Time
	for _, m := range s.Milestones {
		switch {
		case !s.isAtDestination(m):
		case m.Type == Arrived:
			return m.Actual
		case first == nil || m.Actual.Before(*first):
			first = m.Actual
		}
	}
	return first
}

func (s Shipment) status() Status {
	status := Planned
	for _, m := range s.Milestones {
		switch {
		case s.isAtDestination(m) && m.Type == GateOut:
			return Delivered
		case s.isAtDestination(m):
			status = AtPort
		case m.Actual != nil && status == Planned:
			status = InTransit
		}
	}
	return status
}
