package index

import (
	"math"
	"math/bits"
)

// The parameters of BM25Similarity, which OpenSearch does not change.
const (
	k1 float32 = 1.2
	b  float32 = 0.75
)

// exactLengths is how many of the 256 codes of a length stand for themselves (SmallFloat.NUM_FREE_VALUES); those above keep four
// significant bits.
const exactLengths = 24

// encodeLength is Lucene's SmallFloat.intToByte4.
func encodeLength(length int) byte {
	if length < exactLengths {
		return byte(length)
	}
	rest := length - exactLengths
	if rest < 8 {
		return byte(exactLengths + rest)
	}
	shift := bits.Len(uint(rest)) - 4
	return byte(exactLengths + (rest>>shift&7 | (shift+1)<<3))
}

// decodeLength is Lucene's SmallFloat.byte4ToInt.
func decodeLength(code byte) int {
	if code < exactLengths {
		return int(code)
	}
	rest := int(code) - exactLengths
	if rest < 8 {
		return exactLengths + rest
	}
	return exactLengths + (rest&7|8)<<(rest>>3-1)
}

// scorer computes the scores of one term in one field, in 32 bits and in the order of BM25Similarity, so that they are the same
// to the last bit.
type scorer struct {
	weight   float32
	inverses [256]float32 // by the code of a document's length
}

// newScorer makes that of a term which docFreq documents have.
func (f *field) newScorer(docFreq int, boost float32) *scorer {
	n, count := float64(docFreq), float64(f.docCount)
	idf := float32(math.Log(1 + (count-n+0.5)/(n+0.5)))
	average := float32(float64(f.sumTotal) / count)
	s := &scorer{weight: boost * idf}
	for code := range s.inverses {
		scaled := b * float32(decodeLength(byte(code)))
		s.inverses[code] = 1 / (k1 * ((1 - b) + scaled/average))
	}
	return s
}

func (s *scorer) score(count uint32, length byte) float32 {
	product := float32(count) * s.inverses[length]
	return s.weight - s.weight/(1+product)
}
