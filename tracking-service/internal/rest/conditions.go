package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/documents"
)

// checkConditions evaluates the conditions of a request for a document in the order of RFC 9110, section 13.2.2. isNotModified
// reports that the caller has the document. The error is PreconditionFailed. A time that is none counts as not sent.
func checkConditions(h http.Header, found documents.Info) (isNotModified bool, err error) {
	modified := found.Modified.Truncate(time.Second) // as Last-Modified says it
	failed := false
	if tags := h.Values("If-Match"); len(tags) > 0 {
		failed = !hasTag(tags, found.ETag, false)
	} else if since, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil {
		failed = modified.After(since)
	}
	if failed {
		return false, problem.New(problem.PreconditionFailed, "the document is another one")
	}
	if tags := h.Values("If-None-Match"); len(tags) > 0 {
		return hasTag(tags, found.ETag, true), nil
	}
	since, err := http.ParseTime(h.Get("If-Modified-Since"))
	return err == nil && !modified.After(since), nil
}

// hasTag reports whether the lists, each a "*" or ETags with commas between them, have tag, which is no weak one. Of the
// comparisons of RFC 9110, section 8.8.3.2, the weak one takes weak ETags too.
func hasTag(lists []string, tag string, weakly bool) bool {
	rest := strings.Join(lists, ",")
	if strings.TrimSpace(rest) == "*" {
		return true
	}
	for {
		rest = strings.TrimLeft(rest, " \t,")
		text, isWeak := strings.CutPrefix(rest, "W/")
		if !strings.HasPrefix(text, `"`) {
			return false // the end, or no ETag
		}
		opaque, after, isClosed := strings.Cut(text[1:], `"`)
		if !isClosed {
			return false
		}
		if `"`+opaque+`"` == tag && (weakly || !isWeak) {
			return true
		}
		rest = after
	}
}

// section returns the part of the document that the request's Range names, nil for the whole: there is none, or If-Range names
// another document. The error is Invalid for more than one range, and RangeNotSatisfiable for one that begins behind the end.
func section(h http.Header, found documents.Info) (*documents.Section, error) {
	ranges := h.Values("Range")
	if len(ranges) == 0 || !isSame(h.Get("If-Range"), found) {
		return nil, nil
	}
	from, to, isRange := strings.Cut(strings.TrimPrefix(ranges[0], "bytes="), "-")
	first, errFirst := strconv.ParseInt(from, 10, 64)
	last, errLast := strconv.ParseInt(to, 10, 64)
	switch {
	case from == "" && errLast == nil: // the last bytes
		first, last = max(found.Size-last, 0), found.Size-1
		if to == "0" {
			first = found.Size
		}
	case to == "" && errFirst == nil:
		last = found.Size - 1
	case errFirst != nil, errLast != nil, last < first:
		isRange = false
	}
	if len(ranges) > 1 || !isRange {
		return nil, problem.InvalidField("Range", "must be one range of bytes, such as bytes=0-1023")
	}
	if first >= found.Size {
		return nil, problem.New(problem.RangeNotSatisfiable, "the document ends before the range begins")
	}
	return &documents.Section{First: first, Last: min(last, found.Size-1)}, nil
}

// isSame reports whether the document is the one that an If-Range names: RFC 9110, section 13.1.5. Empty names any.
func isSame(ifRange string, found documents.Info) bool {
	if ifRange == "" || ifRange == found.ETag {
		return true
	}
	at, err := http.ParseTime(ifRange)
	return err == nil && at.Equal(found.Modified.Truncate(time.Second))
}
