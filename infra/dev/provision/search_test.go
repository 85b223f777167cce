package provision_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"example.com/shiptrack/infra/dev/opensearch"
	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestEachTenantHasAnIndexOfKnownFieldsHoweverOftenItRuns(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	client := opensearch.Client{Endpoint: l.URL, Region: cfg.Region, Credentials: cfg.Credentials}
	yellow := id(t, "yellow")
	for range 2 {
		if err := provision.Indexes(t.Context(), cfg, l.URL, yellow, id(t, "blue")); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Do(t.Context(), http.MethodPut, "yellow-shipments/_doc/1001", []byte(`{"places":["Rotterdam NLRTM"],"statusCode":"PLANNED"}`)); err != nil {
			t.Fatal(err)
		}
	}
	for body, want := range map[string]string{
		`{"query":{"match":{"places":"rotterdam"}}}`:        `"_id":"1001"`,
		`{"query":{"term":{"statusCode":"PLANNED"}}}`:       `"_id":"1001"`,
		`{"query":{"term":{"statusCode":"planned"}}}`:       `"hits":[]`,
		`{"query":{"match_all":{}},"sort":[{"eta":"asc"}]}`: `"_id":"1001"`,
	} {
		answer, err := client.Do(t.Context(), http.MethodGet, "yellow-shipments/_search", []byte(body))
		if err != nil || !strings.Contains(string(answer.Body), want) || answer.RequestID == "" {
			t.Errorf("%s: %s, %v, want %s", body, answer.Body, err, want)
		}
	}
	_, err := client.Do(t.Context(), http.MethodPut, "yellow-shipments/_doc/1002", []byte(`{"tenant":"blue"}`))
	localawstest.WantFailure(t, err, "strict_dynamic_mapping_exception", http.StatusBadRequest)
}

func TestIndexThatCannotBeMadeIsAnError(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	cfg.Credentials = credentials.NewStaticCredentialsProvider("test", "wrong", "")
	err := provision.Indexes(t.Context(), cfg, l.URL, id(t, "yellow"))
	localawstest.WantFailure(t, err, "AccessDeniedException", http.StatusForbidden)
	if !strings.HasPrefix(err.Error(), "index yellow-shipments: ") {
		t.Errorf("got %v, want an error that names the index", err)
	}
}

func TestIndexThatIsLostIsNotInPlace(t *testing.T) {
	l := localawstest.Start(t)
	policies, err := iam.Embedded(iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	d := provision.Demonstration{Endpoint: l.URL, Region: l.Region, Policies: policies, Out: io.Discard}
	cfg := l.Config(localawstest.Root)
	client := opensearch.Client{Endpoint: l.URL, Region: cfg.Region, Credentials: cfg.Credentials}
	for range 2 {
		if err := d.Put(t.Context()); err != nil {
			t.Fatal(err)
		}
		if there, err := d.InPlace(t.Context()); err != nil || !there {
			t.Errorf("in place: %t, %v", there, err)
		}
		if _, err := client.Do(t.Context(), http.MethodDelete, "check.a-shipments", nil); err != nil {
			t.Fatal(err)
		}
		if there, err := d.InPlace(t.Context()); err != nil || there {
			t.Errorf("without an index in place: %t, %v", there, err)
		}
	}
}
