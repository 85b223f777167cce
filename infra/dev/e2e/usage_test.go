package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/devissuer"
)

// usageOf is what bin/usage prints with --json.
type usageOf struct {
	Services map[string]struct {
		Tenants map[string]used
		Total   used
	}
	Broken int
}

type used struct {
	Requests, Limited, Failed, Bytes, AWSCalls, Denials int
	CapacityUnits                                       float64
}

// TestUsageIsTheRequestsThatWereSent: of each tenant, to the request, with those that were refused; and the limit of one tenant
// is no other's.
func TestUsageIsTheRequestsThatWereSent(t *testing.T) {
	limits := filepath.Join(t.TempDir(), "limits.json")
	content := `{"defaultTier": "large", "tiers": {"small": {"rate": 0.1, "burst": 5, "inFlight": 100}, "large": {"rate": 100, "burst": 100, "inFlight": 100}}, "tenants": {"yellow": "small"}}`
	if err := os.WriteFile(limits, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	d := startDemo(t, bin, "--limits", limits)
	d.await(t)
	before := d.usage(t) // of the demo's own check
	sent := map[string]used{"yellow": d.ask(t, "yellow", 60), "blue": d.ask(t, "blue", 40), "green": d.ask(t, "green", 20)}
	if sent["yellow"].Limited == 0 || sent["blue"].Limited+sent["green"].Limited > 0 {
		t.Fatalf("sent %+v; want that yellow's requests alone are refused", sent)
	}
	sum := 120 + before.Services["shipment-service"].Total.Requests
	passed := before.Services["tracking-service"].Total.Requests
	for _, of := range sent {
		passed += of.Requests - of.Limited
	}
	after := d.usage(t)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); after = d.usage(t) { // a line is written after its answer
		if after.Services["shipment-service"].Total.Requests >= sum && after.Services["tracking-service"].Total.Requests >= passed {
			break
		}
	}
	front, behind := after.Services["shipment-service"], after.Services["tracking-service"]
	if front.Total.Requests != sum || after.Broken > 0 {
		t.Errorf("%d requests in all, %d broken lines, want %d and none", front.Total.Requests, after.Broken, sum)
	}
	total := 0
	for name, want := range sent {
		got, earlier := front.Tenants[name], before.Services["shipment-service"].Tenants[name]
		total += got.Requests
		if got.Requests-earlier.Requests != want.Requests || got.Limited-earlier.Limited != want.Limited || got.Bytes-earlier.Bytes != want.Bytes {
			t.Errorf("%s: used %+v, before %+v, want %+v more", name, got, earlier, want)
		}
		answered, at, then := want.Requests-want.Limited, behind.Tenants[name], before.Services["tracking-service"].Tenants[name]
		if at.Requests-then.Requests != answered || at.AWSCalls-then.AWSCalls < answered || at.CapacityUnits-then.CapacityUnits != float64(answered)/2 || at.Denials > 0 {
			t.Errorf("%s: the tracking service has %+v, before %+v, want %d requests more, half a unit each, and no denial", name, at, then, answered)
		}
	}
	if total != sum {
		t.Errorf("the sum over tenants is %d, want %d", total, sum)
	}
	d.end(t)
}

// usage runs bin/usage over the demo's logs.
func (d *started) usage(t *testing.T) (u usageOf) {
	t.Helper()
	logs := regexp.MustCompile(`(?m)(/\S*/shiptrack-demo-\d+)`).FindString(d.String())
	out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "usage"), "--json", filepath.Join(logs, "shipment-service.log"), filepath.Join(logs, "tracking-service.log")).Output()
	if err := json.Unmarshal(out, &u); err != nil {
		t.Fatalf("usage: %v\n%s", err, out)
	}
	if err != nil && u.Broken == 0 { // the last line may be half written
		t.Fatal(err)
	}
	return u
}

// ask sends n requests of a tenant, several at once, and returns what came back.
func (d *started) ask(t *testing.T, tenant string, n int) used {
	t.Helper()
	token, err := devissuer.Fetch(t.Context(), "http://127.0.0.1:"+d.ports["ISSUER_PORT"], tenant, "ana")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	back := used{Requests: n}
	for client := range clients {
		all.Go(func() {
			for i := client; i < n; i += clients {
				status, bytes, err := get(t, "http://127.0.0.1:"+d.ports["SHIPMENT_PORT"]+"/shipments/1001/eta", token)
				mu.Lock()
				switch {
				case err != nil || status != http.StatusOK && status != http.StatusTooManyRequests:
					t.Errorf("%s: answered %d, %v", tenant, status, err)
				case status == http.StatusTooManyRequests:
					back.Limited++
				}
				back.Bytes += bytes
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return back
}

func get(t *testing.T, url, token string) (status, bytes int, err error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, len(body), err
}
