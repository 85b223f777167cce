// Package conditional decides ranges and conditions of requests for objects: RFC 9110, sections 13 and 14, as the S3 API Reference,
// GetObject and PutObject, narrows them. It refuses ranges that an object does not have; what it cannot read it ignores, as RFC 9110 asks.
package conditional

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrRange is a range that the object does not have: 416 InvalidRange.
var ErrRange = errors.New("conditional: the object does not have this range")

// Range is a part of an object, in bytes.
type Range struct{ Offset, Length int64 }

// ContentRange is the header of an answer with r, of an object of size bytes.
func (r Range) ContentRange(size int64) string {
	return "bytes " + strconv.FormatInt(r.Offset, 10) + "-" + strconv.FormatInt(r.Offset+r.Length-1, 10) + "/" + strconv.FormatInt(size, 10)
}

// ParseRange reads the header Range for an object of size bytes. partial is false where the whole object is to be answered: without the
// header, for another unit, for what is no range, and for several ranges, which S3 does not serve.
func ParseRange(header string, size int64) (r Range, partial bool, err error) {
	whole := Range{0, size}
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return whole, false, nil
	}
	first, last, ok := strings.Cut(spec, "-")
	from, hasFrom := position(first)
	to, hasTo := position(last)
	if !ok || first != "" && !hasFrom || last != "" && !hasTo || !hasFrom && !hasTo {
		return whole, false, nil
	}
	switch {
	case !hasFrom: // the last bytes
		n := min(to, size)
		if n == 0 {
			return Range{}, false, ErrRange
		}
		return Range{size - n, n}, true, nil
	case hasTo && to < from:
		return whole, false, nil
	case from >= size:
		return Range{}, false, ErrRange
	case !hasTo:
		to = size - 1
	}
	return Range{from, min(to, size-1) - from + 1}, true, nil
}

// position reads digits alone. A number beyond all objects is the greatest one.
func position(text string) (n int64, ok bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 1<<63 - 2, true
	}
	return n, true
}

// Verdict is what the conditions of a request say.
type Verdict int

// The verdicts.
const (
	Go          Verdict = iota
	NotModified         // 304, of a reading request
	Failed              // 412 PreconditionFailed
)

// Read evaluates the conditions of a GET or HEAD for an object. If-Match goes before If-Unmodified-Since, and If-None-Match before
// If-Modified-Since: the one behind is not looked at where the one before is there (RFC 9110, section 13.2.2).
func Read(h http.Header, etag string, modified time.Time) Verdict {
	modified = modified.Truncate(time.Second)
	if match := h.Get("If-Match"); match != "" {
		if !matches(match, etag) {
			return Failed
		}
	} else if since, ok := date(h.Get("If-Unmodified-Since")); ok && modified.After(since) {
		return Failed
	}
	if match := h.Get("If-None-Match"); match != "" {
		if matches(match, etag) {
			return NotModified
		}
	} else if since, ok := date(h.Get("If-Modified-Since")); ok && !modified.After(since) {
		return NotModified
	}
	return Go
}

// Write evaluates the conditions of a PUT or DELETE; etag is that of the object that is there, empty where there is none. If-Match for what
// is not there fails here: the caller answers 404 NoSuchKey for it, as S3 does.
func Write(h http.Header, etag string) Verdict {
	if match := h.Get("If-Match"); match != "" && (etag == "" || !matches(match, etag)) {
		return Failed
	}
	if match := h.Get("If-None-Match"); match != "" && etag != "" && matches(match, etag) {
		return Failed
	}
	return Go
}

// matches reports whether a list of entity tags has etag, whose quotes clients may leave out. A weak tag is none of S3's.
func matches(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.Trim(one, `"`) == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}

func date(text string) (time.Time, bool) {
	at, err := http.ParseTime(text)
	return at, err == nil
}
