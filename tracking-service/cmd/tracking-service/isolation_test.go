package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/iam/iamtest"
	"example.com/shiptrack/infra/localaws/localawstest"
)

const (
	accessTrust  = "TrackingAccessRole/trust.json"
	accessPolicy = "TrackingAccessRole/TrackingAccessPolicyDynamoDB.json"
	notIsolated  = "urn:shiptrack:problem:not-isolated"
	unavailable  = "urn:shiptrack:problem:unavailable"
)

// replace puts the hardened roles in place with from replaced by to in one document.
func (w backend) replace(t *testing.T, file, from, to string) {
	t.Helper()
	w.edit(t, file, func(text []byte) []byte {
		if !bytes.Contains(text, []byte(from)) {
			t.Fatalf("%s has no %q", file, from)
		}
		return bytes.ReplaceAll(text, []byte(from), []byte(to))
	})
}

// edit puts the hardened roles in place with one document changed.
func (w backend) edit(t *testing.T, file string, change func([]byte) []byte) {
	t.Helper()
	set, err := iam.Files(iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	err = fs.WalkDir(set, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(set, path)
		if path == file {
			text = change(text)
		}
		files[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.local.Load(t, files)
}

// withoutLeadingKeys is the hole: a session may read every key.
func withoutLeadingKeys(t *testing.T) func([]byte) []byte {
	return func(text []byte) []byte {
		var document map[string]any
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		condition := document["Statement"].([]any)[0].(map[string]any)["Condition"].(map[string]any)
		if condition["ForAllValues:StringEquals"] == nil {
			t.Fatal("the policy has no LeadingKeys to take out")
		}
		delete(condition, "ForAllValues:StringEquals")
		var changed bytes.Buffer
		encoder := json.NewEncoder(&changed)
		encoder.SetEscapeHTML(false) // the placeholders are <in angle brackets>
		if err := encoder.Encode(document); err != nil {
			t.Fatal(err)
		}
		return changed.Bytes()
	}
}

// wantNothingServed checks that /readyz and every request for data are answered 503 of the type, the latter to a tenant.
func (s service) wantNothingServed(t *testing.T, w backend, problemType string) {
	t.Helper()
	for _, path := range []string{"/readyz", "/shipments/1001/eta", "/shipments/1001", "/shipments", "/shipments?ids=1001"} {
		token := ""
		if path != "/readyz" {
			token = w.issuer.Token("yellow", "ana")
		}
		if status, body := s.get(t, path, token); status != http.StatusServiceUnavailable || !strings.Contains(body, `"`+problemType+`"`) {
			t.Errorf("%s: %d %s, want 503 and %s", path, status, body, problemType)
		}
	}
}

func (s service) wantMetric(t *testing.T, want string) {
	t.Helper()
	if _, body := s.get(t, s.metrics, ""); !strings.Contains(body, "\n"+want) {
		t.Errorf("the metrics have no line %q", want)
	}
}

// awaitLog waits until one line of the log holds all texts. It asks /readyz, so that a change of that is logged at once.
func (s service) awaitLog(t *testing.T, texts ...string) {
	t.Helper()
	poll(t, fmt.Sprintf("one line of the log holds all of %q", texts), func() bool {
		s.get(t, "/readyz", "")
		for line := range strings.Lines(s.logs.String()) {
			if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
				return true
			}
		}
		return false
	})
}

// awaitNotIsolated waits until /readyz, whose answers are kept for a moment, says that isolation does not hold.
func (s service) awaitNotIsolated(t *testing.T) {
	t.Helper()
	poll(t, "/readyz says that isolation does not hold", func() bool {
		_, body := s.get(t, "/readyz", "")
		return strings.Contains(body, notIsolated)
	})
}

// TestServiceWithAFaultInItsAccountIsNeverReady: the first customer is not who finds it. Where the fault can be mended while the
// service runs, it then is ready, which shows that nothing else was wrong.
func TestServiceWithAFaultInItsAccountIsNeverReady(t *testing.T) {
	role := func(name string) string { return "TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::000000000000:role/" + name }
	good := func(t *testing.T, w backend) { iamtest.Load(t, w.local, iam.Hardened) }
	for _, tc := range []struct {
		name    string
		fault   func(t *testing.T, w backend)
		environ []string
		says    []string // in one line of the log
		mend    func(t *testing.T, w backend)
	}{
		{"wrong role: none of that name", nil, []string{role("TrackingAcessRole")}, []string{"session: denied: AccessDenied", "TrackingAcessRole"}, nil},
		{"wrong role: one that trusts another service", nil, []string{role("TrackingSeedRole")}, []string{"session: denied: AccessDenied", "TrackingSeedRole"}, nil},
		{"wrong trust: another principal", func(t *testing.T, w backend) {
			w.replace(t, accessTrust, "role/TrackingServiceRole", "role/TrackingSeedTaskRole")
		},
			nil, []string{"session: denied: AccessDenied"}, good},
		{"wrong tag key", func(t *testing.T, w backend) { w.replace(t, accessTrust, "TenantID", "TenantId2") },
			nil, []string{"session: denied: AccessDenied"}, good},
		{"wrong tag key in the permission policy", func(t *testing.T, w backend) {
			w.replace(t, accessPolicy, "PrincipalTag/TenantID", "PrincipalTag/Tenant")
		},
			nil, []string{"own-key: AccessDeniedException"}, good},
		{"no permission to read", func(t *testing.T, w backend) { w.replace(t, accessPolicy, "dynamodb:GetItem", "dynamodb:PutItem") },
			nil, []string{"own-key: AccessDeniedException"}, good},
		{"wrong table: one that the policy does not name", nil, []string{"TRACKING_TABLE=TrackingDate"}, []string{"own-key: AccessDeniedException", "TrackingDate"}, nil},
		{"no table", func(t *testing.T, w backend) { w.dropTable(t) }, nil, []string{"own-key: AccessDeniedException", "or there is no table TrackingData"}, func(t *testing.T, w backend) {
			if err := provision.Table(t.Context(), w.local.Config(localawstest.Root), "TrackingData"); err != nil {
				t.Fatal(err)
			}
		}},
		{"a table with other keys", func(t *testing.T, w backend) { w.dropTable(t); w.createTable(t, "Tenant") }, nil, []string{"own-key: AccessDeniedException"}, nil},
		{"wrong base identity: another role", func(t *testing.T, w backend) { w.become(t, "TrackingSeedTaskRole") }, nil, []string{"session: denied: AccessDenied", "TrackingSeedTaskRole"}, nil},
		{"wrong base identity: an unknown key", func(t *testing.T, _ backend) { t.Setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY") }, nil, []string{"session: denied: InvalidClientTokenId"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newBackend(t)
			w.become(t, "TrackingServiceRole")
			if tc.fault != nil {
				tc.fault(t, w)
			}
			s := start(t, w.environ(tc.environ...))
			s.awaitLog(t, append(tc.says, `"msg":"not ready"`)...)
			s.wantNothingServed(t, w, unavailable)
			if tc.mend != nil {
				tc.mend(t, w)
				s.awaitReady(t)
				s.wantMetric(t, `shiptrack_isolation_holds{store="dynamodb"} 1`)
			}
			s.wantMetric(t, "shiptrack_denials_total 0")
		})
	}
}

func (w backend) dropTable(t *testing.T) {
	t.Helper()
	root := dynamodb.NewFromConfig(w.local.Config(localawstest.Root))
	if _, err := root.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("TrackingData")}); err != nil {
		t.Fatal(err)
	}
}

// createTable creates a table whose partition key is not what it should be.
func (w backend) createTable(t *testing.T, key string) {
	t.Helper()
	root := dynamodb.NewFromConfig(w.local.Config(localawstest.Root))
	if _, err := root.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("TrackingData"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &key, AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: &key, KeyType: types.KeyTypeHash}},
	}); err != nil {
		t.Fatal(err)
	}
}

// TestAHoleThatOpensWhileTheServiceRunsStopsIt: IAM evaluates sessions that exist by the policy as it is now, and so does
// the check. The service serves again once the hole is closed.
func TestAHoleThatOpensWhileTheServiceRunsStopsIt(t *testing.T) {
	for _, tc := range []struct {
		name string
		open func(t *testing.T, w backend)
		says string
	}{
		{"LeadingKeys taken out", func(t *testing.T, w backend) { w.edit(t, accessPolicy, withoutLeadingKeys(t)) }, "other-key: AWS allowed it"},
		{"a policy more that allows all", func(t *testing.T, w backend) {
			w.replace(t, accessPolicy, `"Statement": [`, `"Statement": [{"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"},`)
		}, "other-key: AWS allowed it"},
		{"a role that trusts too much", func(t *testing.T, w backend) {
			w.replace(t, accessTrust, `"Statement": [`, `"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::<account-id>:role/TrackingServiceRole"}},`)
		}, "no-tag: AWS allowed it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newBackend(t)
			w.seed(t)
			w.become(t, "TrackingServiceRole")
			s := start(t, w.environ("ISOLATION_CHECK_INTERVAL=1s"))
			s.awaitReady(t)
			token := w.issuer.Token("yellow", "ana")
			served := func() bool { status, _ := s.get(t, "/shipments/1001/eta", token); return status == http.StatusOK }
			if !served() {
				t.Fatal("control: yellow is not served")
			}
			tc.open(t, w)
			poll(t, "yellow, who has a session, is no longer served", func() bool { return !served() })
			s.awaitLog(t, `"level":"ERROR"`, `"msg":"ISOLATION DOES NOT HOLD"`, tc.says, `"serving":false`)
			s.awaitLog(t, `"level":"ERROR"`, `"log":"audit","kind":"check","decision":"allow"`, "AWS allowed it, and must refuse it")
			s.wantMetric(t, `shiptrack_isolation_holds{store="dynamodb"} 0`)
			s.awaitNotIsolated(t)
			s.wantNothingServed(t, w, notIsolated)
			iamtest.Load(t, w.local, iam.Hardened)
			poll(t, "yellow is served again", served)
			s.awaitReady(t)
			s.wantMetric(t, `shiptrack_isolation_holds{store="dynamodb"} 1`)
			s.wantMetric(t, "shiptrack_denials_total 0")
		})
	}
}

// TestTheArticlesPoliciesAreServedUnderReportAlone: they vend a session without the tag.
func TestTheArticlesPoliciesAreServedUnderReportAlone(t *testing.T) {
	w := newBackend(t)
	w.seed(t)
	w.become(t, "TrackingServiceRole")
	iamtest.Load(t, w.local, iam.Article)
	s := start(t, w.environ())
	s.awaitLog(t, `"msg":"ISOLATION DOES NOT HOLD"`, `"reason":"no-tag: AWS allowed it, and must refuse it"`)
	s.awaitNotIsolated(t)
	s.wantNothingServed(t, w, notIsolated)

	reporting := start(t, w.environ("ISOLATION_CHECK=report"))
	reporting.awaitReady(t)
	if status, body := reporting.get(t, "/shipments/1001/eta", w.issuer.Token("yellow", "ana")); status != http.StatusOK {
		t.Errorf("under report yellow gets %d %s", status, body)
	}
	reporting.awaitLog(t, "ISOLATION DOES NOT HOLD", `"serving":true`)
	reporting.awaitLog(t, `"level":"WARN"`, "ISOLATION_CHECK=report")
	reporting.wantMetric(t, `shiptrack_isolation_holds{store="dynamodb"} 0`)
	reporting.wantMetric(t, `shiptrack_isolation_checks_total{result="violated",store="dynamodb"} 1`)
}
