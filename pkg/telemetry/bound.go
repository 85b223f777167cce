package telemetry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of what is logged, in bytes: whoever sends a request chooses some of it, and must not fill the log.
const (
	// MaxLine is the most that a record has, its line end included.
	MaxLine = 16 << 10
	// maxText is the most of one text, and maxStack of a stack.
	maxText  = 2 << 10
	maxStack = 8 << 10
	// reach is how far behind its bound a text is read for the end of a word.
	reach = 256
)

// wordEnds are the characters at which no secret goes on, but one in quotes or one of several lines, whose beginning is
// enough to know it by.
const wordEnds = " \t\r\n\"'`<>,;&|(){}[]"

// shorten is Scrub, and leaves at most limit bytes of s, with words that say how many it lacks. Half a secret cannot be
// known as one: a word that does not end within reach behind the limit is left out whole.
func shorten(s string, limit int) string {
	given := len(s)
	if len(s) > limit+reach {
		s = s[:limit+reach]
		s = s[:strings.LastIndexAny(s, wordEnds)+1]
	}
	left := given - len(s)
	s = Scrub(s)
	if len(s) > limit {
		end := limit
		for end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		left, s = left+len(s)-end, s[:end]
	}
	if left == 0 {
		return s
	}
	return fmt.Sprintf("%s... (%d bytes more)", s, left)
}

func limitOf(key string) int {
	if key == "stack" {
		return maxStack
	}
	return maxText
}

// bounded returns line, which is a record with its line end, if it has at most MaxLine bytes. Of a longer one it returns
// the short values, and how many bytes and values it lacks.
func bounded(line []byte) []byte {
	if len(line) <= MaxLine {
		return line
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(line, &whole); err != nil {
		whole = map[string]json.RawMessage{"time": now(), "level": json.RawMessage(`"ERROR"`), "msg": json.RawMessage(`"a record that is no JSON"`)}
	}
	short, room, lacks := map[string]any{}, MaxLine/2, 0
	for _, name := range slices.Concat(joined, slices.Sorted(maps.Keys(whole))) {
		value, ok := whole[name]
		if _, done := short[name]; done || !ok {
			continue
		}
		size := len(name) + len(value) + 4
		if size > maxShort || size > room {
			lacks++
			delete(whole, name) // it is counted once
			continue
		}
		short[name], room = value, room-size
	}
	short["cut"] = map[string]int{"values": lacks, "bytes": len(line)}
	encoded, err := json.Marshal(short)
	if err != nil {
		return nil // raw JSON and numbers always encode
	}
	return append(bytes.TrimSpace(encoded), '\n')
}

// joined are the attributes by which records are read and joined: they stay before others do.
var joined = []string{"time", "level", "msg", "service", "log", "request_id", "caller_request_id", "tenant", "decision", "status"}

// maxShort is what a value may have to stay in a record that is cut; those by which records are joined are shorter.
const maxShort = 400

func now() json.RawMessage {
	return json.RawMessage(time.Now().UTC().Format(`"` + time.RFC3339Nano + `"`))
}
