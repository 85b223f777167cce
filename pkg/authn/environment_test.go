package authn_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/authn"
	"example.com/shiptrack/pkg/authn/authntest"
)

// SSL_CERT_FILE and HTTPS_PROXY are read once in a process by Go. So a child process of this test fetches the keys.
const childToken = "AUTHN_TEST_CHILD_TOKEN"

// certified is a name for which httptest's certificate is good, and that is not this machine's: no proxy is used for
// a loopback address.
const certified = "https://example.com"

func TestTheIssuerIsReachedThroughTheProxyAndByTheCertificatesOfTheEnvironment(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("SSL_CERT_FILE is for the systems whose authorities stand in files")
	}
	if token := os.Getenv(childToken); token != "" {
		p := authn.Provider{Issuer: certified, Audiences: []string{authntest.Audience}, Tenants: []string{"*"}}
		v, err := authn.New(t.Context(), authn.Config{Providers: []authn.Provider{p}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		return
	}
	issuer := authntest.New(t)
	issuer.URL = certified
	server := httptest.NewTLSServer(issuer)
	t.Cleanup(server.Close)
	proxy := httptest.NewServer(tunnelTo(server.Listener.Addr().String()))
	t.Cleanup(proxy.Close)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		environ []string
		want    string // in the child's output; empty: it is accepted
	}{
		"both":                   {[]string{"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + authority}, ""},
		"without the authority":  {[]string{"HTTPS_PROXY=" + proxy.URL}, "certificate"},
		"through a closed proxy": {[]string{"HTTPS_PROXY=http://127.0.0.1:1", "SSL_CERT_FILE=" + authority}, "proxyconnect"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(tt.environ, childToken+"="+issuer.Token("yellow", "ana"))
		out, err := cmd.CombinedOutput()
		if (err == nil) != (tt.want == "") || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: %v, want %q\n%s", name, err, tt.want, out)
		}
	}
}

// tunnelTo is a proxy that connects everybody with addr.
func tunnelTo(addr string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			http.Error(w, "CONNECT alone", http.StatusMethodNotAllowed)
			return
		}
		client, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer func() { _ = client.Close() }()
		server, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		defer func() { _ = server.Close() }()
		_, _ = fmt.Fprint(client, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(server, client) }()
		_, _ = io.Copy(client, server)
	})
}
