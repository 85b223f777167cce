package scrub

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// reach is how far behind a limit Text looks for the end of a word, in bytes.
const reach = 256

// ends are the characters at which no secret goes on, but one in quotes or one of several lines, whose beginning is enough
// to know it by.
const ends = " \t\r\n\"'`<>,;&|(){}[]"

// Text returns s without secrets, and at most limit bytes of it as JSON writes them. left is how many bytes of s were left
// out because of the limit; then the text ends in words that say so, which take up to 32 bytes more. Half a secret cannot
// be known as one: a word that does not end within reach behind the limit is left out whole.
func Text(s string, limit int) (short string, left int) {
	whole := s
	if len(s) > limit+reach {
		s = s[:limit+reach]
		s = s[:strings.LastIndexAny(s, ends)+1]
	}
	seen := len(s)
	s = Secrets(s)
	if n := fits(s, limit); n < len(s) {
		left, s = len(s)-n, s[:n]
	}
	if left += len(whole) - seen; left == 0 {
		return s, 0
	}
	return fmt.Sprintf("%s... (%d bytes more)", s, left), left
}

// fits is how many bytes of s, whole characters, take at most limit bytes as JSON.
func fits(s string, limit int) int {
	if len(s) <= limit/mostOfByte {
		return len(s)
	}
	size := 0
	for i, r := range s {
		if size += jsonSize(r); size > limit {
			return i
		}
	}
	return len(s)
}

// mostOfByte is the most that one byte of a text takes in JSON.
const mostOfByte = 6

// jsonSize is how many bytes a character takes in a JSON text; one that is not UTF-8 is replaced by U+FFFD.
func jsonSize(r rune) int {
	switch {
	case r == '"' || r == '\\' || r == '\b' || r == '\f' || r == '\n' || r == '\r' || r == '\t':
		return 2
	case r < ' ':
		return mostOfByte
	}
	return utf8.RuneLen(r)
}
