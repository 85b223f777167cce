package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
)

// BenchmarkRequests measures the whole path of a request, from the shipment service by way of the tracking service to localaws,
// with kept tokens and without them. Both demos run at once and take turns, and the medians of the turns count: so what else
// the machine does meanwhile changes the figures little.
func BenchmarkRequests(b *testing.B) {
	const requests, turns = 40, 5 // of one turn; of each demo in one iteration
	kept, anew := newLoad(b, bin), newLoad(b, binWithSetting(b, "OIDC_KEPT_TOKENS=0"))
	for _, l := range []*load{kept, anew} { // sessions, connections
		l.send(b, 5*requests)
		l.took = nil
	}
	var ratios []float64
	for b.Loop() {
		for range turns {
			ratios = append(ratios, anew.send(b, requests)/kept.send(b, requests))
		}
	}
	b.ReportMetric(0, "ns/op") // of several turns: it says nothing
	b.ReportMetric(requests/median(kept.took), "kept-req/s")
	b.ReportMetric(requests/median(anew.took), "anew-req/s")
	b.ReportMetric(median(ratios), "times-faster")
}

// BenchmarkStores measures the whole path of a document, from S3 by way of both services, and of a search, from OpenSearch; and of an ETA
// beside them. All are asked of one demo, in turns.
func BenchmarkStores(b *testing.B) {
	const requests, turns = 40, 5
	eta := newLoad(b, bin)
	document, search := *eta, *eta
	document.path, search.path = "/shipments/1001/documents/bill-of-lading.pdf", "/shipments/search?q=hamburg"
	for _, l := range []*load{eta, &document, &search} {
		l.send(b, 5*requests)
		l.took = nil
	}
	var documents, searches []float64
	for b.Loop() {
		for range turns {
			measure := eta.send(b, requests)
			documents = append(documents, document.send(b, requests)/measure)
			searches = append(searches, search.send(b, requests)/measure)
		}
	}
	b.ReportMetric(0, "ns/op") // of several turns: it says nothing
	b.ReportMetric(requests/median(eta.took), "etas/s")
	b.ReportMetric(requests/median(document.took), "documents/s")
	b.ReportMetric(requests/median(search.took), "searches/s")
	b.ReportMetric(median(documents), "document-over-eta")
	b.ReportMetric(median(searches), "search-over-eta")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// binWithSetting returns a folder with the binaries, in which both services run with setting.
func binWithSetting(b *testing.B, setting string) string {
	b.Helper()
	dir := b.TempDir()
	for _, name := range []string{"localaws", "devissuer", "provision"} {
		if err := os.Symlink(filepath.Join(bin, name), filepath.Join(dir, name)); err != nil {
			b.Fatal(err)
		}
	}
	for _, name := range []string{"tracking-service", "shipment-service"} {
		binary := strings.ReplaceAll(filepath.Join(bin, name), "'", `'\''`) // the folder of the checkout may have an apostrophe
		script := fmt.Sprintf("#!/bin/sh\n%s exec '%s' \"$@\"\n", setting, binary)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// load is what asks one demo.
type load struct {
	url    string
	path   string
	tokens []string
	client *http.Client
	took   []float64 // by each turn, in seconds
}

const clients = 8

// newLoad starts a demo of binaries, and gets a token of each of its tenants.
func newLoad(b *testing.B, binaries string) *load {
	b.Helper()
	d := startDemo(b, binaries)
	d.await(b)
	l := &load{url: "http://127.0.0.1:" + d.ports["SHIPMENT_PORT"], path: "/shipments/1001/eta", client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}}
	for _, tenant := range []string{"yellow", "blue", "green"} {
		token, err := devissuer.Fetch(b.Context(), "http://127.0.0.1:"+d.ports["ISSUER_PORT"], tenant, "ana")
		if err != nil {
			b.Fatal(err)
		}
		l.tokens = append(l.tokens, token)
	}
	return l
}

// send sends n requests from several clients at once, and returns the seconds that they took.
func (l *load) send(b *testing.B, n int) float64 {
	b.Helper()
	began := time.Now()
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			for i := client; i < n; i += clients {
				if err := l.get(b.Context(), l.tokens[i%len(l.tokens)]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	l.took = append(l.took, time.Since(began).Seconds())
	return l.took[len(l.took)-1]
}

func (l *load) get(ctx context.Context, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+l.path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}
