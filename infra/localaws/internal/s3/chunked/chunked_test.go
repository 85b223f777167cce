package chunked

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws/internal/alloctest"
)

const trailer = "x-amz-checksum-crc32"

func encode(plain []byte, size int, value string) string {
	var out strings.Builder
	for len(plain) > 0 {
		n := min(size, len(plain))
		fmt.Fprintf(&out, "%x\r\n%s\r\n", n, plain[:n])
		plain = plain[n:]
	}
	return out.String() + "0\r\n" + trailer + ":" + value + "\r\n\r\n"
}

func TestPropertyWhatIsEncodedIsDecoded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 10_000).Draw(t, "plain")
		body := encode(plain, rapid.IntRange(1, 9000).Draw(t, "size"), "AAAAAA==")
		var from io.Reader = strings.NewReader(body)
		if rapid.Bool().Draw(t, "a byte at a time") {
			from = iotest.OneByteReader(from)
		}
		r := NewReader(from, int64(len(plain)), "X-Amz-Checksum-Crc32", nil)
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, plain) || r.Trailer() != "AAAAAA==" {
			t.Fatalf("%d bytes, trailer %q, %v; want %d", len(got), r.Trailer(), err, len(plain))
		}
		cut := rapid.IntRange(0, len(body)-1).Draw(t, "cut")
		if _, err := io.ReadAll(NewReader(strings.NewReader(body[:cut]), int64(len(plain)), trailer, nil)); err == nil {
			t.Fatalf("%d of %d bytes are taken for the whole", cut, len(body))
		}
	})
}

func TestOtherBodiesAreRefused(t *testing.T) {
	const end = "0\r\n" + trailer + ":x\r\n\r\n"
	for name, tc := range map[string]struct {
		body    string
		size    int64
		trailer string
	}{
		"plain":                   {"hello\r\nworld\r\n", 5, trailer},
		"a signature":             {"5;chunk-signature=x\r\nhello\r\n" + end, 5, trailer},
		"a sign":                  {"+5\r\nhello\r\n" + end, 5, trailer},
		"a blank":                 {" 5\r\nhello\r\n" + end, 5, trailer},
		"a prefix":                {"0x5\r\nhello\r\n" + end, 5, trailer},
		"a size beyond all":       {"ffffffffffffffff\r\nhello\r\n" + end, 5, trailer},
		"zeros without an end":    {strings.Repeat("0", 17) + "5\r\nhello\r\n" + end, 5, trailer},
		"more than declared":      {"5\r\nhello\r\n" + end, 4, trailer},
		"less than declared":      {"5\r\nhello\r\n" + end, 6, trailer},
		"more in the chunk":       {"4\r\nhello\r\n" + end, 5, trailer},
		"LF alone":                {"5\nhello\n" + end, 5, trailer},
		"another trailer":         {"5\r\nhello\r\n0\r\nx-amz-checksum-sha1:x\r\n\r\n", 5, trailer},
		"no trailer":              {"5\r\nhello\r\n0\r\n\r\n", 5, trailer},
		"a trailer not announced": {"5\r\nhello\r\n" + end, 5, ""},
		"two trailers":            {"5\r\nhello\r\n0\r\n" + trailer + ":x\r\n" + trailer + ":y\r\n\r\n", 5, trailer},
		"LF behind the trailer":   {"5\r\nhello\r\n0\r\n" + trailer + ":x\nx\r\n\r\n", 5, trailer},
		"two LF behind it":        {"5\r\nhello\r\n0\r\n" + trailer + ":x\n\n\r\n\r\n", 5, trailer},
		"bytes behind the end":    {"5\r\nhello\r\n" + end + "x", 5, trailer},
		"a long line":             {"5\r\nhello\r\n0\r\n" + trailer + ":" + strings.Repeat("x", 8<<10) + "\r\n\r\n", 5, trailer},
	} {
		if got, err := io.ReadAll(NewReader(strings.NewReader(tc.body), tc.size, tc.trailer, nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %q, %v; want ErrMalformed", name, got, err)
		}
	}
	for body, trailer := range map[string]string{
		"5\r\nhello\r\n" + end: trailer, "5\r\nhello\r\n0\r\n\r\n": "", "5\r\nhello\r\n0\r\n" + trailer + ":x\n\r\n\r\n": trailer,
	} {
		if got, err := io.ReadAll(NewReader(strings.NewReader(body), 5, trailer, nil)); err != nil || string(got) != "hello" {
			t.Errorf("control: %q, %v", got, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(encode([]byte("hello world"), 5, "AAAAAA==")), int64(11))
	f.Add([]byte("0\r\n\r\n"), int64(0))
	f.Add([]byte("5;chunk-signature=x\r\nhello"), int64(5))
	f.Fuzz(func(t *testing.T, body []byte, size int64) {
		var got int64
		var err error
		alloctest.Bound(t, len(body), func() { got, err = io.Copy(io.Discard, NewReader(bytes.NewReader(body), size, trailer, nil)) })
		if err == nil && got != size || got > int64(len(body)) {
			t.Errorf("%q: %d bytes, %v; declared %d", body, got, err, size)
		}
	})
}

// spelled signs a chunk with its hash, and a trailer with itself.
type spelled struct{}

func (spelled) Chunk(hash []byte, signature string) bool {
	return signature == hex.EncodeToString(hash)
}
func (spelled) Trailer(header, signature string) bool { return signature == strings.TrimSpace(header) }

func TestChunksAreAsTheyWereSigned(t *testing.T) {
	chunk := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return fmt.Sprintf("%x;chunk-signature=%x\r\n", len(text), sum)
	}
	end := "\r\n" + chunk("")
	good := chunk("hel") + "hel\r\n" + chunk("lo") + "lo" + end
	const behind, signed = trailer + ":x\r\n", "x-amz-trailer-signature:" + trailer + ":x\r\n"
	for name, tc := range map[string]struct {
		body, trailer string
		want          error
	}{
		"as signed":          {good + "\r\n", "", nil},
		"with a trailer":     {good + behind + signed + "\r\n", trailer, nil},
		"minio-go's trailer": {good + trailer + ":x\n\r\n" + signed + "\r\n", trailer, nil},
		"other bytes":        {strings.Replace(good, "\r\nlo", "\r\nla", 1) + "\r\n", "", ErrSignature},
		"swapped":            {strings.Replace(chunk("lo")+"hel\r\n"+chunk("hel")+"lo"+end, "2;", "3;", 1) + "\r\n", "", ErrSignature},
		"no signature":       {"5\r\nhello\r\n" + chunk("") + "\r\n", "", ErrMalformed},
		"none at the end":    {chunk("hello") + "hello\r\n0\r\n\r\n", "", ErrMalformed},
		"another at the end": {chunk("hello") + "hello\r\n0;chunk-signature=00\r\n\r\n", "", ErrSignature},
		"another trailer":    {good + trailer + ":y\r\n" + signed + "\r\n", trailer, ErrSignature},
		"an unsigned one":    {good + behind + "\r\n", trailer, ErrMalformed},
	} {
		got, err := io.ReadAll(NewReader(strings.NewReader(tc.body), 5, tc.trailer, spelled{}))
		if !errors.Is(err, tc.want) || tc.want == nil && string(got) != "hello" {
			t.Errorf("%s: %q, %v, want %v", name, got, err, tc.want)
		}
	}
}
