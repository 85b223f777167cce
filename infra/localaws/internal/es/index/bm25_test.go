package index

import "testing"

// The values are those of Lucene's SmallFloat: exact up to 40, then the highest number of four significant bits that is not above.
func TestLengthsAreKeptInOneByteAsLuceneDoes(t *testing.T) {
	for length, want := range map[int]int{
		0: 0, 1: 1, 23: 23, 24: 24, 31: 31, 32: 32, 39: 39, 40: 40, 41: 40, 42: 42, 55: 54, 56: 56, 59: 56, 60: 60, 100: 96, 1000: 984, 1 << 30: 1<<30 - 1<<26 + 24,
	} {
		if got := decodeLength(encodeLength(length)); got != want {
			t.Errorf("length %d is kept as %d, want %d", length, got, want)
		}
	}
	for code := range 256 {
		if got := encodeLength(decodeLength(byte(code))); code < 247 && int(got) != code {
			t.Errorf("code %d stands for %d, whose code is %d", code, decodeLength(byte(code)), got)
		}
	}
}
