// Package frames keeps a stream encrypted in frames of 64 KiB, so that a part of it is read without the rest. It refuses whatever was
// changed, moved, cut off or added: each frame is sealed with its number, and the last one with a mark.
//
// A frame is AES-256-GCM over up to Size bytes. Its nonce is its number and the mark (the STREAM construction of Hoang, Reyhanitabar,
// Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance"), so a key must be used for one stream
// alone. An empty stream is one empty frame.
package frames

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Sizes in bytes.
const (
	Size     = 64 << 10 // of a frame's plaintext; the last one may have fewer
	KeySize  = 32
	overhead = 16 // of GCM's tag
	sealed   = Size + overhead
)

// ErrCorrupt is a stream that is not what was written.
var ErrCorrupt = errors.New("frames: the stream is not what was written")

// SealedSize is how many bytes a stream of n bytes has once it is sealed.
func SealedSize(n int64) int64 {
	if n == 0 {
		return overhead
	}
	return n + (n+Size-1)/Size*overhead
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("frames: a key of %d bytes, want %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// nonce is unique for each frame of a stream, and for the same frame as the last one.
func nonce(number int64, last bool) []byte {
	n := make([]byte, 12)
	binary.BigEndian.PutUint64(n[3:11], uint64(number))
	if last {
		n[11] = 1
	}
	return n
}

// Writer seals what is written to it. It is not safe for concurrent use.
type Writer struct {
	to     io.Writer
	aead   cipher.AEAD
	number int64
	plain  []byte // of the frame that is not sealed yet: it may be the last
	out    []byte
	err    error
}

// NewWriter returns a Writer that writes sealed frames to w. key has KeySize bytes and was never used before.
func NewWriter(w io.Writer, key []byte) (*Writer, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	return &Writer{to: w, aead: aead, plain: make([]byte, 0, Size), out: make([]byte, 0, sealed)}, nil
}

// Write takes p. An error of the underlying writer is returned from then on.
func (w *Writer) Write(p []byte) (n int, err error) {
	for w.err == nil && len(p) > 0 {
		if len(w.plain) == Size {
			w.seal(false)
			continue
		}
		taken := min(Size-len(w.plain), len(p))
		w.plain = append(w.plain, p[:taken]...)
		p, n = p[taken:], n+taken
	}
	return n, w.err
}

// Close seals the last frame. Without it the stream is cut off, and no Reader takes it. It does not close the underlying writer.
func (w *Writer) Close() error {
	if w.err == nil {
		w.seal(true)
	}
	if w.err == nil {
		w.err = errors.New("frames: write to a closed stream")
		return nil
	}
	return w.err
}

func (w *Writer) seal(last bool) {
	w.out = w.aead.Seal(w.out[:0], nonce(w.number, last), w.plain, nil)
	_, w.err = w.to.Write(w.out)
	w.number, w.plain = w.number+1, w.plain[:0]
}

// Reader reads parts of a sealed stream. It is safe for concurrent use where the underlying io.ReaderAt is.
type Reader struct {
	from io.ReaderAt
	aead cipher.AEAD
	size int64
}

// NewReader returns a Reader of a stream of size bytes, of which sealedSize are there. ErrCorrupt where these do not fit.
func NewReader(r io.ReaderAt, sealedSize int64, key []byte, size int64) (*Reader, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	if size < 0 || sealedSize != SealedSize(size) {
		return nil, ErrCorrupt
	}
	return &Reader{from: r, aead: aead, size: size}, nil
}

// Range reads the length bytes from offset on. Both must be within the stream. Only the frames that hold them are read.
func (r *Reader) Range(offset, length int64) io.Reader {
	if offset < 0 || length < 0 || offset > r.size || length > r.size-offset {
		return &part{err: errors.New("frames: a range beyond the stream")}
	}
	return &part{Reader: r, offset: offset, rest: length, sealed: make([]byte, 0, sealed), check: true}
}

// part is a range that is being read.
type part struct {
	*Reader
	offset, rest int64
	sealed       []byte // where frames are read to, and opened in place
	plain        []byte // opened, and not handed out yet
	check        bool   // no frame was opened yet: even an empty range opens one
	err          error
}

func (p *part) Read(into []byte) (int, error) {
	if p.err == nil && len(p.plain) == 0 && (p.rest > 0 || p.check) {
		p.err = p.next()
	}
	if p.err != nil {
		return 0, p.err
	}
	if len(p.plain) == 0 {
		return 0, io.EOF
	}
	n := copy(into, p.plain)
	p.plain = p.plain[n:]
	return n, nil
}

// next opens the frame at offset.
func (p *part) next() error {
	p.check = false
	number, last := p.offset/Size, max(p.size-1, 0)/Size
	number = min(number, last) // the end of the stream
	size := int64(Size)
	if number == last {
		size = p.size - number*Size
	}
	frame := p.sealed[:size+overhead]
	if n, err := p.from.ReadAt(frame, number*sealed); n < len(frame) {
		if err == io.EOF {
			return ErrCorrupt
		}
		return err
	}
	plain, err := p.aead.Open(frame[:0], nonce(number, number == last), frame, nil)
	if err != nil {
		return ErrCorrupt
	}
	plain = plain[p.offset-number*Size:]
	p.plain = plain[:min(p.rest, int64(len(plain)))]
	p.offset, p.rest = p.offset+int64(len(p.plain)), p.rest-int64(len(p.plain))
	return nil
}
