//go:build compose && linux

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"example.com/shiptrack/infra/dev/devissuer"
)

// TestHostileClientsNeitherEndAProcessNorLockATenantOut sends floods of connections and the largest bodies to every
// server of the stack, from nobody, from the root key that everybody knows, and from a tenant. Meanwhile another tenant
// asks for its shipment. The containers have Compose's own memory limits.
func TestHostileClientsNeitherEndAProcessNorLockATenantOut(t *testing.T) {
	heals(t, "nothing")
	before := containers(t)
	for _, c := range before {
		resetPeak(t, c.State.Pid)
	}
	yellow, err := yellowsSession(t).Options().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := watchTenant(t)
	for _, f := range floods(t, before, yellow) {
		seen.during(f.name)
		f.run(t, 3*time.Second)
	}
	seen.during("the largest bodies")
	largestBodies(t, yellow, 12*time.Second)
	seen.end(t)
	settled(t, before)
}

// flood is what many connections send to servers: a request that never ends.
type flood struct {
	name        string
	connections int
	dial        []func(context.Context) (net.Conn, error) // by turns
	text        []byte
}

// In all 500 connections for localaws, which has the most to lose, and 200 for each server at a time.
const (
	atLocalaws   = 500
	atEachServer = 200
)

func floods(t *testing.T, all map[string]container, tenant aws.Credentials) []flood {
	t.Helper()
	localaws := port("LOCALAWS_PORT", "4566")
	// From within the containers: through a published port most of the work would be that of Docker's proxy.
	var servers []func(context.Context) (net.Conn, error)
	for _, s := range [][2]string{
		{"localaws", "4566"}, {"devissuer", "8082"}, {"shipment-service", "8080"}, {"shipment-service", "9080"},
		{"tracking-service", "8081"}, {"tracking-service", "9081"}, {"tracking-credentials", "4567"},
	} {
		servers = append(servers, dialIn(t, all[s[0]].State.Pid, "127.0.0.1:"+s[1]))
	}
	const start = "POST /token HTTP/1.1\r\nHost: localhost\r\n"
	var lines strings.Builder
	for i := 0; lines.Len() < 30<<10; i++ {
		fmt.Fprintf(&lines, "%x:\r\n", i)
	}
	var list []flood
	for _, piece := range [][2]string{
		{"nothing", ""},
		{"a header of many lines", start + lines.String()},
		{"a header of one line", start + "A: " + strings.Repeat("a", 30<<10)},
		{"a large body", start + "Content-Length: 16000000\r\n\r\n" + strings.Repeat(" ", 256<<10)},
		{"a form", start + "Content-Length: 4000\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" + strings.Repeat("a&", 1900)},
	} {
		list = append(list, flood{"every server, " + piece[0], atEachServer * len(servers), servers, []byte(piece[1])})
	}
	for _, by := range []struct {
		name string
		key  aws.Credentials
	}{{"the root key", rootKey}, {"a tenant", tenant}} {
		list = append(list,
			flood{"localaws, a batch of " + by.name, atLocalaws, servers[:1], signed(t, by.key, localaws, "BatchWriteItem", 16<<20, 256<<10)},
			flood{"localaws, a read of " + by.name, atLocalaws, servers[:1], signed(t, by.key, localaws, "GetItem", 16<<10, 15<<10)})
	}
	return list
}

var rootKey = aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}

func dial(address string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", address) }
}

// dialIn dials in the network of a container, whose loopback is not ours. One thread enters that network, dials for all, and
// ends with its goroutine.
func dialIn(t *testing.T, pid int, address string) func(context.Context) (net.Conn, error) {
	t.Helper()
	type dialed struct {
		conn net.Conn
		err  error
	}
	asked, answers, entered := make(chan context.Context), make(chan dialed), make(chan error)
	go func() {
		runtime.LockOSThread()
		network, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err == nil {
			defer network.Close()
			if _, _, errno := syscall.RawSyscall(sysSetns, network.Fd(), syscall.CLONE_NEWNET, 0); errno != 0 {
				err = errno
			}
		}
		entered <- err
		for ctx := range asked {
			conn, err := dial(address)(ctx)
			answers <- dialed{conn, err}
		}
	}()
	t.Cleanup(func() { close(asked) })
	if err := <-entered; err != nil {
		t.Fatalf("the network of the container of process %d cannot be entered: %v", pid, err)
	}
	var turn sync.Mutex
	return func(ctx context.Context) (net.Conn, error) {
		turn.Lock()
		defer turn.Unlock()
		asked <- ctx
		d := <-answers
		return d.conn, d.err
	}
}

const sysSetns = 308 // of amd64; package syscall has no name for it

// signed is a request of which no header shows that its signature does not fit.
func signed(t *testing.T, c aws.Credentials, host, operation string, size, sent int) []byte {
	r := request(t, c, host, operation, nil)
	var out bytes.Buffer
	fmt.Fprintf(&out, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", host, size)
	if err := r.Header.Write(&out); err != nil {
		t.Error(err)
	}
	out.WriteString("\r\n" + strings.Repeat(" ", sent))
	return out.Bytes()
}

func request(t *testing.T, c aws.Credentials, host, operation string, body []byte) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+"/", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return nil
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	if c.AccessKeyID == "" {
		return r
	}
	// The length is not signed: unfinished requests declare another.
	r.ContentLength = -1
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(t.Context(), c, r, hex.EncodeToString(sum[:]), "dynamodb", cmp.Or(os.Getenv("AWS_REGION"), "us-east-1"), time.Now()); err != nil {
		t.Error(err)
	}
	r.ContentLength = int64(len(body))
	return r
}

// run keeps the connections open for a while; one that the server closes is opened again.
func (f flood) run(t *testing.T, lasting time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lasting)
	defer cancel()
	var mu sync.Mutex
	opened, failed := 0, error(nil)
	var all sync.WaitGroup
	for i := range f.connections {
		all.Go(func() {
			again := time.NewTicker(time.Second)
			defer again.Stop()
			for ctx.Err() == nil {
				conn, err := f.dial[i%len(f.dial)](ctx)
				mu.Lock()
				if err == nil {
					opened++
				} else if ctx.Err() == nil {
					failed = err
				}
				mu.Unlock()
				if err == nil {
					stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
					_, _ = conn.Write(f.text)        // it may be closed meanwhile
					_, _ = io.Copy(io.Discard, conn) // until it is
					stop()
					_ = conn.Close()
				}
				select {
				case <-ctx.Done():
				case <-again.C:
				}
			}
		})
	}
	all.Wait()
	t.Logf("%s: %d connections", f.name, opened)
	if opened < f.connections/4 { // a slow machine
		t.Errorf("%s: %d connections could be opened, want %d; the last error: %v", f.name, opened, f.connections, failed)
	}
}

// largestBodies sends the largest bodies of each kind, whole.
func largestBodies(t *testing.T, tenant aws.Credentials, lasting time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lasting)
	defer cancel()
	fill := func(size int, open, each, end string) []byte {
		n := (size - len(open) - len(end)) / len(each)
		return []byte(open + strings.TrimSuffix(strings.Repeat(each, n), ",") + end)
	}
	item := func(elements string, n int) string {
		return `{"PutRequest":{"Item":{"TenantID":{"S":"blue"},"ShipmentID":{"S":"1"},"a":{"L":[` + strings.TrimSuffix(strings.Repeat(elements, n), ",") + `]}}}},`
	}
	batch := func(one string) []byte {
		return []byte(`{"RequestItems":{"TrackingData":[` + strings.TrimSuffix(strings.Repeat(one, min(25, (16<<20-100)/len(one))), ",") + `]}}`)
	}
	const mib = 1 << 20
	bodies := []struct {
		operation string
		body      []byte
	}{
		{"BatchExecuteStatement", fill(16*mib, `{"Statements":[`, `{},`, `]}`)},
		{"BatchExecuteStatement", fill(4*mib, `{"Statements":[`, `{},`, `]}`)},
		{"BatchWriteItem", batch(item(`{"M":{"a":{"L":[]}}},`, 40000))},
		{"BatchWriteItem", batch(item(`{"SS":["a"]},`, 65000))},
		{"TransactWriteItems", fill(16*mib, `{"TransactItems":[`, `{"Put":{}},`, `]}`)},
		{"GetItem", fill(4*mib, `{"TableName":"TrackingData","Key":{`, `"`+strings.Repeat("n", 60000)+`":{"S":"a"},`, `}}`)},
		{"ExecuteTransaction", fill(mib, `{"TransactStatements":[`, `{"Statement":"SELECT * FROM TrackingData WHERE TenantID IN [`+strings.TrimSuffix(strings.Repeat("1,", 4000), ",")+`]"},`, `]}`)},
		{"BatchExecuteStatement", fill(210_000, `{"Statements":[`, `{"Statement":"SELECT * FROM TrackingData WHERE a IN `+strings.Repeat("[", 8000)+`"},`, `]}`)},
	}
	// The root key may do what it asks for, so that its batches would be carried out.
	callers := map[string]aws.Credentials{"nobody": {}, "a tenant": tenant}
	host := port("LOCALAWS_PORT", "4566")
	var mu sync.Mutex
	answers := map[string]int{}
	var all sync.WaitGroup
	for name, c := range callers {
		for worker := range 4 {
			all.Go(func() {
				client := &http.Client{Timeout: 20 * time.Second}
				for i := worker; ctx.Err() == nil; i++ {
					b := bodies[i%len(bodies)]
					r := request(t, c, host, b.operation, b.body)
					answer := "broken off"
					if response, err := client.Do(r); err == nil {
						answer = strconv.Itoa(response.StatusCode)
						_ = response.Body.Close()
					}
					mu.Lock()
					answers[name+" "+answer]++
					mu.Unlock()
				}
			})
		}
	}
	all.Wait()
	t.Logf("largest bodies: %v", answers)
	if answers["a tenant 400"] == 0 {
		t.Errorf("no large body of the tenant was read and refused: %v", answers)
	}
}

// tenantSeen is how another tenant is answered meanwhile.
type tenantSeen struct {
	cancel context.CancelFunc
	ended  chan struct{}

	mu     sync.Mutex
	attack string
	all    []seenAnswer
}

type seenAnswer struct {
	attack string
	took   time.Duration
	steps  string // when the request got how far
	wrong  string // not a 200; "": a 200
}

func (s *tenantSeen) during(attack string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attack = attack
}

// within is what a tenant is promised; bound is for a machine on which much else runs.
const (
	within = time.Second
	bound  = 5 * time.Second
)

func watchTenant(t *testing.T) *tenantSeen {
	t.Helper()
	token, err := devissuer.Fetch(t.Context(), "http://"+port("ISSUER_PORT", "8082"), "blue", "ben")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &tenantSeen{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		client := &http.Client{Timeout: 4 * bound}
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			s.mu.Lock()
			a := seenAnswer{attack: s.attack}
			s.mu.Unlock()
			began := time.Now()
			a.steps, a.wrong = askETA(ctx, client, token)
			a.took = time.Since(began)
			if ctx.Err() == nil {
				s.all = append(s.all, a)
			}
			<-tick.C
		}
	}()
	return s
}

func askETA(ctx context.Context, client *http.Client, token string) (steps, wrong string) {
	var mu sync.Mutex // a connection may still be dialed when another has answered
	began := time.Now()
	step := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		steps += fmt.Sprintf(", %s after %v", name, time.Since(began).Round(time.Millisecond))
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) {
			step(fmt.Sprintf("a connection (kept: %t)", i.Reused))
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { step("sent") },
		GotFirstResponseByte: func() { step("answered") },
	})
	wrong = ask(ctx, client, token)
	mu.Lock()
	defer mu.Unlock()
	return steps, wrong
}

func ask(ctx context.Context, client *http.Client, token string) (wrong string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+port("SHIPMENT_PORT", "8080")+"/shipments/1001/eta", nil)
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return response.Status + " " + string(body)
	}
	return ""
}

func (s *tenantSeen) end(t *testing.T) {
	t.Helper()
	s.cancel()
	<-s.ended
	slices.SortFunc(s.all, func(a, b seenAnswer) int { return cmp.Compare(a.took, b.took) })
	n, wrong := len(s.all), 0
	for _, a := range s.all {
		if a.wrong != "" {
			wrong++
		}
		if a.took > within || a.wrong != "" {
			t.Logf("%s: another tenant waited %v for its answer%s. %s", a.attack, a.took, a.steps, a.wrong)
		}
	}
	slowest := s.all[n-1].took
	t.Logf("another tenant asked %d times: median %v, 95 of 100 within %v, all within %v; %d went wrong", n, s.all[n/2].took, s.all[n*95/100].took, slowest, wrong)
	if slowest > bound || wrong > 0 {
		t.Errorf("another tenant waited %v, %d of %d went wrong; want less than %v, and none", slowest, wrong, n, bound)
	}
}

// settled wants each container to be the process that it was, and its memory to be back. Go collects garbage where there is new
// garbage, which usual requests make; what they do not bring back is lost.
func settled(t *testing.T, before map[string]container) {
	t.Helper()
	now := containers(t)
	usual := usualRequests(t)
	for _, service := range []string{"localaws", "devissuer", "tracking-credentials", "tracking-service", "shipment-service"} {
		was, is := before[service], now[service]
		if is.State.Pid != was.State.Pid || is.State.OOMKilled || is.State.Health == nil {
			t.Errorf("%s: process %d became %d, out of memory: %t", service, was.State.Pid, is.State.Pid, is.State.OOMKilled)
			continue
		}
		limit := int(is.HostConfig.Memory >> 10)
		peak, left := memory(t, is.State.Pid, "VmHWM"), 0
		tick := time.NewTicker(500 * time.Millisecond)
		for began := time.Now(); time.Since(began) < 30*time.Second; <-tick.C {
			if left = memory(t, is.State.Pid, "VmRSS"); left < limit/2 {
				break
			}
			usual()
		}
		tick.Stop()
		t.Logf("%s: at most %d MiB of %d, %d MiB afterwards", service, peak>>10, limit>>10, left>>10)
		if left >= limit/2 {
			t.Errorf("%s: %d MiB are left afterwards, want less than half of %d", service, left>>10, limit>>10)
		}
	}
}

// usualRequests returns a function that asks for a shipment some thousand times. A heap that the attack has made large is collected after some
// ten megabytes more.
func usualRequests(t *testing.T) func() {
	t.Helper()
	token, err := devissuer.Fetch(t.Context(), "http://"+port("ISSUER_PORT", "8082"), "yellow", "ana")
	if err != nil {
		t.Fatal(err)
	}
	const clients, each = 16, 100
	client := &http.Client{Timeout: bound, Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	t.Cleanup(client.CloseIdleConnections)
	return func() {
		var all sync.WaitGroup
		for range clients {
			all.Go(func() {
				for range each {
					if wrong := ask(t.Context(), client, token); wrong != "" {
						t.Errorf("after the attacks: %s", wrong)
						return
					}
				}
			})
		}
		all.Wait()
	}
}

// memory is a line of /proc/PID/status, in KiB.
func memory(t *testing.T, pid int, line string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for each := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(each, line+":"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("/proc/%d/status has no %s", pid, line)
	return 0
}

// resetPeak makes VmHWM what the process has now (proc_pid_clear_refs(5)).
func resetPeak(t *testing.T, pid int) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		t.Logf("the peak is that since the start: %v", err)
	}
}
