package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/keyalias"
	"example.com/shiptrack/pkg/tenant"
	"example.com/shiptrack/tracking-service/internal/s3/s3test"
)

const (
	lading       = "/shipments/1001/documents/bill-of-lading.pdf"
	bucketHolds  = `shiptrack_isolation_holds{store="s3"} 1`
	storeIsAway  = `"msg":"a store is away"`
	notYetServed = "s3 is not served"
)

// put stores a document and returns the answer's status.
func (s service) put(t *testing.T, path, token, content string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/pdf")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

func TestEachTenantGetsItsOwnDocuments(t *testing.T) {
	w, s := serving(t, lading)
	contents := map[string]bool{}
	for _, owner := range []string{"yellow", "blue", "green"} {
		token := w.issuer.Token(owner, "ana")
		status, body := s.get(t, lading, token)
		if status != http.StatusOK || !strings.HasPrefix(body, "%PDF-") {
			t.Fatalf("%s: %d %.40q", owner, status, body)
		}
		contents[body] = true
		if status, body := s.get(t, "/shipments/1001/documents", token); status != http.StatusOK || strings.Count(body, `"name"`) != 2 {
			t.Errorf("%s's list: %d %s", owner, status, body)
		}
		if status := s.put(t, "/shipments/1001/documents/own.pdf", token, "of "+owner); status != http.StatusCreated {
			t.Errorf("%s's upload: %d", owner, status)
		}
	}
	if len(contents) != 3 {
		t.Errorf("three tenants have %d contents of one name", len(contents))
	}
	for _, owner := range []string{"yellow", "blue", "green"} {
		if status, body := s.get(t, "/shipments/1001/documents/own.pdf", w.issuer.Token(owner, "ana")); status != http.StatusOK || body != "of "+owner {
			t.Errorf("%s reads %d %q", owner, status, body)
		}
	}
	blue := w.issuer.Token("blue", "ben")
	foreign, foreignBody := s.get(t, "/shipments/1002/documents/bill-of-lading.pdf", blue)
	unknown, unknownBody := s.get(t, "/shipments/9999/documents/bill-of-lading.pdf", blue)
	if foreign != 404 || unknown != 404 || foreignBody != unknownBody {
		t.Errorf("yellow's document as blue: %d %s; an unknown one: %d %s; want the same 404", foreign, foreignBody, unknown, unknownBody)
	}
	if status := s.put(t, "/shipments/1002/documents/x.pdf", blue, "x"); status != 404 {
		t.Errorf("blue's upload to yellow's shipment: %d, want 404", status)
	}
	for _, want := range []string{
		`"action":"s3:PutObject","resource":"shiptrack-000000000000/blue/1001/own.pdf"`, "assumed-role/TrackingWriteRole/blue@test-1",
		`"action":"s3:GetObject","resource":"shiptrack-000000000000/blue/1001/own.pdf"`, "assumed-role/TrackingAccessRole/blue@test-1",
	} {
		if !strings.Contains(s.logs.String(), want) {
			t.Errorf("the audit log lacks %s", want)
		}
	}
	s.wantMetric(t, bucketHolds)
	s.wantMetric(t, "shiptrack_denials_total 0")
}

func TestLimitOfDocumentsIsTheSettings(t *testing.T) {
	w, s := serving(t, lading, "DOCUMENT_MAX_BYTES=10")
	for content, want := range map[string]int{strings.Repeat("x", 10): http.StatusCreated, strings.Repeat("x", 11): http.StatusRequestEntityTooLarge} {
		if status := s.put(t, "/shipments/1001/documents/x.pdf", w.issuer.Token("yellow", "ana"), content); status != want {
			t.Errorf("%d bytes: %d, want %d", len(content), status, want)
		}
	}
}

// A 403 of S3 after the list is what no caller can cause.
func TestDenialByS3IsAnAlarm(t *testing.T) {
	w, s := serving(t, lading)
	w.bucket.Refuse(func(c s3test.Call) (int, string) {
		if strings.HasPrefix(c.Target, "/"+testBucket+"/yellow/") {
			return http.StatusForbidden, "AccessDenied"
		}
		return otherTenants(c)
	})
	if status, body := s.get(t, lading, w.issuer.Token("yellow", "ana")); status != http.StatusForbidden {
		t.Errorf("%d %s, want 403", status, body)
	}
	if status, _ := s.get(t, lading, w.issuer.Token("blue", "ben")); status != http.StatusOK {
		t.Errorf("the control: %d", status)
	}
	s.awaitLog(t, `"kind":"access","decision":"deny"`, `"action":"s3:GetObject"`)
	s.wantMetric(t, "shiptrack_denials_total 1")
}

func TestBucketThatIsAwayTakesDocumentsAloneAway(t *testing.T) {
	w, s := serving(t, lading)
	token := w.issuer.Token("yellow", "ana")
	w.bucket.Refuse(func(s3test.Call) (int, string) { return http.StatusServiceUnavailable, "ServiceUnavailable" })
	for _, path := range []string{lading, "/shipments/1001/documents"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v, want 503 with Retry-After", path, response.StatusCode, response.Header)
		}
	}
	if status := s.put(t, lading, token, "x"); status != http.StatusServiceUnavailable {
		t.Errorf("an upload: %d, want 503", status)
	}
	s.wantETAs(t, w, "s3 is away")
	s.awaitLog(t, `"level":"WARN"`, storeIsAway, `"store":"s3"`)
	w.bucket.Refuse(otherTenants)
	s.awaitServed(t, w, lading)
	if status, body := s.get(t, "/readyz", ""); status != http.StatusOK || body != "ok\n" {
		t.Errorf("/readyz: %d %q, want no note any more", status, body)
	}
	s.awaitLog(t, `"msg":"the store answers again"`, `"store":"s3"`)
}

// wantETAs checks that what the table holds is served, and that /readyz is 200 with note.
func (s service) wantETAs(t *testing.T, w backend, note string) {
	t.Helper()
	if status, body := s.get(t, "/shipments/1001/eta", w.issuer.Token("yellow", "ana")); status != http.StatusOK {
		t.Errorf("the ETA: %d %s", status, body)
	}
	if status, body := s.get(t, "/readyz", ""); status != http.StatusOK || !strings.HasPrefix(body, "ok\n") || !strings.Contains(body, note) {
		t.Errorf("/readyz: %d %q, want 200 and %q", status, body, note)
	}
}

// TestBucketThatIsNotShownToBeIsolatedTakesDocumentsAloneAway: each fault is mended while the service runs.
func TestBucketThatIsNotShownToBeIsolatedTakesDocumentsAloneAway(t *testing.T) {
	a, _ := tenant.IsolationCheck()
	refusing := func(method, part string, status int, code string) func(s3test.Call) (int, string) {
		return func(c s3test.Call) (int, string) {
			if c.Method == method && strings.Contains(c.Target, part) && strings.Contains(c.Target, a.String()) {
				return status, code
			}
			return otherTenants(c)
		}
	}
	for _, tc := range []struct {
		name string
		call func(s3test.Call) (int, string)
		says []string
	}{
		{"no bucket", refusing(http.MethodPut, "", 404, "NoSuchBucket"), []string{"own-put: NoSuchBucket", "or there is no bucket " + testBucket}},
		{"no key for the check", refusing(http.MethodPut, "", 400, "KMS.NotFoundException"), []string{"own-put: KMS.NotFoundException"}},
		{"no key for its peer", func(c s3test.Call) (int, string) {
			if _, b := tenant.IsolationCheck(); c.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") == keyalias.Of(b) && strings.Contains(c.Target, b.String()) {
				return 400, "KMS.NotFoundException"
			}
			return otherTenants(c)
		}, []string{"peer-put: KMS.NotFoundException"}},
		{"no permission to read", refusing(http.MethodGet, "/probe", 403, "AccessDenied"), []string{"own-get: AccessDenied"}},
		{"no permission to list", refusing(http.MethodGet, "list-type", 403, "AccessDenied"), []string{"own-list: AccessDenied"}},
		{"away", refusing(http.MethodPut, "", 503, "SlowDown"), []string{"own-put: ", "inconclusive"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			w := newBackend(t)
			w.seed(t)
			w.become(t, "TrackingServiceRole")
			w.bucket.Refuse(tc.call)
			s := start(t, w.environ())
			s.awaitReady(t)
			s.awaitLog(t, append(tc.says, `"msg":"the isolation check shows nothing"`, `"store":"s3"`)...)
			s.wantETAs(t, w, notYetServed)
			if status, body := s.get(t, lading, w.issuer.Token("yellow", "ana")); status != http.StatusServiceUnavailable || !strings.Contains(body, unavailable) {
				t.Errorf("a document: %d %s, want 503", status, body)
			}
			w.bucket.Refuse(otherTenants)
			s.awaitServed(t, w, lading)
			s.wantETAs(t, w, "")
			s.wantMetric(t, bucketHolds)
			s.wantMetric(t, "shiptrack_denials_total 0")
		})
	}
}

func TestAHoleInAnyStoreClosesAll(t *testing.T) {
	_, b := tenant.IsolationCheck()
	for name, open := range map[string]func(s3test.Call) bool{
		"other-head":    func(c s3test.Call) bool { return c.Method == http.MethodHead },
		"other-list":    func(c s3test.Call) bool { return strings.Contains(c.Target, "prefix="+b.String()) },
		"other-put":     func(c s3test.Call) bool { return c.Method == http.MethodPut && strings.Contains(c.Target, b.String()) },
		"other-kms-key": func(c s3test.Call) bool { return c.Method == http.MethodPut && !strings.Contains(c.Target, b.String()) },
	} {
		t.Run(name, func(t *testing.T) {
			w, s := serving(t, lading, "ISOLATION_CHECK_INTERVAL=1s")
			w.bucket.Refuse(func(c s3test.Call) (int, string) {
				if open(c) {
					return 0, ""
				}
				return otherTenants(c)
			})
			s.awaitLog(t, `"level":"ERROR"`, `"msg":"ISOLATION DOES NOT HOLD"`, `"store":"s3"`, name+": AWS allowed it")
			s.awaitNotIsolated(t)
			s.wantNothingServed(t, w, notIsolated)
			if status, body := s.get(t, lading, w.issuer.Token("yellow", "ana")); status != http.StatusServiceUnavailable || !strings.Contains(body, notIsolated) {
				t.Errorf("a document: %d %s", status, body)
			}
			s.wantMetric(t, `shiptrack_isolation_holds{store="s3"} 0`)
			w.bucket.Refuse(otherTenants)
			s.awaitReady(t)
			s.awaitServed(t, w, lading)
		})
	}
}

// The article's roles, whose sessions need no tag, are reported for both roles.
func TestWritingRoleThatNeedsNoTagIsAHole(t *testing.T) {
	w, s := serving(t, lading, "ISOLATION_CHECK_INTERVAL=1s")
	w.replace(t, "TrackingWriteRole/trust.json", `"Statement": [`, `"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::<account-id>:role/TrackingServiceRole"}},`)
	s.awaitLog(t, `"msg":"ISOLATION DOES NOT HOLD"`, `"store":"s3"`, "write-no-tag: AWS allowed it")
	s.awaitNotIsolated(t)
	s.wantNothingServed(t, w, notIsolated)
	if status, body := s.get(t, lading, w.issuer.Token("yellow", "ana")); status != http.StatusServiceUnavailable {
		t.Errorf("a document: %d %s", status, body)
	}
}

// A hole in the table closes documents too.
func TestAHoleInTheTableClosesDocuments(t *testing.T) {
	w, s := serving(t, lading, "ISOLATION_CHECK_INTERVAL=1s")
	w.edit(t, accessPolicy, withoutLeadingKeys(t))
	poll(t, "documents are no longer served", func() bool {
		status, body := s.get(t, lading, w.issuer.Token("yellow", "ana"))
		return status == http.StatusServiceUnavailable && strings.Contains(body, notIsolated)
	})
}

func TestSeedStoresTheDocumentsUnderItsOwnRole(t *testing.T) {
	w := newBackend(t)
	if said := w.seed(t); !strings.Contains(said, "seeded blue: 13 shipments, 5 documents\n") {
		t.Errorf("seed says %q", said)
	}
	stored := w.bucket.Objects()
	if len(stored) != 15 || stored["yellow/1001/bill-of-lading.pdf"].Type != "application/pdf" || stored["green/3006/proof-of-delivery.png"].Type != "image/png" {
		t.Errorf("stored %d: %v", len(stored), fmt.Sprint(stored)[:200])
	}
}
