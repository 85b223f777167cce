// Package measure is the arithmetic of make bench: values of several rounds, contenders that take turns, and the table of
// what was measured. It starts nothing and knows no row.
package measure

import "slices"

// Series are the values of one figure, one for each round.
type Series []float64

// Median is the middle value, the mean of the two middle ones of an even number; 0 of none.
func (s Series) Median() float64 { return s.quantile(0.5) }

// Spread is the distance between the quartiles, over the median: 0.04 says that half of the rounds lie within four percent.
func (s Series) Spread() float64 {
	middle := s.Median()
	if middle == 0 {
		return 0
	}
	return (s.quantile(0.75) - s.quantile(0.25)) / middle
}

// quantile interpolates between the two values beside it.
func (s Series) quantile(q float64) float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	place := q * float64(len(sorted)-1)
	below := int(place)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (place-float64(below))*(sorted[above]-sorted[below])
}

// Over divides the values of each round. Rounds that one of the two lacks are left out.
func (s Series) Over(other Series) Series {
	var ratios Series
	for i := range min(len(s), len(other)) {
		ratios = append(ratios, s[i]/other[i])
	}
	return ratios
}
