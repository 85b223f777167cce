package main

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/infra/tenants"
)

// control is the control plane of w, in its own role.
func (w backend) control(t *testing.T) *tenants.Control {
	t.Helper()
	c, err := tenants.New(tenants.Config{
		AWS: w.local.Config(w.local.RoleCredentials(t, "TrackingTenantsRole", "control")), Account: w.local.Account, Search: w.local.URL,
		Table: provision.TableName, Bucket: localawstest.Bucket,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// session is a session of yellow's that somebody has vended who has the service's credentials.
func (w backend) session(t *testing.T) localawstest.Credentials {
	t.Helper()
	service := w.local.RoleCredentials(t, "TrackingServiceRole", "thief")
	return w.local.Session(t, service, "TrackingAccessRole", "yellow@thief", map[string]string{"TenantID": "yellow"})
}

// read reads yellow's shipment with a session.
func (w backend) read(t *testing.T, session localawstest.Credentials) error {
	t.Helper()
	_, err := dynamodb.NewFromConfig(w.local.Config(session)).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(provision.TableName), Key: map[string]types.AttributeValue{
			"TenantID": &types.AttributeValueMemberS{Value: "yellow"}, "ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
		},
	})
	return err
}

// readers ask for a shipment of each tenant until stop, and counts what is not answered.
type readers struct {
	stop     atomic.Bool
	workers  sync.WaitGroup
	mu       sync.Mutex
	failures []string
	answered map[string]int
}

func (l *readers) run(t *testing.T, w backend, s service, owners ...string) {
	l.answered = map[string]int{}
	for _, owner := range owners {
		token := w.issuer.Token(owner, "ana")
		l.workers.Go(func() {
			for !l.stop.Load() {
				status, body := s.get(t, "/shipments/1001", token)
				l.mu.Lock()
				if l.answered[owner]++; status != http.StatusOK {
					l.failures = append(l.failures, owner+": "+body)
				}
				l.mu.Unlock()
			}
		})
	}
}

func (l *readers) wait(t *testing.T) {
	t.Helper()
	l.stop.Store(true)
	l.workers.Wait()
	if len(l.failures) > 0 || len(l.answered) == 0 {
		t.Errorf("under load %v were answered, and these not: %v", l.answered, l.failures)
	}
}

func TestRevocationEndsSessionsAndNobodyGetsAnError(t *testing.T) {
	w := overLocalaws(t)
	s := start(t, w.environ("DOCUMENTS_BUCKET="+localawstest.Bucket, "OPENSEARCH_ENDPOINT="+w.local.URL))
	s.awaitReady(t)
	s.awaitServed(t, w, lading)
	c := w.control(t)
	before := w.session(t)
	if err := w.read(t, before); err != nil {
		t.Fatal(err)
	}
	var all readers
	all.run(t, w, s, "yellow", "blue", "green") // yellow's sessions are ended, and it gets new ones
	if _, err := c.Revoke(t.Context(), parse(t, "yellow")); err != nil {
		t.Fatal(err)
	}
	if err := w.read(t, before); err == nil || !strings.Contains(err.Error(), "with an explicit deny in a permissions boundary") {
		t.Errorf("the session that was vended before: %v, want the Deny of the boundary", err)
	}
	if err := w.read(t, w.session(t)); err != nil {
		t.Errorf("a session that was vended after: %v", err)
	}
	all.wait(t)
	for _, path := range []string{"/shipments/1001", lading, hamburg} {
		if status, body := s.get(t, path, w.issuer.Token("yellow", "ana")); status != http.StatusOK {
			t.Errorf("yellow's %s: %d %s", path, status, body)
		}
	}
	s.wantMetric(t, "shiptrack_denials_total 0")
}

func TestSuspendedTenantGets403OfItsOwnKindUntilItIsResumed(t *testing.T) {
	w := overLocalaws(t)
	s := start(t, w.environ("DOCUMENTS_BUCKET="+localawstest.Bucket, "OPENSEARCH_ENDPOINT="+w.local.URL))
	s.awaitReady(t)
	s.awaitServed(t, w, lading)
	c, yellow, blue := w.control(t), w.issuer.Token("yellow", "ana"), w.issuer.Token("blue", "ben")
	paths := []string{"/shipments/1001", "/shipments/1001/documents", hamburg}
	want := func(status int, kind string) {
		t.Helper()
		for _, path := range paths {
			if got, body := s.get(t, path, yellow); got != status || !strings.Contains(body, kind) {
				t.Errorf("yellow's %s: %d %s, want %d %s", path, got, body, status, kind)
			}
			if got, body := s.get(t, path, blue); got != http.StatusOK {
				t.Errorf("blue's %s: %d %s", path, got, body)
			}
		}
	}
	if _, err := c.Suspend(t.Context(), parse(t, "yellow")); err != nil {
		t.Fatal(err)
	}
	want(http.StatusForbidden, `"urn:shiptrack:problem:tenant-suspended"`)
	if _, err := c.Resume(t.Context(), parse(t, "yellow")); err != nil {
		t.Fatal(err)
	}
	want(http.StatusOK, "")
	s.wantMetric(t, "shiptrack_denials_total 0")
}

// An upload cannot be sent a second time: its client is asked to.
func TestUploadUnderARevokedSessionIsAskedForAgain(t *testing.T) {
	w := overLocalaws(t)
	s := start(t, w.environ("DOCUMENTS_BUCKET="+localawstest.Bucket, "OPENSEARCH_ENDPOINT="+w.local.URL))
	s.awaitReady(t)
	s.awaitServed(t, w, lading)
	yellow := w.issuer.Token("yellow", "ana")
	put := func(want int) {
		t.Helper()
		if status := s.put(t, "/shipments/1001/documents/own.pdf", yellow, "of yellow"); status != want {
			t.Errorf("upload: %d, want %d", status, want)
		}
	}
	put(http.StatusCreated)
	if _, err := w.control(t).Revoke(t.Context(), parse(t, "yellow")); err != nil {
		t.Fatal(err)
	}
	put(http.StatusServiceUnavailable)
	put(http.StatusCreated)
	s.wantMetric(t, "shiptrack_denials_total 0")
}
