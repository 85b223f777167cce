package prove

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"example.com/shiptrack/infra/fleet"
	"example.com/shiptrack/pkg/authn/authntest"
)

const audience = "shiptrack"

// servicesWait bounds how long the services may take to be ready.
const servicesWait = 30 * time.Second

// services are the two services as child processes, over a World that they reach by HTTP, with an issuer whose key the attacks
// have: what an issuer would never sign can be tried too.
type services struct {
	fleet     *fleet.Fleet
	dir       string
	listeners []*http.Server
	issuer    string
	key       authntest.Key
	shipment  string // URL
	tracking  string // URL
}

// serve makes w one with services; bin is the folder of the binaries.
func (w *World) serve(ctx context.Context, bin string) (err error) {
	s := &services{key: authntest.NewES256("prove-1")}
	if s.dir, err = os.MkdirTemp("", "shiptrack-prove-services-"); err != nil {
		return err
	}
	w.services, s.fleet = s, fleet.New(bin, s.dir)
	endpoint, err := s.listen(w.server)
	if err != nil {
		return err
	}
	issuer := http.NewServeMux()
	if s.issuer, err = s.listen(issuer); err != nil {
		return err
	}
	s.publish(issuer)
	var addresses [4]string
	for i := range addresses {
		if addresses[i], err = freeAddress(); err != nil {
			return err
		}
	}
	s.shipment, s.tracking = "http://"+addresses[0], "http://"+addresses[1]
	base := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "OIDC_ISSUER=" + s.issuer, "OIDC_AUDIENCE=" + audience}
	aws := func(caller, role string) []string {
		c := w.callers[caller]
		return append(base[:len(base):len(base)], "AWS_REGION="+region, "AWS_ENDPOINT_URL="+endpoint, "AWS_EC2_METADATA_DISABLED=true",
			"AWS_ACCESS_KEY_ID="+c.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey, "AWS_SESSION_TOKEN="+c.SessionToken,
			"TRACKING_ACCESS_ROLE_ARN="+roleARN(role), "INSTANCE_ID=prove")
	}
	if err := s.fleet.Once(ctx, "seed", "tracking-service", aws(seedTask, "TrackingSeedRole"), "seed"); err != nil {
		return err
	}
	cursorKey := make([]byte, 32)
	rand.Read(cursorKey)
	if err := s.fleet.Start("tracking-service", "tracking-service", append(aws(service, "TrackingAccessRole"),
		"LISTEN_ADDR="+addresses[1], "METRICS_ADDR="+addresses[2], "CURSOR_KEY="+base64.StdEncoding.EncodeToString(cursorKey)), "serve"); err != nil {
		return err
	}
	if err := s.fleet.Start("shipment-service", "shipment-service", append(base[:len(base):len(base)],
		"LISTEN_ADDR="+addresses[0], "METRICS_ADDR="+addresses[3], "TRACKING_URL="+s.tracking), "serve"); err != nil {
		return err
	}
	return s.await(ctx)
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

// freeAddress is one that nobody listens on now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// publish has the issuer say what its key is, as OpenID Connect Discovery has it.
func (s *services) publish(mux *http.ServeMux) {
	answer := func(path string, body any) {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err) // maps of texts
		}
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(text)
		})
	}
	answer("/.well-known/openid-configuration", map[string]any{"issuer": s.issuer, "jwks_uri": s.issuer + "/jwks", "id_token_signing_alg_values_supported": []string{"ES256"}})
	answer("/jwks", map[string]any{"keys": []any{s.key.JWK()}})
}

func (s *services) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, servicesWait)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if a, err := (call{path: "/readyz"}).send(ctx, s); err == nil && a.ok() {
			return nil
		}
		select {
		case p := <-s.fleet.Died:
			return p.DiedError()
		case <-ctx.Done():
			return fmt.Errorf("the services are not ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
