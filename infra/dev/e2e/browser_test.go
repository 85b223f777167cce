//go:build browser

package e2e

import (
	"context"
	_ "embed"
	"encoding/json"
	"html/template"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

//go:embed testdata/page/page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// outcome is what a page got for an attempt.
type outcome struct {
	name, body string
	status     int
	got        bool // what it was after
}

// front is the origin of a page, as it is after DNS rebinding: it answers /page itself, and hands everything else to a server
// as it is, with the Host that the browser sent.
type front struct {
	*httptest.Server
	attempts []attempt
	next     string // URL of the next page
	told     chan answers
}

// answers are what a page tells, by attempt.
type answers map[string]struct {
	Status int
	Body   string
}

func newFront(t *testing.T, port string) *front {
	t.Helper()
	f := &front{told: make(chan answers, 1)}
	target := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	mux := http.NewServeMux()
	mux.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}})
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		if err := pageTemplate.Execute(w, map[string]any{"attempts": f.attempts, "next": f.next}); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST /page", func(_ http.ResponseWriter, r *http.Request) {
		var told answers
		if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
			t.Error(err)
		}
		f.told <- told
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

// on is the front's host by a name.
func (f *front) on(name string) string {
	_, port, _ := net.SplitHostPort(f.Listener.Addr().String()) // it listens there
	return net.JoinHostPort(name, port)
}

// visit opens the page in the browser at one origin after the other, one for each port of the demo, and returns what it got
// at each. name is the host of the origins.
func (d *started) visit(t *testing.T, browser, name string) map[string][]outcome {
	t.Helper()
	fronts := map[string]*front{}
	first := ""
	for _, variable := range portVariables {
		f := newFront(t, d.ports[variable])
		f.attempts, f.next = d.attempts(t, variable, f.on(name)), first
		fronts[variable], first = f, "http://"+f.on(name)+"/page"
	}
	browse(t, browser, first)
	all := map[string][]outcome{}
	for variable, f := range fronts {
		select {
		case told := <-f.told:
			for _, a := range f.attempts {
				all[variable] = append(all[variable], outcome{a.Name, told[a.Name].Body, told[a.Name].Status, strings.Contains(told[a.Name].Body, a.loot)})
			}
		case <-time.After(patience):
			t.Fatalf("the browser tells nothing of the page at %s on %s", variable, f.on(name))
		}
	}
	return all
}

func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium: install the package chromium")
	return ""
}

// browse opens url in a browser for which the foreign host is this machine; the test's end closes it.
func browse(t *testing.T, browser, url string) {
	t.Helper()
	profile, err := os.MkdirTemp("", "shiptrack-browser-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--no-proxy-server", "--disable-background-networking", "--user-data-dir="+profile, "--remote-debugging-port=0",
		"--host-resolver-rules=MAP "+foreign+" 127.0.0.1", url)
	cmd.Env = append(os.Environ(), "TMPDIR="+profile)     // its folders for sockets stay where it is killed
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has processes of its own
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		_ = os.RemoveAll(profile) // a process of the browser may still write
	})
}

// binWithoutTheCheck returns a folder with the binaries, built with package allowedhosts replaced by one that allows all.
func binWithoutTheCheck(t *testing.T) string {
	t.Helper()
	const file = "../../../pkg/allowedhosts/allowedhosts.go"
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for head, first := range map[string]string{
		"func (l List) Allows(r *http.Request) bool {\n": "\tif true {\n\t\treturn true\n\t}\n",
		"func FromBrowser(h http.Header) bool {\n":       "\tif true {\n\t\treturn false\n\t}\n",
	} {
		if strings.Count(text, head) != 1 {
			t.Fatalf("%s has no %q", file, head)
		}
		text = strings.Replace(text, head, head+first, 1)
	}
	dir := t.TempDir()
	replaced := map[string]string{}
	for _, file := range []string{file, "../../localaws/internal/allowedhosts/allowedhosts.go"} {
		path, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		replaced[path] = filepath.Join(dir, "open.go")
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"open.go": []byte(text), "overlay.json": overlay} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(bin, "provision"), filepath.Join(dir, "provision")); err != nil {
		t.Fatal(err)
	}
	for module, folder := range map[string]string{
		"../../localaws": "./cmd/localaws", "../..": "./dev/devissuer/cmd/devissuer",
		"../../../tracking-service": "./cmd/tracking-service", "../../../shipment-service": "./cmd/shipment-service",
	} {
		build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "-o", dir+string(filepath.Separator), folder)
		build.Dir = module
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", folder, err, out)
		}
	}
	return dir
}
