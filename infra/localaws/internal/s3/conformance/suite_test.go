package conformance

import (
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// step is one request, and the status and the code that AWS documents for it. $B is a bucket of the endpoint's own, $K the ARN of a key of
// its own; $etag.NAME, $version.NAME, $upload.NAME, $id.NAME and $blob.NAME are what the answer to the step NAME said.
type step struct {
	name    string
	request string // of S3: "PUT /$B/key?query"; of KMS: the operation
	headers string // "Name: value" lines
	body    string
	want    string // "200", "404 NoSuchKey"
}

// scenario is a list of steps that begin with nothing.
type scenario struct {
	name  string
	steps []step
}

// run performs a scenario and returns what was answered, by step.
func (s scenario) run(t testing.TB, e endpoint) map[string]facts {
	t.Helper()
	vars := map[string]string{"$B": "conformance-" + strings.ToLower(rand.Text()[:10])}
	if s.uses("$K") {
		vars["$K"] = e.newKey(t)
	}
	all := map[string]facts{}
	for _, st := range s.steps {
		fill := replacer(vars, false)
		method, target, isS3 := strings.Cut(st.request, " ")
		var a answer
		if isS3 {
			a = e.send(t, "s3", method, fill.Replace(target), headersOf(fill.Replace(st.headers)), fill.Replace(st.body))
		} else {
			a = e.kms(t, st.request, fill.Replace(st.body))
		}
		remember(vars, st.name, a)
		all[st.name] = factsOf(t, method, a, replacer(vars, true))
	}
	return all
}

func (s scenario) uses(name string) bool {
	return slices.ContainsFunc(s.steps, func(st step) bool { return strings.Contains(st.request+st.headers+st.body, name) })
}

// replacer puts values in place of names, or names in place of values. Longer ones come first.
func replacer(vars map[string]string, back bool) *strings.Replacer {
	names := slices.SortedFunc(maps.Keys(vars), func(a, b string) int {
		if back {
			return cmp.Or(cmp.Compare(len(vars[b]), len(vars[a])), strings.Compare(a, b))
		}
		return cmp.Compare(len(b), len(a))
	})
	var pairs []string
	for _, name := range names {
		switch {
		case vars[name] == "" || back && strings.HasPrefix(name, "$etag."):
		case back:
			pairs = append(pairs, vars[name], name)
		default:
			pairs = append(pairs, name, vars[name])
		}
	}
	return strings.NewReplacer(pairs...)
}

func headersOf(lines string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(lines) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			h.Add(name, value)
		}
	}
	return h
}

// remembered are what later steps may name of an answer.
var remembered = map[string]*regexp.Regexp{
	"$upload.": regexp.MustCompile(`<UploadId>(.+?)</UploadId>`), "$token.": regexp.MustCompile(`<NextContinuationToken>(.+?)</NextContinuationToken>`),
	"$id.": regexp.MustCompile(`"KeyId": ?"(.+?)"`), "$blob.": regexp.MustCompile(`"CiphertextBlob": ?"(.+?)"`),
}

var etagPattern = regexp.MustCompile(`<ETag>(?:&quot;|&#34;|")?(.+?)(?:&quot;|&#34;|")?</ETag>`)

func remember(vars map[string]string, step string, a answer) {
	for prefix, pattern := range remembered {
		if found := pattern.FindSubmatch(a.body); found != nil {
			vars[prefix+step] = string(found[1])
		}
	}
	if etag := strings.Trim(a.header.Get("Etag"), `"`); etag != "" {
		vars["$etag."+step] = etag
	} else if found := etagPattern.FindSubmatch(a.body); found != nil {
		vars["$etag."+step] = string(found[1])
	}
	if version := a.header.Get("X-Amz-Version-Id"); version != "null" {
		vars["$version."+step] = version
	}
}

// TestEmbeddedAnswersAsDocumented holds localaws' own answers to status and code.
func TestEmbeddedAnswersAsDocumented(t *testing.T) {
	e := embedded(t)
	for _, s := range suite() {
		t.Run(s.name, func(t *testing.T) {
			answers := s.run(t, e)
			for _, st := range s.steps {
				got := strings.TrimSpace(answers[st.name]["status"] + " " + answers[st.name]["code"])
				if got != st.want {
					t.Errorf("%s: %s: got %s, want %s", st.name, st.request, got, st.want)
				}
			}
		})
	}
}

// suite is what is compared.
func suite() []scenario { return slices.Concat(buckets, objects, uploads, versions, encrypted, keys) }

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// repeated is a text of n bytes.
func repeated(n int) string { return strings.Repeat("x", n) }
