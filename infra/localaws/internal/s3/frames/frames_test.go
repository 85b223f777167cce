package frames

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

var testKey = bytes.Repeat([]byte{7}, KeySize)

// text is n bytes that never repeat in one place.
func text(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func seal(t testing.TB, plain []byte, pieces int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, testKey)
	if err != nil {
		t.Fatal(err)
	}
	for rest := plain; len(rest) > 0; {
		n := min(pieces, len(rest))
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func read(sealed, key []byte, size, offset, length int64) ([]byte, error) {
	r, err := NewReader(bytes.NewReader(sealed), int64(len(sealed)), key, size)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r.Range(offset, length))
}

// sizes are around the ends of frames.
var sizes = []int{0, 1, Size - 1, Size, Size + 1, 2*Size - 1, 2 * Size, 2*Size + 1, 3*Size + 17}

func TestStreamIsReadAsItWasWritten(t *testing.T) {
	for _, size := range sizes {
		plain := text(size)
		for _, pieces := range []int{1 << 10, Size, Size + 1, 1 << 20} {
			sealed := seal(t, plain, pieces)
			if int64(len(sealed)) != SealedSize(int64(size)) {
				t.Errorf("%d bytes have %d sealed, want %d", size, len(sealed), SealedSize(int64(size)))
			}
			got, err := read(sealed, testKey, int64(size), 0, int64(size))
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes in pieces of %d: %d bytes, %v", size, pieces, len(got), err)
			}
		}
	}
}

func TestPropertyRangeIsTheSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom(sizes).Draw(t, "size")
		from := rapid.IntRange(0, size).Draw(t, "from")
		to := rapid.IntRange(from, size).Draw(t, "to")
		plain := text(size)
		sealed := sealQuietly(t, plain)
		got, err := read(sealed, testKey, int64(size), int64(from), int64(to-from))
		if err != nil || !bytes.Equal(got, plain[from:to]) {
			t.Fatalf("[%d:%d] of %d: %d bytes, %v", from, to, size, len(got), err)
		}
	})
}

func sealQuietly(t *rapid.T, plain []byte) []byte {
	var out bytes.Buffer
	w, err := NewWriter(&out, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPropertySwappedBytesAreNeverRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom(sizes).Draw(t, "size")
		sealed := sealQuietly(t, text(size))
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "at")
		sealed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
		if _, err := read(sealed, testKey, int64(size), 0, int64(size)); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d of %d is changed: %v, want ErrCorrupt", at, len(sealed), err)
		}
	})
}

func TestChangedStreamsAreRefused(t *testing.T) {
	const size = 2*Size + 5
	plain := text(size)
	whole := seal(t, plain, Size)
	frame := func(i int) []byte { return whole[i*sealed : min((i+1)*sealed, len(whole))] }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	other := seal(t, text(Size), Size)
	for name, changed := range map[string]struct {
		sealed []byte
		size   int64
	}{
		"frames swapped":              {join(frame(1), frame(0), frame(2)), size},
		"a frame twice":               {join(frame(0), frame(0), frame(2)), size},
		"cut at a frame":              {join(frame(0), frame(1)), 2 * Size},
		"cut within a frame":          {whole[:len(whole)-1], size - 1},
		"only the last":               {frame(2), 5},
		"a frame more":                {join(whole[:2*sealed], other), 3 * Size},
		"bytes more":                  {append(bytes.Clone(whole), 0), size},
		"nothing":                     {nil, 0},
		"another size in the catalog": {whole, size + 1},
		"a negative size":             {whole, -1},
	} {
		length := max(changed.size, 0)
		if got, err := read(changed.sealed, testKey, changed.size, 0, length); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %d bytes, %v; want ErrCorrupt", name, len(got), err)
		}
	}
	if _, err := read(whole, bytes.Repeat([]byte{8}, KeySize), size, 0, size); !errors.Is(err, ErrCorrupt) {
		t.Errorf("another key: %v, want ErrCorrupt", err)
	}
	if _, err := read(whole, testKey[1:], size, 0, size); err == nil {
		t.Error("a key of 31 bytes is taken")
	}
	if _, err := read(whole, testKey, size, size-1, 2); err == nil {
		t.Error("a range beyond the stream is read")
	}
	// An empty range is checked too, at the end as well.
	for _, offset := range []int64{0, size} {
		if _, err := read(whole, bytes.Repeat([]byte{8}, KeySize), size, offset, 0); !errors.Is(err, ErrCorrupt) {
			t.Errorf("an empty range at %d under another key: %v, want ErrCorrupt", offset, err)
		}
		if got, err := read(whole, testKey, size, offset, 0); err != nil || len(got) != 0 {
			t.Errorf("control: an empty range at %d: %d bytes, %v", offset, len(got), err)
		}
	}
}

// A range reads the frames that hold it and no other.
func TestRangeReadsItsFramesAlone(t *testing.T) {
	const size = 5 * Size
	counted := &counter{ReaderAt: bytes.NewReader(seal(t, text(size), Size))}
	r, err := NewReader(counted, SealedSize(size), testKey, size)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r.Range(2*Size+10, Size)); err != nil {
		t.Fatal(err)
	}
	if counted.bytes != 2*sealed {
		t.Errorf("%d bytes were read, want two frames of %d", counted.bytes, sealed)
	}
}

type counter struct {
	io.ReaderAt
	bytes int
}

func (c *counter) ReadAt(p []byte, at int64) (int, error) {
	c.bytes += len(p)
	return c.ReaderAt.ReadAt(p, at)
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriterReportsAFullDisk(t *testing.T) {
	w, err := NewWriter(full{}, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text(3 * Size)); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Write: %v, want the error of the disk", err)
	}
	if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Close: %v, want the error of the disk", err)
	}
}

func BenchmarkRead(b *testing.B) {
	const size = 16 << 20
	sealed := seal(b, text(size), Size)
	r, err := NewReader(bytes.NewReader(sealed), int64(len(sealed)), testKey, size)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		if _, err := io.Copy(io.Discard, r.Range(0, size)); err != nil {
			b.Fatal(err)
		}
	}
}
