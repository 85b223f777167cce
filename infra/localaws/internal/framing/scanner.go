package framing

import (
	"bytes"
	"strconv"
)

// scanner follows the requests of one connection, one behind the other, without keeping them. A request with a
// Transfer-Encoding must be the last of its connection: its end is not looked for.
type scanner struct {
	refused error // why a request is not to be read; nothing more is scanned
	last    bool  // what follows is the body of a request with a Transfer-Encoding

	body     int64  // bytes of a body that are still to come
	line     []byte // the beginning of a line of the header, up to maxLine bytes
	inHeader bool   // the request line was read
	lines    int    // of the header, without the request line

	length   int64 // of the Content-Length; -1: there is none
	encoded  bool  // there is a Transfer-Encoding
	http10   bool
	overlong bool // the line is longer than maxLine
	tail     [8]byte
}

// maxLine is enough for the names of the headers that count and for a length.
const maxLine = 64

// scan takes the next bytes of the connection, and returns how many of them are to be read.
func (s *scanner) scan(p []byte) int {
	for i := 0; i < len(p) && !s.last; {
		if s.body > 0 {
			skipped := min(s.body, int64(len(p)-i))
			s.body -= skipped
			i += int(skipped)
			continue
		}
		length := bytes.IndexByte(p[i:], '\n')
		if length < 0 {
			s.add(p[i:])
			break
		}
		s.add(p[i : i+length])
		i += length
		if s.endLine(); s.refused != nil {
			return i
		}
		i++
	}
	return len(p)
}

// add takes a part of a line.
func (s *scanner) add(part []byte) {
	n := min(len(part), len(s.tail))
	copy(s.tail[:], s.tail[n:])
	copy(s.tail[len(s.tail)-n:], part[len(part)-n:])
	kept := min(len(part), maxLine-len(s.line))
	s.line = append(s.line, part[:kept]...)
	s.overlong = s.overlong || kept < len(part)
}

func (s *scanner) endLine() {
	line := bytes.TrimSuffix(s.line, []byte("\r"))
	switch {
	case len(line) == 0 && !s.inHeader: // a line end before a request: RFC 9112 section 2.2
	case len(line) == 0 && !s.overlong:
		s.endHeader()
	case !s.inHeader:
		*s = scanner{line: s.line, inHeader: true, length: -1, http10: bytes.Contains(s.tail[:], []byte("/1.0"))}
	case line[0] == ' ' || line[0] == '\t':
		s.refused = ErrAmbiguous
	case s.lines == MaxLines:
		s.refused = ErrTooManyLines
	default:
		s.field(line)
	}
	s.line, s.overlong = s.line[:0], false
}

func (s *scanner) field(line []byte) {
	s.lines++
	name, value, _ := bytes.Cut(line, []byte(":"))
	switch {
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		s.encoded = true
	case bytes.EqualFold(name, []byte("Content-Length")):
		length, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 63)
		if err != nil || s.overlong || s.length >= 0 && s.length != int64(length) {
			s.refused = ErrAmbiguous
		}
		s.length = int64(length)
	}
}

func (s *scanner) endHeader() {
	if s.encoded && (s.length >= 0 || s.http10) {
		s.refused = ErrAmbiguous
	}
	s.last = s.encoded
	s.body, s.inHeader = max(s.length, 0), false
}
