package prove

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const host = "localaws.internal"

// request is one request of AWS's protocols, as bytes: an attack may be a request that no SDK would send.
type request struct {
	by        string   // of World.callers
	service   string   // in the credential scope: dynamodb where empty
	operation string   // of DynamoDB or KMS
	method    string   // POST where empty
	path      string   // / where empty
	headers   []string // "Name: value", signed; one name may stand there twice
	body      string
	at        time.Duration // when it is signed, from now
	before    func(*http.Request)
	after     func(*http.Request) // called after signing: its changes are not signed
}

// localized fills a text with the names, and replaces localaws' account and region in it by those of the account that is attacked.
func (w *World) localized(text string) string {
	if w.account == nil {
		return w.names.fill(text)
	}
	return w.account.localize(text)
}

// at is where a service answers.
func (w *World) at(q request) endpoint {
	if w.account == nil {
		return endpoint{"http://" + host, region}
	}
	e := w.account.endpoints[q.service]
	if streamOperations[q.operation] {
		e.url = strings.Replace(e.url, "//dynamodb.", "//streams.dynamodb.", 1) // AWS has a host of its own for them
	}
	return e
}

// RoundTrip answers the SDK's clients without a network, and sends to an account.
func (w *World) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.account != nil {
		return w.account.config.HTTPClient.Do(r)
	}
	return w.server.RoundTrip(r)
}

// errNoSession: the run has no session for the caller of a request.
var errNoSession = errors.New("there is no session")

// send signs with the SDK's own signer, which shares no code with localaws.
func (w *World) send(ctx context.Context, q request) (Answer, error) {
	a, err := w.patiently(ctx, func() (Answer, error) { return w.sendOnce(ctx, q) })
	return a, cmp.Or(err, w.lives(q, a))
}

func (w *World) sendOnce(ctx context.Context, q request) (Answer, error) {
	q.service, q.body = cmp.Or(q.service, "dynamodb"), w.localized(q.body)
	if _, known := w.callers[q.by]; !known {
		return Answer{}, fmt.Errorf("%w for %s", errNoSession, w.names.fill(q.by))
	}
	to := w.at(q)
	r, err := http.NewRequestWithContext(ctx, cmp.Or(q.method, http.MethodPost), to.url+w.localized(cmp.Or(q.path, "/")), strings.NewReader(q.body))
	if err != nil {
		return Answer{}, err
	}
	signer := v4.NewSigner()
	switch {
	case q.service == "dynamodb":
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+q.operation)
		if streamOperations[q.operation] {
			r.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810."+q.operation)
		}
	case q.service == "kms":
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "TrentService."+q.operation)
	case q.service == "s3":
		r.Header.Set("X-Amz-Content-Sha256", hashed(q.body))
		signer = v4.NewSigner(asS3)
	case q.service == "es":
		if q.body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
	case q.body != "":
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, header := range q.headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, w.localized(value))
	}
	if q.before != nil {
		q.before(r)
	}
	sent := *r.URL
	switch q.service {
	case "s3":
		r.URL.RawPath = encodedOnce(r.URL.EscapedPath())
	case "es":
		if err := withoutDots(r.URL); err != nil {
			return Answer{}, err
		}
	}
	if err := signer.SignHTTP(ctx, w.callers[q.by], r, hashed(q.body), q.service, to.region, time.Now().Add(q.at)); err != nil {
		return Answer{}, err
	}
	*r.URL = sent
	if q.after != nil {
		q.after(r)
	}
	a, err := w.exchange(r)
	if q.service == "es" && !a.ok() {
		searchAnswer(&a)
	}
	return a, err
}

// withoutDots makes a path that of its signature (IAM User Guide, "Create a canonical request"): without dot segments and empty ones. The SDK's
// signer leaves that to its caller.
func withoutDots(u *url.URL) (err error) {
	clean := path.Clean(u.EscapedPath())
	if strings.HasSuffix(u.EscapedPath(), "/") && clean != "/" {
		clean += "/"
	}
	u.RawPath = clean
	u.Path, err = url.PathUnescape(clean)
	return err
}

// encodedOnce is a path as S3's signatures have it, however its letters are sent (S3 API Reference, "Authenticating Requests").
func encodedOnce(sent string) string {
	var b strings.Builder
	for i, segment := range strings.Split(sent, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		name, err := url.PathUnescape(segment)
		if err != nil {
			return sent
		}
		for _, c := range []byte(name) {
			if strings.IndexByte("-._~", c) >= 0 || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
	}
	return b.String()
}

// hashed is the hash of a body as the signature has it.
func hashed(body string) string {
	hash := sha256.Sum256([]byte(body))
	return hex.EncodeToString(hash[:])
}

// exchange sends r as it is; what was changed after it was signed may have placeholders.
func (w *World) exchange(r *http.Request) (Answer, error) {
	r.URL.Path, r.URL.RawPath = w.names.fill(r.URL.Path), w.names.fill(r.URL.RawPath)
	for _, values := range r.Header {
		for i := range values {
			values[i] = w.names.fill(values[i])
		}
	}
	response, err := w.RoundTrip(r)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	a, err := read(response)
	w.log.sent(a.RequestID)
	return a, err
}

func read(response *http.Response) (Answer, error) {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Status: response.StatusCode, RequestID: cmp.Or(response.Header.Get("X-Amzn-Requestid"), response.Header.Get("X-Amz-Request-Id")), ETag: response.Header.Get("ETag"), Body: body}
	if a.ok() {
		return a, nil
	}
	var asJSON struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Code    string `json:"code"` // of localaws' own routes
	}
	var asXML struct {
		Code      string `xml:"Error>Code"`
		Message   string `xml:"Error>Message"`
		S3Code    string `xml:"Code"` // whose errors have no element around them
		S3Message string `xml:"Message"`
	}
	switch {
	case json.Unmarshal(body, &asJSON) == nil:
		a.Code = cmp.Or(asJSON.Type[strings.LastIndexByte(asJSON.Type, '#')+1:], asJSON.Code, response.Header.Get("X-Amzn-Errortype"))
		a.Message = asJSON.Message
	case xml.NewDecoder(bytes.NewReader(body)).Decode(&asXML) == nil:
		a.Code, a.Message = cmp.Or(asXML.Code, asXML.S3Code), cmp.Or(asXML.Message, asXML.S3Message)
	case len(body) == 0: // the answer to a HEAD
		a.Code = strconv.Itoa(a.Status)
	}
	return a, nil
}

func step(q request) Step {
	return func(ctx context.Context, w *World) (Answer, error) { return w.send(ctx, q) }
}

// assumption is one AssumeRole.
type assumption struct {
	by     string
	values url.Values
}

// ofTenant is the assumption that the tracking service makes for tenant.
func ofTenant(tenant string) assumption {
	return assumption{service, url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {roleARN("~access-role~")}, "RoleSessionName": {tenant + "@prove"},
		"Tags.member.1.Key": {"~tag~"}, "Tags.member.1.Value": {tenant}, "TransitiveTagKeys.member.1": {"~tag~"},
	}}
}

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// with returns an assumption that differs in one parameter: by, role, or one of STS's own; an empty value
// leaves the parameter out.
func (a assumption) with(name, value string) assumption {
	values := url.Values{}
	for k, v := range a.values {
		values[k] = v
	}
	a.values = values
	switch {
	case name == "by":
		a.by = value
	case name == "role":
		values.Set("RoleArn", roleARN(value))
	case value == "":
		values.Del(name)
	default:
		values.Set(name, value)
	}
	return a
}

// untagged returns an assumption without any tag.
func (a assumption) untagged() assumption {
	return a.with("Tags.member.1.Key", "").with("Tags.member.1.Value", "").with("TransitiveTagKeys.member.1", "")
}

// emptyTag returns an assumption whose tag has the empty value, which STS takes.
func (a assumption) emptyTag() assumption {
	empty := a.with("Action", "AssumeRole")
	empty.values.Set("Tags.member.1.Value", "")
	return empty
}

func (a assumption) request() request {
	return request{by: a.by, service: "sts", body: a.values.Encode()}
}
