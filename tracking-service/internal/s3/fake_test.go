package s3_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/pkg/tokenvending"
	"example.com/shiptrack/tracking-service/internal/documents"
	"example.com/shiptrack/tracking-service/internal/s3"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

const (
	bucket   = "documents"
	modified = "2026-03-01T12:00:00.000Z"
)

// object is what the fake keeps.
type object struct{ content, contentType string }

// call is one request as the fake got it.
type call struct {
	method, target, accessKey string
	header                    http.Header
	length                    int64
}

// fakeS3 is a bucket: flat keys, lists by prefix, one range, If-Match and If-None-Match. It keeps the calls. It commits a
// put where the whole body came.
type fakeS3 struct {
	*httptest.Server
	fail func(call) (status int, code string) // code empty: the fake answers itself

	mu      sync.Mutex
	objects map[string]object
	calls   []call
}

func startS3(t *testing.T) *fakeS3 {
	t.Helper()
	f := &fakeS3{objects: map[string]object{}, fail: func(call) (int, string) { return 0, "" }}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

var credentialKey = regexp.MustCompile(`Credential=([^/]+)/`)

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := call{method: r.Method, target: r.RequestURI, header: r.Header, length: r.ContentLength}
	if found := credentialKey.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		c.accessKey = found[1]
	}
	f.mu.Lock()
	f.calls = append(f.calls, c)
	w.Header().Set("X-Amz-Request-Id", fmt.Sprintf("aws-%d", len(f.calls)))
	f.mu.Unlock()
	key, isObject := strings.CutPrefix(r.URL.Path, "/"+bucket+"/")
	status, code := f.fail(c)
	switch {
	case code != "":
		refuse(w, status, code)
	case r.Method == http.MethodPut:
		f.put(w, r, key)
	case isObject && key != "":
		f.get(w, r, key)
	default:
		f.list(w, r)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>as AWS words it</Message></Error>", code)
}

func etag(o object) string { return fmt.Sprintf(`"%d-%.8x"`, len(o.content), o.content) }

func (f *fakeS3) put(w http.ResponseWriter, r *http.Request, key string) {
	content, err := io.ReadAll(r.Body)
	if err != nil || int64(len(content)) != r.ContentLength {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, exists := f.objects[key]; exists && r.Header.Get("If-None-Match") == "*" {
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	f.objects[key] = object{string(content), r.Header.Get("Content-Type")}
	w.Header().Set("ETag", etag(f.objects[key]))
}

func (f *fakeS3) get(w http.ResponseWriter, r *http.Request, key string) {
	f.mu.Lock()
	o, exists := f.objects[key]
	f.mu.Unlock()
	switch match := r.Header.Get("If-Match"); {
	case !exists:
		refuse(w, http.StatusForbidden, "AccessDenied") // as S3 answers to who may not list the bucket
		return
	case match != "" && match != etag(o):
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	w.Header().Set("ETag", etag(o))
	w.Header().Set("Content-Type", o.contentType)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(o.content))
}

func (f *fakeS3) list(w http.ResponseWriter, r *http.Request) {
	type entry struct {
		Key, LastModified, ETag string
		Size                    int
	}
	var out struct {
		XMLName     xml.Name `xml:"ListBucketResult"`
		IsTruncated bool
		Contents    []entry
	}
	limit := 0
	_, _ = fmt.Sscan(r.URL.Query().Get("max-keys"), &limit)
	f.mu.Lock()
	defer f.mu.Unlock()
	var keys []string
	for key := range f.objects {
		if strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	out.IsTruncated = len(keys) > limit
	for _, key := range keys[:min(limit, len(keys))] {
		out.Contents = append(out.Contents, entry{key, modified, etag(f.objects[key]), len(f.objects[key].content)})
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(out)
}

// last returns the last call.
func (f *fakeS3) last(t *testing.T) call {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		t.Fatal("S3 was not asked")
	}
	return f.calls[len(f.calls)-1]
}

// fakeSTS vends sessions with the access key <ROLE><TENANT>.
type fakeSTS struct{}

func (fakeSTS) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	_, role, _ := strings.Cut(aws.ToString(in.RoleArn), ":role/Tracking")
	session := "arn:aws:sts::000000000000:assumed-role/Tracking" + role + "/" + aws.ToString(in.RoleSessionName)
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: &session},
		Credentials: &types.Credentials{
			AccessKeyId:     aws.String(strings.ToUpper(role + aws.ToString(in.Tags[0].Value))),
			SecretAccessKey: aws.String("secret"), SessionToken: aws.String("token"), Expiration: aws.Time(time.Now().Add(time.Hour)),
		},
	}, nil
}

// auditTrail keeps what was recorded.
type auditTrail struct {
	mu      sync.Mutex
	records []audit.Record
}

func (a *auditTrail) Record(_ context.Context, r audit.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.records = append(a.records, r)
}

func (a *auditTrail) last(t *testing.T) audit.Record {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.records) == 0 {
		t.Fatal("nothing was audited")
	}
	return a.records[len(a.records)-1]
}

// outage keeps what it was told.
type outage struct {
	mu   sync.Mutex
	told []error
}

func (o *outage) Observe(_ context.Context, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = append(o.told, err)
}

// away is what it was told last, false where nothing.
func (o *outage) away() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.told) > 0 && o.told[len(o.told)-1] != nil
}

type kit struct {
	*s3.Store
	bucket *fakeS3
	trail  *auditTrail
	outage *outage
}

func newKit(t *testing.T) kit {
	t.Helper()
	machine := func(role string) *tokenvending.Machine {
		m, err := tokenvending.New(tokenvending.Config{STS: fakeSTS{}, RoleARN: "arn:aws:iam::000000000000:role/" + role, Instance: "test", Capacity: 10})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	k := kit{bucket: startS3(t), trail: &auditTrail{}, outage: &outage{}}
	store, err := s3.New(s3.Config{
		AWS:   aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(k.bucket.URL), RetryMaxAttempts: 1},
		Reads: machine("TrackingAccessRole"), Writes: machine("TrackingWriteRole"), Bucket: bucket, Audit: k.trail, Outage: k.outage,
	})
	if err != nil {
		t.Fatal(err)
	}
	k.Store = store
	return k
}

func as(t testing.TB, id string) context.Context {
	t.Helper()
	parsed, err := tenant.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	return tenant.NewContext(t.Context(), parsed)
}

func shipmentID(t testing.TB, s string) tracking.ShipmentID {
	t.Helper()
	id, err := tracking.ParseShipmentID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func named(t testing.TB, s string) documents.Name {
	t.Helper()
	name, err := documents.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func wantKind(t testing.TB, err error, want problem.Kind) {
	t.Helper()
	if err == nil || problem.KindOf(err) != want {
		t.Errorf("error = %v, want kind %v", err, want)
	}
}
