// Package checksum computes the checksums of S3's objects, and says which one a request demands. It refuses a checksum that is malformed, given in
// two ways, or not that of the body.
//
// S3 User Guide, "Checking object integrity".
package checksum

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"maps"
	"net/http"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// Default is the algorithm of objects whose writer names none.
const Default = "CRC64NVME"

// FullObject is the type of a checksum over all bytes of an object.
const FullObject = "FULL_OBJECT"

const nvmePolynomial = 0x9a6c9329ac4bc9b5 // reversed, as package crc64 has it

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(nvmePolynomial)
)

var algorithms = map[string]func() hash.Hash{
	"CRC32":     func() hash.Hash { return crc32.NewIEEE() },
	"CRC32C":    func() hash.Hash { return crc32.New(castagnoli) },
	"CRC64NVME": func() hash.Hash { return crc64.New(nvme) },
	"SHA1":      sha1.New,
	"SHA256":    sha256.New,
}

// Algorithms are the names of all algorithms, sorted.
func Algorithms() []string { return slices.Sorted(maps.Keys(algorithms)) }

// New returns the hash of an algorithm, or nil where S3 has none of this name.
func New(algorithm string) hash.Hash {
	if make, known := algorithms[algorithm]; known {
		return make()
	}
	return nil
}

const prefix = "X-Amz-Checksum-"

// Header is the header that carries the checksum of an algorithm.
func Header(algorithm string) string {
	return http.CanonicalHeaderKey(prefix + algorithm)
}

// algorithmOf is the algorithm whose header has this name, in any case; empty: none has.
func algorithmOf(header string) string {
	header = http.CanonicalHeaderKey(header)
	for name := range algorithms {
		if Header(name) == header {
			return name
		}
	}
	return ""
}

// notSums are headers of the prefix that carry no checksum.
var notSums = map[string]bool{prefix + "Mode": true, prefix + "Type": true, prefix + "Algorithm": true}

// IsUnknown reports whether a header carries a checksum that nobody here computes. Its name is in Go's canonical form.
func IsUnknown(header string) bool {
	return strings.HasPrefix(header, prefix) && !notSums[header] && algorithmOf(header) == ""
}

// Sums computes what a request demands of its body. Write the body to it, and then call Check.
type Sums struct {
	Algorithm string // of Value
	value     string // as the request has it; empty: it demands none, or it comes behind the body
	trailer   string // the header behind the body that has the value
	sum       hash.Hash
	md5       hash.Hash // nil: nobody asks for it
	wantMD5   string
	kept      hash.Hash // nil: Value is kept
}

// Computed computes the checksum of an algorithm, and MD5 where it is needed, and demands nothing.
func Computed(algorithm string, needMD5 bool) *Sums {
	s := &Sums{Algorithm: algorithm, sum: New(algorithm)}
	if needMD5 {
		s.md5 = md5.New()
	}
	return s
}

// Named is the algorithm of the checksum that the request has; empty: it has none.
func (s *Sums) Named() string {
	if s.value == "" && s.trailer == "" {
		return ""
	}
	return s.Algorithm
}

// Keep computes the checksum of an algorithm beside the one that the request has: that is what Kept returns.
func (s *Sums) Keep(algorithm string) {
	if algorithm != s.Algorithm {
		s.kept = New(algorithm)
	}
}

// Kept is the checksum of the algorithm of Keep, in base64.
func (s *Sums) Kept() string {
	if s.kept == nil {
		return s.Value()
	}
	return base64.StdEncoding.EncodeToString(s.kept.Sum(nil))
}

// Demanded reads which checksums a request demands. needMD5 says that MD5 is needed anyway.
func Demanded(h http.Header, needMD5 bool) (*Sums, error) {
	s := &Sums{wantMD5: h.Get("Content-Md5")}
	if len(h["Content-Md5"]) > 0 && !isBase64Of(s.wantMD5, md5.Size) {
		return nil, api.Errorf(http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified was invalid.")
	}
	if s.wantMD5 != "" || needMD5 {
		s.md5 = md5.New()
	}
	if err := s.readHeaders(h); err != nil {
		return nil, err
	}
	if s.Algorithm == "" {
		s.Algorithm = Default
	}
	s.sum = New(s.Algorithm)
	if s.value != "" && !isBase64Of(s.value, s.sum.Size()) {
		return nil, invalid("Value for x-amz-checksum-%s header is invalid.", api.Own(strings.ToLower(s.Algorithm)))
	}
	return s, nil
}

func (s *Sums) readHeaders(h http.Header) error {
	for name := range algorithms {
		if value := h.Get(Header(name)); value != "" {
			if s.Algorithm != "" {
				return invalid("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
			}
			s.Algorithm, s.value = name, value
		}
	}
	if s.trailer = h.Get("X-Amz-Trailer"); s.trailer != "" {
		name := algorithmOf(s.trailer)
		if name == "" {
			return invalid("The value specified in the x-amz-trailer header is not supported")
		}
		if s.Algorithm != "" {
			return invalid("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
		s.Algorithm = name
	}
	named := h.Get("X-Amz-Sdk-Checksum-Algorithm")
	switch {
	case named == "":
	case s.Algorithm == "":
		return invalid("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case !strings.EqualFold(named, s.Algorithm):
		return invalid("Value for x-amz-sdk-checksum-algorithm header is invalid.")
	}
	return nil
}

// IsDemanded reports whether the request says what its body must be, beside its signature.
func (s *Sums) IsDemanded() bool { return s.wantMD5 != "" || s.value != "" || s.trailer != "" }

// Write takes bytes of the body.
func (s *Sums) Write(p []byte) (int, error) {
	if s.md5 != nil {
		s.md5.Write(p)
	}
	if s.kept != nil {
		s.kept.Write(p)
	}
	return s.sum.Write(p)
}

// Check compares, once the body was written, what the request demands. trailer returns a header behind the body.
func (s *Sums) Check(trailer func(name string) string) error {
	if s.wantMD5 != "" && base64.StdEncoding.EncodeToString(s.md5.Sum(nil)) != s.wantMD5 {
		return api.Errorf(http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	want := s.value
	if s.trailer != "" {
		if want = trailer(s.trailer); want == "" {
			return invalid("The header behind the body that x-amz-trailer announces is not there.")
		}
	}
	if want != "" && want != s.Value() {
		return api.Errorf(http.StatusBadRequest, "BadDigest", "The %s you specified did not match the calculated checksum.", api.Own(s.Algorithm))
	}
	return nil
}

// Value is the checksum of what was written, in base64.
func (s *Sums) Value() string { return base64.StdEncoding.EncodeToString(s.sum.Sum(nil)) }

// MD5 is the MD5 of what was written; nil where nobody asked for it.
func (s *Sums) MD5() []byte {
	if s.md5 == nil {
		return nil
	}
	return s.md5.Sum(nil)
}

func isBase64Of(text string, size int) bool {
	decoded, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(decoded) == size
}

func invalid(format string, args ...any) error {
	return api.Errorf(http.StatusBadRequest, "InvalidRequest", format, args...)
}
