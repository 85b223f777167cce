package checksum

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"strconv"
)

// Composite is the type of a checksum over the checksums of an object's parts.
const Composite = "COMPOSITE"

// TypeOf is the type of the checksum of an object that is uploaded in parts, where the request says want, or nothing. ok is false where the
// algorithm has no checksum of this type (S3 User Guide, "Checking object integrity").
func TypeOf(algorithm, want string) (kind string, ok bool) {
	switch algorithm {
	case "CRC64NVME":
		return FullObject, want == "" || want == FullObject
	case "CRC32", "CRC32C":
		if want == "" {
			want = Composite
		}
		return want, want == FullObject || want == Composite
	}
	return Composite, want == "" || want == Composite
}

// Part is a part of an object: its checksum in base64, and how many bytes it has.
type Part struct {
	Value string
	Size  int64
}

// OfParts is the checksum of an object of this type, from those of its parts.
func OfParts(algorithm, kind string, parts []Part) string {
	if kind == Composite {
		return composite(algorithm, parts)
	}
	return fullObject(algorithm, parts)
}

func composite(algorithm string, parts []Part) string {
	sum := New(algorithm)
	for _, part := range parts {
		value, _ := base64.StdEncoding.DecodeString(part.Value) // it was made here
		sum.Write(value)
	}
	return base64.StdEncoding.EncodeToString(sum.Sum(nil)) + "-" + strconv.Itoa(len(parts))
}

// fullObject is the CRC of all bytes, from the CRCs of the parts: that of A and B together is that of A, moved by the length of B, plus that of
// B (as zlib's crc32_combine).
func fullObject(algorithm string, parts []Part) string {
	f := fieldOf(algorithm)
	all := uint64(0) // the CRC of nothing
	for _, part := range parts {
		all = f.multiply(f.power(part.Size*8), all) ^ decode(part.Value)
	}
	out := make([]byte, 8)
	binary.BigEndian.PutUint64(out, all)
	return base64.StdEncoding.EncodeToString(out[8-f.width/8:])
}

func decode(value string) (crc uint64) {
	bytes, _ := base64.StdEncoding.DecodeString(value)
	for _, b := range bytes {
		crc = crc<<8 | uint64(b)
	}
	return crc
}

// field is the polynomials over one bit, modulo that of a CRC. The highest bit is the coefficient of x^0.
type field struct {
	width      int
	polynomial uint64
}

func fieldOf(algorithm string) field {
	switch algorithm {
	case "CRC32":
		return field{32, crc32.IEEE}
	case "CRC32C":
		return field{32, crc32.Castagnoli}
	}
	return field{64, nvmePolynomial}
}

func (f field) multiply(a, b uint64) (product uint64) {
	for bit := uint64(1) << (f.width - 1); bit > 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= f.polynomial
		}
	}
	return product
}

// power is x^n.
func (f field) power(n int64) uint64 {
	result, square := uint64(1)<<(f.width-1), uint64(1)<<(f.width-2)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = f.multiply(result, square)
		}
		square = f.multiply(square, square)
	}
	return result
}
