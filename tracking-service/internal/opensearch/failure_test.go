package opensearch_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/pkg/audit"
	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/awscall/awscalltest"
	"example.com/shiptrack/tracking-service/internal/opensearch/opensearchtest"
	"example.com/shiptrack/tracking-service/internal/search"
)

func own(reason string) string {
	return `{"error":{"root_cause":[],"type":"` + reason + `","reason":"as AWS words it"},"status":400}`
}

func TestFailuresMapToTheirKind(t *testing.T) {
	for _, test := range []struct {
		name     string
		answer   opensearchtest.Refusal
		want     problem.Kind
		decision audit.Decision
		away     bool
	}{
		{"a denial is an alarm", opensearchtest.Denied, problem.Denied, audit.Deny, false},
		{"a refusal without words", opensearchtest.Refusal{Status: 403}, problem.Denied, audit.Deny, false},
		{"an unknown session", opensearchtest.Refusal{Status: 403, Body: `{"message":"The security token included in the request is invalid."}`}, problem.Denied, audit.Deny, false},
		{"a wrong signature", opensearchtest.Refusal{Status: 403, Body: `{"message":"The request signature we calculated does not match"}`}, problem.Denied, audit.Deny, false},
		{"refused by OpenSearch's own security", opensearchtest.Refusal{Status: 403, Body: own("security_exception")}, problem.Denied, audit.Deny, false},
		{"expired session", opensearchtest.Refusal{Status: 403, Body: `{"message":"The security token included in the request is expired"}`}, problem.Unavailable, audit.Failed, true},
		{"throttled", opensearchtest.Refusal{Status: 429, Body: own("circuit_breaking_exception")}, problem.Unavailable, audit.Failed, true},
		{"its own failure", opensearchtest.Refusal{Status: 500, Body: own("exception")}, problem.Unavailable, audit.Failed, true},
		{"a front that finds no node", opensearchtest.Refusal{Status: 504, Body: `<html>`}, problem.Unavailable, audit.Failed, true},
		{"another 404", opensearchtest.Refusal{Status: 404, Body: own("resource_not_found_exception")}, problem.Internal, audit.Failed, false},
		{"a bad body", opensearchtest.Refusal{Status: 400, Body: own("parsing_exception")}, problem.Internal, audit.Failed, false},
		{"moved", opensearchtest.Refusal{Status: 302}, problem.Internal, audit.Failed, false},
	} {
		for name, call := range map[string]func(k kit) error{
			"Search": func(k kit) error {
				_, err := k.Search(awscalltest.As(t, "yellow"), search.Question{}, 1, nil)
				return err
			},
			"Put": func(k kit) error { return k.Put(awscalltest.As(t, "yellow"), []search.Entry{entry(t, "1001", 0)}) },
		} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				k := newKit(t)
				k.domain.Refuse(func(opensearchtest.Call) opensearchtest.Refusal { return test.answer })
				err := call(k)
				awscalltest.WantKind(t, err, test.want)
				if got := k.trail.Last(t); got.Decision != test.decision || got.Reason == "" || got.AWSRequestID == "" {
					t.Errorf("audited %+v, want %s", got, test.decision)
				}
				p := problem.From(err)
				if strings.Contains(p.Detail, "AWS") || strings.Contains(p.Detail, "exception") || test.want == problem.Unavailable && p.RetryAfter == 0 {
					t.Errorf("the caller is told %q, to come back after %v", p.Detail, p.RetryAfter)
				}
				if k.outage.Away() != test.away || len(k.domain.Calls()) != 1 {
					t.Errorf("away: %t, want %t; %d calls, want 1", k.outage.Away(), test.away, len(k.domain.Calls()))
				}
			})
		}
	}
}

func TestDomainThatDoesNotAnswerIsAwayUntilItDoes(t *testing.T) {
	k := newKit(t)
	k.domain.Put("yellow-shipments", "x", `{}`)
	k.domain.Refuse(func(opensearchtest.Call) opensearchtest.Refusal { panic(http.ErrAbortHandler) })
	_, err := k.Search(awscalltest.As(t, "yellow"), search.Question{Words: "none"}, 1, nil)
	awscalltest.WantKind(t, err, problem.Unavailable)
	if problem.From(err).RetryAfter == 0 || !k.outage.Away() {
		t.Errorf("%v, away: %t; want RetryAfter, and away", err, k.outage.Away())
	}
	k.domain.Refuse(func(opensearchtest.Call) opensearchtest.Refusal { return opensearchtest.Refusal{} })
	if page := k.search(t, "yellow", "none", "", 1, nil); page.Total != 0 || k.outage.Away() {
		t.Errorf("%d hits, away: %t", page.Total, k.outage.Away())
	}
}

func TestSlowDomainIsATimeout(t *testing.T) {
	k := newKit(t)
	ended := make(chan struct{})
	defer close(ended)
	ctx, cancel := context.WithTimeout(awscalltest.As(t, "yellow"), 20*time.Millisecond)
	defer cancel()
	k.domain.Refuse(func(opensearchtest.Call) opensearchtest.Refusal { <-ended; return opensearchtest.Refusal{} })
	_, err := k.Search(ctx, search.Question{}, 1, nil)
	awscalltest.WantKind(t, err, problem.Timeout)
	if !k.outage.Away() || problem.From(err).RetryAfter == 0 {
		t.Errorf("a slow domain: away %t, %+v; want away, and when to try again", k.outage.Away(), problem.From(err))
	}
}

const whole = `{"shipmentId":"1001","statusCode":"PLANNED","eta":"2026-03-01T12:00:00Z","origin":"SGSIN","destination":"NLRTM"}`

// found is an answer with one hit.
func found(index, id, source, sort string) string {
	return fmt.Sprintf(`{"timed_out":false,"_shards":{"failed":0},"hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_index":%q,"_id":%q,"_source":%s,"sort":%s}]}}`, index, id, source, sort)
}

func TestAnswersThatMakeNoSenseAreRefused(t *testing.T) {
	good := found("yellow-shipments", "1001", whole, `[1.5,"1001"]`)
	for _, test := range []struct {
		name, answer string
		want         problem.Kind // Invalid: it is taken
		decision     audit.Decision
	}{
		{"the control", good, problem.Invalid, audit.Allow},
		{"another tenant's index", strings.ReplaceAll(good, "yellow-", "blue-"), problem.Internal, audit.Deny},
		{"a twin's index", strings.ReplaceAll(good, "yellow-", "yellow-eu-"), problem.Internal, audit.Deny},
		{"another id", found("yellow-shipments", "1002", whole, `[1.5,"1001"]`), problem.Internal, audit.Failed},
		{"no place in the order", found("yellow-shipments", "1001", whole, `[]`), problem.Internal, audit.Failed},
		{"another place in the order", found("yellow-shipments", "1001", whole, `[1.5,"1002"]`), problem.Internal, audit.Failed},
		{"no shipment", found("yellow-shipments", "1001", `{"shipmentId":"1001"}`, `[1.5,"1001"]`), problem.Internal, audit.Failed},
		{"more hits than asked for", strings.Replace(good, `"hits":[{`, `"hits":[{"_index":"yellow-shipments","_id":"1"},{"_index":"yellow-shipments","_id":"2"},{`, 1), problem.Internal, audit.Failed},
		{"members twice", strings.Replace(good, `"_id":"1001"`, `"_id":"1001","_id":"1001"`, 1), problem.Internal, audit.Failed},
		{"no hits", `{"acknowledged":true}`, problem.Internal, audit.Failed},
		{"no JSON", `<html>`, problem.Internal, audit.Failed},
		{"too long", good + strings.Repeat(" ", 4<<20), problem.Internal, audit.Failed},
		{"a shard that failed", strings.Replace(good, `"failed":0`, `"failed":1`, 1), problem.Unavailable, audit.Failed},
		{"a search that was cut off", strings.Replace(good, `"timed_out":false`, `"timed_out":true`, 1), problem.Unavailable, audit.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			k := newKit(t)
			k.domain.Refuse(func(opensearchtest.Call) opensearchtest.Refusal {
				return opensearchtest.Refusal{Status: 200, Body: test.answer}
			})
			page, err := k.Search(awscalltest.As(t, "yellow"), search.Question{}, 1, nil)
			if test.want == problem.Invalid {
				if err != nil || len(page.Hits) != 1 {
					t.Fatalf("%+v, %v", page, err)
				}
			} else {
				awscalltest.WantKind(t, err, test.want)
			}
			if got := k.trail.Last(t); got.Decision != test.decision {
				t.Errorf("audited %+v, want %s", got, test.decision)
			}
		})
	}
}
