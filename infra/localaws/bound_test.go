package localaws_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// hostile is a request by a tenant, with words of its own in many places.
type hostile struct {
	service, target, agent, traceID, keyID, scope string
	body                                          string
	permissions                                   int // that it needs, if it is read
}

// a word is what a caller may write where it chooses: short or long, with bytes of every kind, with a secret in it.
type words struct {
	t       *rapid.T
	secrets []string
}

func (w *words) word(name string, longest int) string {
	text := strings.Repeat(rapid.SampledFrom([]string{"a", "Ab1", "\x00", "é", "\"", "\xff", "x ", "/"}).Draw(w.t, name+" piece"),
		rapid.SampledFrom([]int{0, 1, 20, 300, longest}).Draw(w.t, name+" times"))
	if !rapid.Bool().Draw(w.t, name+" has a secret") {
		return text
	}
	secret := w.secret(name)
	w.secrets = append(w.secrets, secret)
	if rapid.Bool().Draw(w.t, name+" ends in it") {
		return text + " " + secret
	}
	return secret + " " + text
}

// secret is a secret access key or a JWT.
func (w *words) secret(name string) string {
	random := rapid.SliceOfN(rapid.Byte(), 60, 60).Draw(w.t, name+" secret")
	for i := range random { // as random as real ones are
		random[i] = random[i]*167 + byte(i*i*31) + 89
	}
	if rapid.Bool().Draw(w.t, name+" is a JWT") {
		return "eyJhbGciOiJFUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(random[:30]) + "." + base64.RawURLEncoding.EncodeToString(random[30:])
	}
	return "Key1" + base64.StdEncoding.EncodeToString(random[:27])
}

func quote(s string) string {
	text, err := json.Marshal(strings.ToValidUTF8(s, "?"))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// times joins n texts.
func times(n int, text func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = text(i)
	}
	return strings.Join(all, ",")
}

// drawHostile draws one of the requests that have places for words.
func drawHostile(w *words) hostile {
	many := rapid.SampledFrom([]int{1, 3, 100}).Draw(w.t, "many")
	name := quote(w.word("name", 60000))
	value := quote(w.word("value", 60000))
	table := quote(rapid.SampledFrom([]string{"Notes", "Missing", "arn:aws:dynamodb:us-east-1:000000000000:table/Notes", w.word("table", 300)}).Draw(w.t, "table"))
	key := `{"TenantID":{"S":` + quote(rapid.SampledFrom([]string{"yellow", "blue", w.word("tenant", 3000)}).Draw(w.t, "tenant")) + `},"NoteID":{"S":"1"}`
	h := hostile{service: "dynamodb", permissions: 1}
	switch kind := rapid.SampledFrom([]string{"GetItem", "PutItem", "BatchGetItem", "TransactWriteItems", "Query", "ExecuteStatement", "AssumeRole", "form", "garbage"}).Draw(w.t, "kind"); kind {
	case "GetItem":
		h.body = `{"TableName":` + table + `,"Key":` + key + `,` + times(many, func(i int) string {
			return quote(fmt.Sprint(i, strings.ToValidUTF8(name, "?"))) + `:{"S":"x"}`
		}) + `}}`
		h.target = kind
	case "PutItem":
		h.body = `{"TableName":` + table + `,"Item":` + key + `,` + times(many, func(i int) string {
			return quote(fmt.Sprint(i, "attribute")) + `:{"S":` + value + `}`
		}) + `}}`
		h.target = kind
	case "BatchGetItem":
		h.body = `{"RequestItems":{` + times(many, func(i int) string { return `"Table` + fmt.Sprint(i) + `":{"Keys":[` + key + `}]}` }) + `}}`
		h.target, h.permissions = kind, many
	case "TransactWriteItems":
		h.body = `{"TransactItems":[` + times(many, func(i int) string {
			return `{"Delete":{"TableName":` + table + `,"Key":` + key + `,` + name + `:{"S":"x"}}}}`
		}) + `]}`
		h.target, h.permissions = kind, many
	case "Query":
		h.body = `{"TableName":` + table + `,"KeyConditionExpression":"#k = :v","ExpressionAttributeNames":{"#k":` + name +
			`},"ExpressionAttributeValues":{":v":{"S":` + value + `}}}`
		h.target = kind
	case "ExecuteStatement":
		h.body = `{"Statement":` + quote("SELECT * FROM Notes WHERE TenantID = '"+strings.ReplaceAll(w.word("literal", 3000), "'", "")+"'") + `}`
		h.target = kind
	case "AssumeRole":
		form := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::000000000000:role/" + w.word("role", 1000)},
			"RoleSessionName": {strings.ReplaceAll(w.word("session", 30), " ", "")}}
		for i := range min(many, 50) {
			form.Set(fmt.Sprintf("Tags.member.%d.Key", i+1), fmt.Sprint("tag", i))
			form.Set(fmt.Sprintf("Tags.member.%d.Value", i+1), w.word("tag", 100))
		}
		h.service, h.body, h.permissions = "sts", form.Encode(), 2
	case "form":
		h.service, h.body = "iam", url.Values{"Action": {w.word("action", 100)}, "Version": {"2010-05-08"}, w.word("parameter", 10000): {w.word("argument", 10000)}}.Encode()
	default:
		h.target, h.body = w.word("operation", 1000), w.word("body", 60000)
	}
	h.agent, h.traceID, h.keyID, h.scope = w.header("agent"), w.header("trace"), w.header("key"), w.header("scope")
	return h
}

// header is a word that a header can hold.
func (w *words) header(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return 'x'
		}
		return r
	}, w.word(name, 30000))
}

func (h hostile) send(t *rapid.T, l *localawstest.Local, by localawstest.Credentials) (requestID string) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.URL+"/", strings.NewReader(h.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if h.service == "dynamodb" {
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+strings.Map(func(c rune) rune {
			if c < ' ' || c > '~' {
				return 'x'
			}
			return c
		}, h.target))
	}
	if err := l.Sign(r, []byte(h.body), by, h.service); err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", h.agent)
	r.Header.Set("X-Amzn-Trace-Id", h.traceID)
	switch rapid.SampledFrom([]string{"", "", "key", "scope", "none"}).Draw(t, "signature") {
	case "key":
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), by.AccessKeyID, h.keyID, 1))
	case "scope":
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "/"+h.service+"/", "/"+h.scope+"/", 1))
	case "none":
		r.Header.Del("Authorization")
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.Header.Get("X-Amzn-Requestid")
}

// TestLogOfARequestIsBounded: whatever a tenant sends, each decision has its one line, all lines are short and valid, they
// are found by the request's id, and none shows a secret that the caller wrote into its request.
func TestLogOfARequestIsBounded(t *testing.T) {
	l := startNotes(t, "yellow")
	l.Load(t, os.DirFS("localawstest/testdata/notes"))
	task := l.RoleCredentials(t, "NotesService", "task")
	tenant := sessionOf(t, l, "yellow")
	rapid.Check(t, func(t *rapid.T) {
		w := &words{t: t}
		h := drawHostile(w)
		by := tenant
		if h.service == "sts" {
			by = task
		}
		l.ResetLog()
		id := h.send(t, l, by)
		log := l.Log()
		if len(log) > 272<<10 {
			t.Errorf("one request wrote %d bytes", len(log))
		}
		for line := range strings.Lines(log) {
			if len(line) > localaws.MaxLine || !strings.HasSuffix(line, "}\n") {
				t.Errorf("a line of %d bytes: %.200s", len(line), line)
			}
		}
		for _, secret := range w.secrets {
			for i := 0; i+12 <= len(secret); i += 6 {
				if strings.Contains(log, secret[i:i+12]) {
					t.Fatalf("the log shows %q of the secret %q: %s", secret[i:i+12], secret, log)
				}
			}
		}
		found, err := localaws.ReadDecisions(strings.NewReader(log), id)
		if err != nil || len(found) != strings.Count(log, "\n") {
			t.Fatalf("%d entries of %d lines are read by the id %s: %v", len(found), strings.Count(log, "\n"), id, err)
		}
		decisions := slices.DeleteFunc(found, func(e localaws.Entry) bool { return e.Decision == "" })
		if n := len(decisions); n != 1 && n != h.permissions {
			t.Errorf("%d decisions, want 1, or %d", n, h.permissions)
		}
	})
}

// TestLineOfALargeRequestIsCut: it says what was decided, and how much it lacks. A small request's line lacks nothing.
func TestLineOfALargeRequestIsCut(t *testing.T) {
	l := startNotes(t, "yellow")
	tenant := sessionOf(t, l, "yellow")
	for n, wantCut := range map[int]bool{0: false, 10: false, 5000: true} {
		l.ResetLog()
		body := `{"TableName":"Notes","Key":{"TenantID":{"S":"blue"}` + strings.Repeat(",", min(n, 1)) + times(n, func(i int) string {
			return fmt.Sprintf(`"an attribute with the number %d":{"S":"x"}`, i)
		}) + `}}`
		r := request(t, l, body, func(r *http.Request) { r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem") })
		if status, answer := l.Do(t, r, []byte(body), tenant, "dynamodb"); status != 400 || !strings.Contains(string(answer), "AccessDenied") {
			t.Fatalf("%d attributes: %d %s", n, status, answer)
		}
		entries := l.Entries(t)
		if len(entries) != 1 || len(l.Log()) > localaws.MaxLine {
			t.Fatalf("%d attributes: %d lines of %d bytes, want one of at most %d", n, len(entries), len(l.Log()), localaws.MaxLine)
		}
		e := entries[0]
		if e.Decision != "deny" || e.Action != "dynamodb:GetItem" || e.SessionTags["TenantID"] != "yellow" || len(e.Misses) == 0 || (e.Cut != nil) != wantCut {
			t.Errorf("%d attributes: logged %+v, cut %+v", n, e, e.Cut)
		}
		var said strings.Builder
		if err := localaws.Describe(&said, entries); err != nil || strings.Contains(said.String(), "the line was too long") != wantCut {
			t.Errorf("%d attributes: described as %s", n, said.String())
		}
		if wantCut && e.Cut.Values < n-200 {
			t.Errorf("%d attributes: %d values are said to lack", n, e.Cut.Values)
		}
	}
}
