package prove

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"example.com/shiptrack/infra/dev/fleet"
)

const audience = "prove"

// The processes, by the names of their logs.
const (
	trackingService = "tracking-service"
	shipmentService = "shipment-service"
	seedLog         = "seed"
)

// readiness is what a service is asked until it is ready; nobody logs it.
const readiness = "/readyz"

// reporting lets the tracking service serve whatever its isolation check shows: the attacks are to find what gets through, under
// policies that do not hold too. It checks at its start alone, since no run lasts an hour.
var reporting = []string{"ISOLATION_CHECK=report", "ISOLATION_CHECK_INTERVAL=1h"}

// lastChecks are the last requests of the isolation check of each store.
var lastChecks = []string{"no-tag", "write-no-tag"}

// servicesWait bounds how long the services may take to be ready.
const servicesWait = 30 * time.Second

// services are the two services as child processes. They reach their World by HTTP. The attacks have the keys of the issuers,
// so that they can also try tokens that a real issuer would never sign.
type services struct {
	names     Names
	fleet     *fleet.Fleet
	dir       string
	listeners []*http.Server
	issuers
	shipment  string // URL
	tracking  string // URL
	cursorKey string
	trail     trail
}

// serve makes w one with services; bin is the folder of the binaries.
func (w *World) serve(ctx context.Context, bin string) (err error) {
	s := &services{names: w.names}
	if s.dir, err = os.MkdirTemp("", "prove-services-"); err != nil {
		return err
	}
	w.services, s.fleet = s, fleet.New(bin, s.dir)
	endpoint, err := w.reachable(s)
	if err != nil {
		return err
	}
	providers, err := s.open()
	if err != nil {
		return err
	}
	base := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "OIDC_PROVIDERS_FILE=" + providers, "LISTEN_ADDR=127.0.0.1:0", "METRICS_ADDR=127.0.0.1:0"}
	aws := func(caller, role string, more ...string) []string {
		c := w.callers[caller]
		return append(slices.Concat(base, more, endpoint), "AWS_EC2_METADATA_DISABLED=true",
			"AWS_ACCESS_KEY_ID="+c.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey, "AWS_SESSION_TOKEN="+c.SessionToken,
			"TRACKING_ACCESS_ROLE_ARN="+w.localized(roleARN(role)), "TRACKING_WRITE_ROLE_ARN="+w.localized(roleARN("~write-role~")),
			"TRACKING_TABLE="+w.localized(table), "DOCUMENTS_BUCKET="+w.localized(bucket), "INSTANCE_ID=prove")
	}
	if err := s.fleet.Once(ctx, seedLog, "tracking-service", aws(seedTask, "~seed-role~"), "seed"); err != nil {
		return err
	}
	if err := w.fill(ctx, crowd); err != nil { // the seed wrote some of these rows anew
		return err
	}
	cursorKey := make([]byte, 32)
	rand.Read(cursorKey)
	s.cursorKey = base64.StdEncoding.EncodeToString(cursorKey)
	if err := s.fleet.Start(trackingService, trackingService, aws(service, "~access-role~", slices.Concat(reporting, []string{"CURSOR_KEY=" + s.cursorKey})...), "serve"); err != nil {
		return err
	}
	if s.tracking, err = s.listening(ctx, trackingService); err != nil {
		return err
	}
	if err := s.fleet.Start(shipmentService, shipmentService, append(slices.Clone(base), "TRACKING_URL="+s.tracking), "serve"); err != nil {
		return err
	}
	if s.shipment, err = s.listening(ctx, shipmentService); err != nil {
		return err
	}
	if err := s.await(ctx, "ready", func() bool {
		a, err := call{path: readiness}.send(ctx, s)
		return err == nil && a.ok()
	}); err != nil {
		return err
	}
	return s.await(ctx, "checked", s.checked)
}

// checked reports whether the tracking service's isolation check has ended: nothing of it is cut off, then, at the end of a run.
func (s *services) checked() bool {
	lines, err := s.log(trackingService)
	for _, last := range lastChecks {
		if err != nil || !slices.ContainsFunc(lines, func(l logLine) bool { return l.Check == last }) {
			return false
		}
	}
	return true
}

// reachable returns the environment in which a process reaches what w has of AWS.
func (w *World) reachable(s *services) ([]string, error) {
	if w.account != nil {
		return w.account.environ(), nil
	}
	url, err := s.listen(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.server.ServeHTTP(rw, r)
		s.trail.asked(cmp.Or(rw.Header().Get("X-Amzn-Requestid"), rw.Header().Get("X-Amz-Request-Id")))
	}))
	return []string{"AWS_REGION=" + region, "AWS_ENDPOINT_URL=" + url, "OPENSEARCH_ENDPOINT=" + url}, err
}

// Close ends the processes and what they talked to.
func (s *services) Close() error {
	if s == nil {
		return nil
	}
	s.fleet.Stop()
	var errs []error
	for _, l := range s.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}

// listen serves handler on loopback and returns its URL.
func (s *services) listen(handler http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	s.listeners = append(s.listeners, server)
	go func() { _ = server.Serve(l) }() // until Close
	return "http://" + l.Addr().String(), nil
}

// listening returns the URL of a service once its log has it. The service chooses a free port itself, so no other process can
// take the port first.
func (s *services) listening(ctx context.Context, name string) (url string, err error) {
	err = s.await(ctx, "listening", func() bool {
		lines, err := s.log(name)
		if err != nil {
			return false
		}
		for _, l := range lines {
			if l.Msg == "listening" {
				url = "http://" + l.Addr
			}
		}
		return url != ""
	})
	return url, err
}

// await returns once done returns true.
func (s *services) await(ctx context.Context, what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, servicesWait)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case p := <-s.fleet.Died:
			return p.DiedError()
		case <-ctx.Done():
			return fmt.Errorf("the services are not %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}
