package checksum

import (
	"crypto/rand"
	"encoding/base64"
	"testing"
)

func sumOf(algorithm string, text []byte) string {
	sum := New(algorithm)
	sum.Write(text)
	return base64.StdEncoding.EncodeToString(sum.Sum(nil))
}

func TestChecksumOfPartsIsThatOfTheWhole(t *testing.T) {
	text := make([]byte, 100_000)
	rand.Read(text)
	for _, algorithm := range []string{"CRC32", "CRC32C", "CRC64NVME"} {
		for _, cuts := range [][]int{{}, {0, 100_000}, {0, 1, 100_000}, {0, 0, 65_537, 65_537, 99_999, 100_000}} {
			var parts []Part
			for i := 0; i+1 < len(cuts); i++ {
				part := text[cuts[i]:cuts[i+1]]
				parts = append(parts, Part{sumOf(algorithm, part), int64(len(part))})
			}
			want := sumOf(algorithm, text)
			if len(cuts) == 0 {
				want = sumOf(algorithm, nil)
			}
			if got := OfParts(algorithm, FullObject, parts); got != want {
				t.Errorf("%s cut at %v: %s, want %s", algorithm, cuts, got, want)
			}
		}
	}
}

// The values are those of the S3 User Guide's rule: the checksum of the checksums of the parts, and how many they are.
func TestCompositeChecksumIsOfTheChecksums(t *testing.T) {
	for _, algorithm := range []string{"CRC32", "SHA1", "SHA256", "CRC32C"} {
		var together []byte
		var parts []Part
		for _, text := range []string{"first", "second"} {
			value := sumOf(algorithm, []byte(text))
			decoded, _ := base64.StdEncoding.DecodeString(value)
			together = append(together, decoded...)
			parts = append(parts, Part{value, int64(len(text))})
		}
		if got, want := OfParts(algorithm, Composite, parts), sumOf(algorithm, together)+"-2"; got != want {
			t.Errorf("%s: %s, want %s", algorithm, got, want)
		}
	}
}

func TestTypesOfChecksums(t *testing.T) {
	for _, row := range []struct {
		algorithm, want, kind string
		ok                    bool
	}{
		{"CRC32", "", Composite, true}, {"CRC32", FullObject, FullObject, true}, {"CRC32C", Composite, Composite, true}, {"CRC32", "x", "x", false},
		{"CRC64NVME", "", FullObject, true}, {"CRC64NVME", Composite, FullObject, false}, {"SHA256", "", Composite, true}, {"SHA1", FullObject, Composite, false},
	} {
		if kind, ok := TypeOf(row.algorithm, row.want); kind != row.kind || ok != row.ok {
			t.Errorf("%+v: %s, %v", row, kind, ok)
		}
	}
}
