package prove

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

// strain is a localaws that stands for an account, with what somebody has deployed, and faults in front of it.
type strain struct {
	*testing.T
	account *Account
	roles   []localaws.Role
	root    aws.Config
	fault   func(r *http.Request, body string) *http.Response // answers in localaws' place where it is not nil; one call at a time
	one     sync.Mutex
}

func newStrain(t *testing.T, existing bool) *strain {
	t.Helper()
	source, err := iam.Embedded(iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	server, err := localaws.New(localaws.Config{Data: t.TempDir(), Account: "123456789012", Region: "eu-west-1", AllowedHosts: []string{host}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &strain{T: t}
	r := Rehearsal{Names: namesOf(t), Account: "123456789012", Region: "eu-west-1", Policies: source, Existing: existing}
	if s.account, s.roles, err = r.account(t.Context(), server); err != nil {
		t.Fatal(err)
	}
	s.root = (&World{server: server, callers: map[string]aws.Credentials{root: {AccessKeyID: "test", SecretAccessKey: "test"}}}).config(root)
	s.root.Region = "eu-west-1"
	s.account.config.HTTPClient = faulty{s, s.account.config.HTTPClient}
	return s
}

type faulty struct {
	*strain
	behind aws.HTTPClient
}

func (f faulty) Do(r *http.Request) (*http.Response, error) {
	if f.fault == nil {
		return f.behind.Do(r)
	}
	var text []byte
	if r.Body != nil {
		var err error
		if text, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
	}
	f.one.Lock()
	a := f.fault(r, string(text))
	f.one.Unlock()
	if a != nil {
		a.Request = r
		return a, nil
	}
	return f.behind.Do(r)
}

// inXML is an answer of the Query protocol.
func inXML(status int, code string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader("<ErrorResponse><Error><Code>" + code + "</Code><Message>said</Message></Error></ErrorResponse>"))}
}

func (s *strain) carryOut(ctx context.Context, names ...string) ([]Row, error) {
	var attacks []*Attack
	for _, a := range namesOf(s).OnAWS() {
		for _, name := range names {
			if a.Name == name {
				attacks = append(attacks, a)
			}
		}
	}
	rows, _, err := CarryOut(ctx, Target{Names: namesOf(s), Account: s.account}, s.roles, attacks, "", func(int, int) {})
	return rows, err
}

func (s *strain) hold(rows []Row, err error, want int) {
	s.Helper()
	if err != nil || len(rows) != want {
		s.Fatalf("%d rows, %v; want %d", len(rows), err, want)
	}
	for i := range rows {
		if rows[i].Verdict != Holds {
			s.Errorf("%s: %s, %s %s", rows[i].Attack.Name, rows[i].Verdict, rows[i].Attempt.Code, rows[i].Control.Code)
		}
	}
}

// nothingLeft wants that no row, no document and no alias of a tenant is there.
func (s *strain) nothingLeft() {
	s.Helper()
	ctx := context.WithoutCancel(s.Context())
	rows, err := dynamodb.NewFromConfig(s.root).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("TrackingData")})
	if err != nil || len(rows.Items) > 0 {
		s.Errorf("rows are left: %v, %v", rows.Items, err)
	}
	client := s3.NewFromConfig(s.root, func(o *s3.Options) { o.UsePathStyle = true })
	objects, err := client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: aws.String("shiptrack-123456789012")})
	if err != nil || len(objects.Versions)+len(objects.DeleteMarkers) > 0 {
		s.Errorf("documents are left: %v, %v", objects, err)
	}
	aliases, err := kms.NewFromConfig(s.root).ListAliases(ctx, &kms.ListAliasesInput{})
	if err != nil || len(aliases.Aliases) > 0 {
		s.Errorf("aliases are left: %v, %v", aliases.Aliases, err)
	}
}

// TestThrottledAttacksAreSentAgain: each third request to STS and DynamoDB is throttled, and no verdict changes.
func TestThrottledAttacksAreSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStrain(t, true)
		asked, told := 0, 0
		s.fault = func(r *http.Request, body string) *http.Response {
			if asked++; asked%3 != 0 || r.Header.Get("Amz-Sdk-Request") != "" { // the SDK's own clients are not tested here
				return nil
			}
			told++
			return inXML(http.StatusBadRequest, "Throttling")
		}
		rows, err := s.carryOut(t.Context(), "dynamodb/get-item", "dynamodb/scan", "sts/no-tag", "s3/get-object")
		s.hold(rows, err, 4)
		if told == 0 {
			t.Error("nothing was throttled")
		}
	})
}

// TestRolesThatAreNotYetKnownAreWaitedFor: for a while nobody may assume the roles that were just made, and their sessions may do nothing.
func TestRolesThatAreNotYetKnownAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStrain(t, false)
		assumed, read := 0, 0
		s.fault = func(r *http.Request, body string) *http.Response {
			switch {
			case strings.Contains(body, "Action=AssumeRole") && strings.Contains(body, "yellow"):
				if assumed++; assumed <= 5 {
					return inXML(http.StatusForbidden, "AccessDenied")
				}
			case strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetItem") && strings.Contains(body, `"Key":{"TenantID":{"S":"yellow"}`):
				if read++; read <= 5 {
					return inXML(http.StatusForbidden, "AccessDenied")
				}
			}
			return nil
		}
		rows, err := s.carryOut(t.Context(), "dynamodb/get-item", "sts/no-tag")
		s.hold(rows, err, 2)
		if assumed <= 5 || read <= 5 {
			t.Errorf("%d sessions were asked for and %d rows, want more than 5 of each", assumed, read)
		}
	})
}

// TestRunWhoseCredentialsExpiredIsFinishedByTheNext: the first run can remove nothing and says so; the same run again removes all.
func TestRunWhoseCredentialsExpiredIsFinishedByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStrain(t, true)
		stored := 0
		s.fault = func(r *http.Request, _ string) *http.Response {
			if r.Method == http.MethodPut {
				stored++
			}
			if stored < 3 {
				return nil
			}
			if r.Header.Get("X-Amz-Target") != "" {
				return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"__type":"ExpiredTokenException","message":"said"}`))}
			}
			return inXML(http.StatusForbidden, "ExpiredToken")
		}
		_, err := s.carryOut(t.Context(), "s3/get-object")
		if err == nil || !strings.Contains(err.Error(), "ExpiredToken") || !strings.Contains(err.Error(), "the same command again removes") {
			t.Errorf("%v; want what to do next", err)
		}
		s.fault = nil
		rows, err := s.carryOut(t.Context(), "s3/get-object")
		s.hold(rows, err, 1)
		s.nothingLeft()
	})
}

// TestInterruptedRunOnWhatIsThereRemovesItsOwn: Ctrl-C at any request of the setup leaves nothing.
func TestInterruptedRunOnWhatIsThereRemovesItsOwn(t *testing.T) {
	for _, after := range []int{1, 12, 30, 45} {
		synctest.Test(t, func(t *testing.T) {
			s := newStrain(t, true)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			asked := 0
			s.fault = func(*http.Request, string) *http.Response {
				if asked++; asked == after {
					cancel()
				}
				return nil
			}
			if _, err := s.carryOut(ctx, "s3/get-object", "dynamodb/get-item"); err == nil {
				t.Errorf("interrupted at request %d of %d: no error", after, asked)
			}
			s.fault = nil
			s.nothingLeft()
		})
	}
}

// TestKilledRunIsCleaned: a run that is killed at any of its requests leaves nothing that Clean does not remove, and the account serves the
// next run.
func TestKilledRunIsCleaned(t *testing.T) {
	for after := 1; ; after += 5 {
		killed := false
		synctest.Test(t, func(t *testing.T) {
			s := newStrain(t, false)
			asked := 0
			s.fault = func(*http.Request, string) *http.Response {
				if asked++; asked < after {
					return nil
				}
				killed = true
				return inXML(http.StatusForbidden, "ExpiredToken") // also to what would delete: nobody is left to ask
			}
			if _, err := s.carryOut(t.Context(), "s3/get-object"); err == nil && killed {
				t.Errorf("killed at request %d: no error", after)
			}
			s.fault = nil
			found, err := s.account.Clean(t.Context(), s.roles)
			if err != nil || len(found.Left) > 0 {
				t.Errorf("killed at request %d: %+v, %v", after, found, err)
			}
			s.vacant()
		})
		if !killed {
			break
		}
	}
}

// TestCleanLeavesWhatNoRunMade: what somebody deployed under the same names has no tag of a run.
func TestCleanLeavesWhatNoRunMade(t *testing.T) {
	s := newStrain(t, true)
	s.account.existing = nil
	found, err := s.account.Clean(t.Context(), s.roles)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Removed) != 1 || found.Removed[0] != "bucket shiptrack-123456789012" { // empty, and without versions
		t.Errorf("removed %q", found.Removed)
	}
	for _, want := range []string{"table TrackingData", "role TrackingAccessRole", "policy TrackingAccessRoleBoundary"} {
		if !slices.Contains(found.Left, want) {
			t.Errorf("left %q, want %s among them", found.Left, want)
		}
	}
}

func TestCleanLeavesABucketThatHoldsSomething(t *testing.T) {
	s := newStrain(t, true)
	client := s3.NewFromConfig(s.root, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("shiptrack-123456789012"), Key: aws.String("a/b/c"), Body: strings.NewReader("kept")}); err != nil {
		t.Fatal(err)
	}
	s.account.existing = nil
	found, err := s.account.Clean(t.Context(), s.roles)
	if err != nil || len(found.Removed) > 0 || !slices.Contains(found.Left, "bucket shiptrack-123456789012") {
		t.Errorf("%+v, %v; want the bucket left", found, err)
	}
}

// vacant wants an account without roles but the caller's, without policies, tables, buckets, and keys that can be used.
func (s *strain) vacant() {
	s.Helper()
	ctx := context.WithoutCancel(s.Context())
	client := awsiam.NewFromConfig(s.root)
	roles, err := client.ListRoles(ctx, nil)
	if err != nil || len(roles.Roles) != 1 {
		s.Errorf("roles are left: %d, %v", len(roles.Roles)-1, err)
	}
	policies, err := client.ListPolicies(ctx, &awsiam.ListPoliciesInput{Scope: "Local"})
	if err != nil || len(policies.Policies) > 0 {
		s.Errorf("policies are left: %d, %v", len(policies.Policies), err)
	}
	tables, err := dynamodb.NewFromConfig(s.root).ListTables(ctx, nil)
	if err != nil || len(tables.TableNames) > 0 {
		s.Errorf("tables are left: %v, %v", tables.TableNames, err)
	}
	buckets, err := s3.NewFromConfig(s.root, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, nil)
	if err != nil || len(buckets.Buckets) > 0 {
		s.Errorf("buckets are left: %v, %v", buckets.Buckets, err)
	}
	keys, err := kms.NewFromConfig(s.root).ListKeys(ctx, nil)
	if err != nil {
		s.Error(err)
	}
	for _, k := range keys.Keys {
		if got, err := kms.NewFromConfig(s.root).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: k.KeyId}); err != nil || got.KeyMetadata.Enabled {
			s.Errorf("key %s is left, %v", *k.KeyId, err)
		}
	}
}
