package conditional

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

func TestRanges(t *testing.T) {
	whole := func(size int64) Range { return Range{0, size} }
	for _, tc := range []struct {
		header  string
		size    int64
		want    Range
		partial bool
		err     error
	}{
		{"", 10, whole(10), false, nil},
		{"bytes=0-4", 10, Range{0, 5}, true, nil},
		{"bytes=5-5", 10, Range{5, 1}, true, nil},
		{"bytes=5-", 10, Range{5, 5}, true, nil},
		{"bytes=0-", 10, whole(10), true, nil},
		{"bytes=5-99", 10, Range{5, 5}, true, nil},
		{"bytes=5-99999999999999999999", 10, Range{5, 5}, true, nil},
		{"bytes=-3", 10, Range{7, 3}, true, nil},
		{"bytes=-30", 10, whole(10), true, nil},
		{"bytes=-99999999999999999999", 10, whole(10), true, nil},
		{"bytes=9-9", 10, Range{9, 1}, true, nil},
		{"bytes=10-", 10, Range{}, false, ErrRange},
		{"bytes=99999999999999999999-", 10, Range{}, false, ErrRange},
		{"bytes=-0", 10, Range{}, false, ErrRange},
		{"bytes=0-", 0, Range{}, false, ErrRange},
		{"bytes=-1", 0, Range{}, false, ErrRange},
		{"bytes=5-4", 10, whole(10), false, nil},
		{"bytes=0-1,3-4", 10, whole(10), false, nil},
		{"bytes=-", 10, whole(10), false, nil},
		{"bytes=+1-2", 10, whole(10), false, nil},
		{"bytes= 1-2", 10, whole(10), false, nil},
		{"bytes=1--2", 10, whole(10), false, nil},
		{"items=0-1", 10, whole(10), false, nil},
	} {
		got, partial, err := ParseRange(tc.header, tc.size)
		if got != tc.want || partial != tc.partial || !errors.Is(err, tc.err) {
			t.Errorf("%q of %d: %v %v %v, want %v %v %v", tc.header, tc.size, got, partial, err, tc.want, tc.partial, tc.err)
		}
	}
	if got := (Range{5, 5}).ContentRange(10); got != "bytes 5-9/10" {
		t.Errorf("Content-Range %q", got)
	}
}

func TestConditions(t *testing.T) {
	const etag = `"e1"`
	modified := time.Date(2026, 3, 1, 12, 0, 0, 999, time.UTC)
	same, before, after := modified.Format(http.TimeFormat), modified.Add(-time.Hour).Format(http.TimeFormat), modified.Add(time.Hour).Format(http.TimeFormat)
	for _, tc := range []struct {
		name string
		h    map[string]string
		want Verdict
	}{
		{"none", nil, Go},
		{"the tag", map[string]string{"If-Match": etag}, Go},
		{"the tag without quotes", map[string]string{"If-Match": "e1"}, Go},
		{"any tag", map[string]string{"If-Match": "*"}, Go},
		{"one of tags", map[string]string{"If-Match": `"e0", "e1"`}, Go},
		{"another tag", map[string]string{"If-Match": `"e0"`}, Failed},
		{"the tag, and modified", map[string]string{"If-Match": etag, "If-Unmodified-Since": before}, Go},
		{"modified since", map[string]string{"If-Unmodified-Since": before}, Failed},
		{"not modified since", map[string]string{"If-Unmodified-Since": same}, Go},
		{"known", map[string]string{"If-None-Match": etag}, NotModified},
		{"known, a weak tag", map[string]string{"If-None-Match": `W/"e1"`}, Go},
		{"not known, and not modified", map[string]string{"If-None-Match": `"e0"`, "If-Modified-Since": after}, Go},
		{"not modified", map[string]string{"If-Modified-Since": same}, NotModified},
		{"modified", map[string]string{"If-Modified-Since": before}, Go},
		{"no date", map[string]string{"If-Modified-Since": "yesterday", "If-Unmodified-Since": "now"}, Go},
		{"matched and known", map[string]string{"If-Match": etag, "If-None-Match": etag}, NotModified},
	} {
		h := http.Header{}
		for name, value := range tc.h {
			h.Set(name, value)
		}
		if got := Read(h, etag, modified); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	for _, tc := range []struct {
		name, header, value, etag string
		want                      Verdict
	}{
		{"make, absent", "If-None-Match", "*", "", Go},
		{"make, there", "If-None-Match", "*", etag, Failed},
		{"replace, the same", "If-Match", etag, etag, Go},
		{"replace, another", "If-Match", `"e0"`, etag, Failed},
		{"replace, absent", "If-Match", "*", "", Failed},
	} {
		if got := Write(http.Header{tc.header: {tc.value}}, tc.etag); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func FuzzParseRange(f *testing.F) {
	f.Add("bytes=0-4", int64(10))
	f.Add("bytes=-3", int64(10))
	f.Add("bytes=9223372036854775807-", int64(1))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		r, partial, err := ParseRange(header, size)
		if err == nil && (r.Offset < 0 || r.Length < 0 || r.Offset+r.Length > size || partial && r.Length == 0) {
			t.Errorf("%q of %d: %+v", header, size, r)
		}
	})
}
