package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// facts are what an answer says, by name: status, code, the headers that matter, and each text of a document by its path. What each
// endpoint makes up, such as ids and times, is said in one word.
type facts map[string]string

// compared are the headers that matter, beside those of metadata, checksums and encryption.
var compared = []string{
	"Etag", "Last-Modified", "Content-Type", "Content-Range", "Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Encoding",
	"Content-Language", "Expires", "Location", "X-Amz-Delete-Marker", "X-Amz-Version-Id", "X-Amz-Bucket-Region", "X-Amz-Mp-Parts-Count",
	"X-Amz-Copy-Source-Version-Id",
}

var comparedPrefixes = []string{"X-Amz-Meta-", "X-Amz-Checksum-", "X-Amz-Server-Side-Encryption"}

// factsOf reads an answer to a request of method; known are words for what the endpoint made up before.
func factsOf(t testing.TB, method string, a answer, known *strings.Replacer) facts {
	t.Helper()
	f := facts{"status": strconv.Itoa(a.status)}
	isError := a.status >= http.StatusBadRequest
	for name, values := range a.header {
		if name == "Content-Type" && (isError || method != http.MethodGet && method != http.MethodHead) {
			continue // nobody reads it
		}
		if isHeaderCompared(name) {
			f[strings.ToLower(name)] = worded(known.Replace(strings.Join(values, ", ")))
		}
	}
	if method == http.MethodHead && a.header.Get("Etag") != "" {
		f["content-length"] = a.header.Get("Content-Length")
	}
	if len(a.body) == 0 {
		return f
	}
	switch {
	case strings.HasPrefix(string(a.body), "{"):
		var v any
		if err := json.Unmarshal(a.body, &v); err != nil {
			t.Fatalf("%v: %s", err, a.body)
		}
		addJSON(f, "", v, known)
	case strings.HasPrefix(strings.TrimSpace(string(a.body)), "<"):
		addXML(t, f, a.body, known)
	default:
		f["body"] = fmt.Sprintf("%d bytes, %s", len(a.body), digest(a.body))
	}
	if isError {
		for name := range f {
			if name != "status" && name != "code" {
				delete(f, name)
			}
		}
	}
	return f
}

func isHeaderCompared(name string) bool {
	for _, one := range compared {
		if name == one {
			return true
		}
	}
	for _, prefix := range comparedPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:4])
}

// worded says in one word what each endpoint makes up.
func worded(text string) string {
	for _, one := range madeUp {
		text = one.pattern.ReplaceAllString(text, one.word)
	}
	return text
}

var madeUp = []struct {
	pattern *regexp.Regexp
	word    string
}{
	{regexp.MustCompile(`^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [0-9:]{8} GMT$`), "<time>"},
	{regexp.MustCompile(`^\d{4}-\d\d-\d\dT[0-9:.]{8,}Z$`), "<time>"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<id>"},
	{regexp.MustCompile(`^[0-9a-f]{64}$`), "<owner>"},
	{regexp.MustCompile(`^[A-Za-z0-9._-]{30,}$`), "<id>"},
}

// addXML adds the texts of a document, by their path: a second element of one name has [2] behind it. The code of an error is code.
func addXML(t testing.TB, f facts, body []byte, known *strings.Replacer) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(string(body)))
	var path []string
	counts := map[string]int{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := strings.Join(append(path, token.Name.Local), "/")
			if counts[name]++; counts[name] > 1 {
				token.Name.Local += fmt.Sprintf("[%d]", counts[name])
			}
			path = append(path, token.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			name := strings.Join(path, "/")
			if name == "Error/Code" {
				name = "code"
			}
			switch text := strings.TrimSpace(string(token)); {
			case name == "code":
				f[name] = text
			case text != "":
				f[name] = worded(known.Replace(text))
			}
		}
	}
}

// addJSON adds the values of a document, by their path. The code of an error is code.
func addJSON(f facts, path string, v any, known *strings.Replacer) {
	switch v := v.(type) {
	case map[string]any:
		for name, below := range v {
			addJSON(f, strings.TrimPrefix(path+"/"+name, "/"), below, known)
		}
	case []any:
		f[path+"/length"] = strconv.Itoa(len(v))
		for i, below := range v {
			addJSON(f, fmt.Sprintf("%s[%d]", path, i+1), below, known)
		}
	case string:
		if random := len(v) / 4 * 3; path == "Plaintext" && random > 10 {
			v = fmt.Sprintf("<%d bytes>", random)
		}
		if path == "__type" {
			path, v = "code", v[strings.LastIndexByte(v, '#')+1:]
		}
		f[path] = worded(known.Replace(v))
	default:
		f[path] = fmt.Sprint(v)
		if strings.HasSuffix(path, "Date") {
			f[path] = "<time>"
		}
	}
}
