package rest_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/openapi/openapitest"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/documents"
)

const pod = "/shipments/1001/documents/pod.pdf"

// put stores a document as a user of tenant.
func (s *service) put(tenant, target, contentType, content string, header ...string) openapitest.Answer {
	s.t.Helper()
	lines := append([]string{s.bearer(tenant), "Content-Type: " + contentType, fmt.Sprintf("Content-Length: %d", len(content))}, header...)
	return s.raw(http.MethodPut, target, append(lines, "", content)...)
}

// withPod is a service whose tenants yellow and blue have different documents of one name.
func withPod(t *testing.T) *service {
	s := start(t)
	for _, owner := range []string{"yellow", "blue"} {
		if a := s.put(owner, pod, "application/pdf", "%PDF of "+owner); a.StatusCode != http.StatusCreated {
			t.Fatalf("put as %s: %d %s", owner, a.StatusCode, a.Content)
		}
	}
	return s
}

func TestDocumentIsAnsweredAsItWasStored(t *testing.T) {
	s := start(t)
	a := s.put("yellow", pod, "application/pdf", "0123456789")
	etag := strings.ReplaceAll(infoOf(pod, file{"", []byte("0123456789")}).ETag, `"`, `\"`)
	if want := `{"name":"pod.pdf","contentType":"application/pdf","size":10,"etag":"` + etag + `"}`; a.StatusCode != http.StatusCreated || !equalJSON(t, a.Content, want) {
		t.Errorf("put: %d %s, want 201 %s", a.StatusCode, a.Content, want)
	}
	a = s.get("yellow", pod)
	for name, want := range map[string]string{
		"Content-Type": "application/pdf", "Content-Length": "10", "Etag": infoOf(pod, file{"", []byte("0123456789")}).ETag, "Accept-Ranges": "bytes",
		"Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT", "Content-Disposition": `attachment; filename="pod.pdf"`, "X-Content-Type-Options": "nosniff",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if a.StatusCode != http.StatusOK || string(a.Content) != "0123456789" {
		t.Errorf("get: %d %s", a.StatusCode, a.Content)
	}
	list := s.get("yellow", "/shipments/1001/documents")
	if want := `{"documents":[{"name":"pod.pdf","contentType":"application/pdf","size":10,"etag":"` + etag + `","lastModified":"2026-03-01T12:00:00.0000005Z"}],"truncated":false}`; !equalJSON(t, list.Content, want) {
		t.Errorf("list: %s\nwant %s", list.Content, want)
	}
	if list := s.get("yellow", "/shipments/1002/documents"); !equalJSON(t, list.Content, `{"documents":[],"truncated":false}`) {
		t.Errorf("a shipment without documents: %d %s", list.StatusCode, list.Content)
	}
}

func TestHeadOfADocumentHasItsHeaderAlone(t *testing.T) {
	s := withPod(t)
	a := s.raw(http.MethodHead, pod, s.bearer("yellow"))
	if a.StatusCode != http.StatusOK || a.Header.Get("Content-Length") != "14" || len(a.Content) != 0 || s.archive.read.Len() != 0 {
		t.Errorf("%d %v %q, %d bytes read", a.StatusCode, a.Header, a.Content, s.archive.read.Len())
	}
}

func TestRangesAndConditions(t *testing.T) {
	s := start(t)
	s.put("yellow", pod, "application/pdf", "0123456789")
	tag := infoOf(pod, file{"", []byte("0123456789")}).ETag
	const before, at, after = "Sun, 01 Mar 2026 11:59:59 GMT", "Sun, 01 Mar 2026 12:00:00 GMT", "Sun, 01 Mar 2026 12:00:01 GMT"
	for _, tc := range []struct {
		header  []string
		status  int
		content string // or the Content-Range of a 416
	}{
		{[]string{"Range: bytes=2-4"}, 206, "234"},
		{[]string{"Range: bytes=0-0"}, 206, "0"},
		{[]string{"Range: bytes=7-"}, 206, "789"},
		{[]string{"Range: bytes=-3"}, 206, "789"},
		{[]string{"Range: bytes=-99"}, 206, "0123456789"},
		{[]string{"Range: bytes=8-99"}, 206, "89"},
		{[]string{"Range: bytes=10-"}, 416, "bytes */10"},
		{[]string{"Range: bytes=-0"}, 416, "bytes */10"},
		{[]string{"Range: bytes=4-2"}, 400, ""},
		{[]string{"Range: bytes=0-1,4-5"}, 400, ""},
		{[]string{"Range: bytes=0-1", "Range: bytes=4-5"}, 400, ""},
		{[]string{"Range: lines=0-1"}, 400, ""},
		{[]string{"Range: bytes=-"}, 400, ""},
		{[]string{"Range: bytes=0-9223372036854775808"}, 400, ""},
		{[]string{"If-Match: " + tag}, 200, "0123456789"},
		{[]string{"If-Match: *"}, 200, "0123456789"},
		{[]string{`If-Match: "x", ` + tag}, 200, "0123456789"},
		{[]string{`If-Match: "x"`, "If-Match: " + tag}, 200, "0123456789"},
		{[]string{`If-Match: "x"`}, 412, ""},
		{[]string{"If-Match: W/" + tag}, 412, ""},
		{[]string{"If-Match: nonsense"}, 412, ""},
		{[]string{"If-Match:"}, 412, ""},
		{[]string{"If-None-Match: " + tag}, 304, ""},
		{[]string{"If-None-Match: W/" + tag}, 304, ""},
		{[]string{`If-None-Match: "x,y" , ` + tag}, 304, ""},
		{[]string{"If-None-Match: *"}, 304, ""},
		{[]string{`If-None-Match: "x"`}, 200, "0123456789"},
		{[]string{`If-None-Match: "x`}, 200, "0123456789"},
		{[]string{"If-Modified-Since: " + at}, 304, ""},
		{[]string{"If-Modified-Since: " + before}, 200, "0123456789"},
		{[]string{"If-Modified-Since: nonsense"}, 200, "0123456789"},
		{[]string{`If-None-Match: "x"`, "If-Modified-Since: " + at}, 200, "0123456789"},
		{[]string{"If-Unmodified-Since: " + at}, 200, "0123456789"},
		{[]string{"If-Unmodified-Since: " + before}, 412, ""},
		{[]string{"If-Match: " + tag, "If-Unmodified-Since: " + before}, 200, "0123456789"},
		{[]string{"If-Match: " + tag, "If-None-Match: " + tag}, 304, ""},
		{[]string{"Range: bytes=2-4", "If-Range: " + tag}, 206, "234"},
		{[]string{"Range: bytes=2-4", "If-Range: " + at}, 206, "234"},
		{[]string{"Range: bytes=2-4", `If-Range: "x"`}, 200, "0123456789"},
		{[]string{"Range: bytes=2-4", "If-Range: W/" + tag}, 200, "0123456789"},
		{[]string{"Range: bytes=2-4", "If-Range: " + after}, 200, "0123456789"},
		{[]string{"Range: bytes=2-4", "If-None-Match: " + tag}, 304, ""},
		{[]string{"Range: bytes=99-", "If-Match: *"}, 416, "bytes */10"},
	} {
		opened := s.archive.opened
		a := s.raw(http.MethodGet, pod, append(tc.header, s.bearer("yellow"))...)
		got := string(a.Content)
		switch {
		case tc.status == 416:
			got = a.Header.Get("Content-Range")
		case tc.status >= 400:
			got = ""
		}
		if a.StatusCode != tc.status || got != tc.content || (s.archive.opened > opened) != (tc.status < 300) {
			t.Errorf("%v: %d %q, want %d %q", tc.header, a.StatusCode, a.Content, tc.status, tc.content)
		}
		if tc.status == 304 && a.Header.Get("Etag") != tag {
			t.Errorf("%v: no ETag in the 304", tc.header)
		}
	}
	if a := s.raw(http.MethodGet, pod, "Range: bytes=-3", s.bearer("yellow")); a.Header.Get("Content-Range") != "bytes 7-9/10" || a.Header.Get("Content-Length") != "3" {
		t.Errorf("the range is said to be %v", a.Header)
	}
}

func TestForeignDocumentIsAnsweredAsOneThatNobodyHas(t *testing.T) {
	s := withPod(t)
	s.put("yellow", "/shipments/1002/documents/own.pdf", "application/pdf", "x")
	for _, pair := range [][2]string{
		{"/shipments/1002/documents/own.pdf", "/shipments/9999/documents/own.pdf"},
		{"/shipments/1002/documents/own.pdf", "/shipments/1001/documents/none.pdf"},
		{"/shipments/1002/documents", "/shipments/9999/documents"},
	} {
		foreign, nobodys := s.get("blue", pair[0]), s.get("blue", pair[1])
		if foreign.StatusCode != http.StatusNotFound || nobodys.StatusCode != http.StatusNotFound || string(foreign.Content) != string(nobodys.Content) {
			t.Errorf("%s: %d %s; %s: %d %s; want the same 404", pair[0], foreign.StatusCode, foreign.Content, pair[1], nobodys.StatusCode, nobodys.Content)
		}
		for _, h := range []http.Header{foreign.Header, nobodys.Header} {
			h.Del("Date")
			h.Del("X-Request-Id")
		}
		if !reflect.DeepEqual(foreign.Header, nobodys.Header) {
			t.Errorf("the headers differ:\n%v\n%v", foreign.Header, nobodys.Header)
		}
		if own := s.get("yellow", pair[0]); own.StatusCode != http.StatusOK {
			t.Errorf("yellow's own %s: %d", pair[0], own.StatusCode)
		}
	}
	foreign, nobodys := s.put("blue", "/shipments/1002/documents/a.pdf", "application/pdf", "x"), s.put("blue", "/shipments/9999/documents/a.pdf", "application/pdf", "x")
	if foreign.StatusCode != http.StatusNotFound || string(foreign.Content) != string(nobodys.Content) {
		t.Errorf("put into another's shipment: %d %s; nobody's: %s", foreign.StatusCode, foreign.Content, nobodys.Content)
	}
	for _, owner := range []string{"yellow", "blue"} {
		if a := s.get(owner, pod); string(a.Content) != "%PDF of "+owner {
			t.Errorf("%s gets %s", owner, a.Content)
		}
	}
}

func TestWhatIsNotStoredIsSaidBeforeItIsRead(t *testing.T) {
	s := start(t)
	for name, tc := range map[string]struct {
		header []string
		want   int
	}{
		"another type":        {[]string{"Content-Type: text/html", "Content-Length: 5"}, 415},
		"no type":             {[]string{"Content-Length: 5"}, 415},
		"encoded":             {[]string{"Content-Type: application/pdf", "Content-Encoding: gzip", "Content-Length: 5"}, 415},
		"no length":           {[]string{"Content-Type: application/pdf"}, 411},
		"chunked":             {[]string{"Content-Type: application/pdf", "Transfer-Encoding: chunked"}, 411},
		"a byte too many":     {[]string{"Content-Type: application/pdf", fmt.Sprintf("Content-Length: %d", maxDocument+1)}, 413},
		"empty":               {[]string{"Content-Type: application/pdf", "Content-Length: 0"}, 400},
		"If-Match":            {[]string{"Content-Type: application/pdf", "Content-Length: 5", "If-Match: *"}, 400},
		"a part":              {[]string{"Content-Type: application/pdf", "Content-Length: 5", "Content-Range: bytes 0-4/10"}, 400},
		"If-None-Match a tag": {[]string{"Content-Type: application/pdf", "Content-Length: 5", `If-None-Match: "x"`}, 400},
	} {
		// The body is not sent: who waits for it would not answer.
		if a := s.raw(http.MethodPut, pod, append(tc.header, s.bearer("yellow"))...); a.StatusCode != tc.want || a.Problem(t).Status != tc.want {
			t.Errorf("%s: %d %s, want %d", name, a.StatusCode, a.Content, tc.want)
		}
	}
	if len(s.archive.files) != 0 {
		t.Errorf("stored: %v", s.archive.files)
	}
	if a := s.put("yellow", pod, "image/png", strings.Repeat("x", maxDocument)); a.StatusCode != http.StatusCreated {
		t.Errorf("the control: %d %s", a.StatusCode, a.Content)
	}
}

func TestOnlyNewIsRefusedWhereThereIsOne(t *testing.T) {
	s := start(t)
	for i, want := range []int{http.StatusCreated, http.StatusPreconditionFailed} {
		if a := s.put("yellow", pod, "application/pdf", fmt.Sprint("version ", i), "If-None-Match: *"); a.StatusCode != want {
			t.Errorf("put %d: %d %s, want %d", i, a.StatusCode, a.Content, want)
		}
	}
	if a := s.get("yellow", pod); string(a.Content) != "version 0" {
		t.Errorf("stored is %s", a.Content)
	}
	if a := s.put("yellow", pod, "application/pdf", "version 2"); a.StatusCode != http.StatusCreated || string(s.get("yellow", pod).Content) != "version 2" {
		t.Errorf("without the condition: %d %s", a.StatusCode, a.Content)
	}
}

func TestDocumentThatIsReplacedWhileItIsReadIsReadAnew(t *testing.T) {
	s := withPod(t)
	versions := 0
	s.archive.replace = func() {
		if versions++; versions < 3 {
			s.archive.files["yellow/1001/pod.pdf"] = file{documents.PDF, fmt.Append(nil, "version ", versions)}
		}
	}
	if a := s.get("yellow", pod); a.StatusCode != http.StatusOK || string(a.Content) != "version 2" {
		t.Errorf("%d %s, want the version that stands", a.StatusCode, a.Content)
	}
	s.archive.replace = func() {
		versions++
		s.archive.files["yellow/1001/pod.pdf"] = file{documents.PDF, fmt.Append(nil, "version ", versions)}
	}
	if a := s.get("yellow", pod); a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one that is always replaced: %d %s, want 503", a.StatusCode, a.Content)
	}
}

func TestFailuresOfTheDocumentsAreTheirOwn(t *testing.T) {
	s := withPod(t)
	s.archive.err = problem.WrapUnavailable(errors.New("secret"), "the documents are not reachable", 2*time.Second)
	for _, a := range []openapitest.Answer{s.get("yellow", pod), s.get("yellow", "/shipments/1001/documents"), s.put("yellow", pod, "application/pdf", "x")} {
		if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "2" || strings.Contains(string(a.Content), "secret") {
			t.Errorf("%d %v %s, want 503 with Retry-After", a.StatusCode, a.Header, a.Content)
		}
	}
	if a := s.get("yellow", "/shipments/1001/eta"); a.StatusCode != http.StatusOK {
		t.Errorf("the ETA: %d %s", a.StatusCode, a.Content)
	}
}

// TestEachGateClosesWhatItGuards: whether the tenant has the shipment is asked for lists and puts.
func TestEachGateClosesWhatItGuards(t *testing.T) {
	s := withPod(t)
	why := problem.WrapUnavailable(errors.New("secret"), "not ready", time.Second)
	ask := func() (statuses []int) {
		for _, a := range []openapitest.Answer{
			s.get("yellow", "/shipments/1001/eta"), s.get("yellow", pod), s.get("yellow", "/shipments/1001/documents"), s.put("yellow", pod, "application/pdf", "x"),
		} {
			statuses = append(statuses, a.StatusCode)
		}
		return statuses
	}
	for _, tc := range []struct {
		closed, shut *problem.Error
		want         []int
	}{
		{nil, nil, []int{200, 200, 200, 201}},
		{why, nil, []int{503, 200, 503, 503}},
		{nil, why, []int{200, 503, 503, 503}},
	} {
		s.closed.Store(tc.closed)
		s.shut.Store(tc.shut)
		if got := ask(); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("shipments closed %v, documents %v: %v, want %v", tc.closed, tc.shut, got, tc.want)
		}
	}
}
