package highlight

import "math"

// The parameters of Lucene's PassageScorer.
const (
	k1    float32 = 1.2
	b     float32 = 0.75
	pivot float32 = 87
)

// rank says how well a passage tells what was found: PassageScorer.score. length is that of all values, and
// inField says how often each word is in them.
func (p passage) rank(length int, inField map[string]int) float32 {
	counts := map[string]int{}
	var order []string
	for _, w := range p.found {
		if counts[w.term]++; counts[w.term] == 1 {
			order = append(order, w.term)
		}
	}
	sum := 0.0
	documents := 1 + float32(length)/pivot
	norm := k1 * ((1 - b) + b*(float32(p.end-p.start)/pivot))
	for _, term := range order {
		weight := (k1 + 1) * float32(math.Log(1+(float64(documents)+0.5)/(float64(inField[term])+0.5)))
		count := float32(counts[term])
		sum += float64(count / (count + norm) * weight)
	}
	return float32(sum * float64(1+1/float32(math.Log(float64(pivot+float32(p.place()))))))
}
