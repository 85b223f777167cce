package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
)

// BenchmarkRequests measures the whole path of a request, from the shipment service by way of the tracking service to localaws,
// with kept tokens and without them. Both demos run at once and take turns, so that what else the machine does slows both.
func BenchmarkRequests(b *testing.B) {
	const burst = 200 // requests of one turn
	kept, anew := newLoad(b, bin), newLoad(b, binWithSetting(b, "OIDC_KEPT_TOKENS=0"))
	for _, l := range []*load{kept, anew} { // sessions, connections
		l.send(b, burst)
		l.took = 0
	}
	sent := 0
	for b.Loop() {
		kept.send(b, burst)
		anew.send(b, burst)
		sent += burst
	}
	b.ReportMetric(0, "ns/op") // of two turns: it says nothing
	b.ReportMetric(float64(sent)/kept.took.Seconds(), "kept-req/s")
	b.ReportMetric(float64(sent)/anew.took.Seconds(), "anew-req/s")
	b.ReportMetric(anew.took.Seconds()/kept.took.Seconds(), "times-faster")
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
		script := fmt.Sprintf("#!/bin/sh\n%s exec '%s' \"$@\"\n", setting, filepath.Join(bin, name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// load is what asks one demo.
type load struct {
	url    string
	tokens []string
	client *http.Client
	took   time.Duration
}

const clients = 8

// newLoad starts a demo of binaries, and gets a token of each of its tenants.
func newLoad(b *testing.B, binaries string) *load {
	b.Helper()
	d := startDemo(b, binaries)
	d.await(b)
	l := &load{url: "http://127.0.0.1:" + d.ports["SHIPMENT_PORT"] + "/shipments/1001/eta", client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}}
	for _, tenant := range []string{"yellow", "blue", "green"} {
		token, err := devissuer.Fetch(b.Context(), "http://127.0.0.1:"+d.ports["ISSUER_PORT"], tenant, "ana")
		if err != nil {
			b.Fatal(err)
		}
		l.tokens = append(l.tokens, token)
	}
	return l
}

// send sends n requests from several clients at once, and adds the time that they took.
func (l *load) send(b *testing.B, n int) {
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
	l.took += time.Since(began)
}

func (l *load) get(ctx context.Context, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url, nil)
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
