//go:build keycloak

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/fleet"
)

// keycloak is a running Keycloak with data of its own.
type keycloak struct {
	url, port string
	fleet     *fleet.Fleet
	admin     string // access token of its administrator
}

// keycloakPatience bounds the start of Keycloak, which takes some 10 s on two idle cores.
const keycloakPatience = 4 * time.Minute

type object = map[string]any

// startKeycloak starts the Keycloak that .ci/keycloak made; the test's end stops it. await waits until it answers.
func startKeycloak(t *testing.T) *keycloak {
	t.Helper()
	made := os.Getenv("KEYCLOAK")
	if made == "" {
		t.Fatal("KEYCLOAK does not name the folder of a Keycloak: make test-keycloak runs this test")
	}
	// kc.sh takes the folder above its own for Keycloak's, and writes its data there.
	home := t.TempDir()
	script, err := os.ReadFile(filepath.Join(made, "bin", "kc.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(mkdir(t, home, "bin"), "kc.sh"), script, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lib", "conf", "providers", "themes", "version.txt"} {
		if err := os.Symlink(filepath.Join(made, name), filepath.Join(home, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(home, "data"), os.DirFS(filepath.Join(made, "data"))); err != nil {
		t.Fatal(err)
	}
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	k := &keycloak{url: "http://127.0.0.1:" + ports[0], port: ports[0], fleet: fleet.New(filepath.Join(home, "bin"), mkdir(t, home, "log"))}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "JAVA_HOME=" + os.Getenv("JAVA_HOME"), "HOME=" + home,
		// It lives for a minute, so the optimizing compiler does not pay.
		"JAVA_OPTS_KC_HEAP=-Xms64m -Xmx512m", "JAVA_OPTS_APPEND=-XX:TieredStopAtLevel=1 -Djava.io.tmpdir=" + mkdir(t, home, "tmp"),
	}
	if err := k.fleet.Start("keycloak", "kc.sh", env, "start", "--optimized", "--cache=local", "--http-enabled=true", "--hostname-strict=false",
		"--http-host=127.0.0.1", "--http-port="+k.port); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.fleet.Stop)
	return k
}

func mkdir(t *testing.T, parent, name string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// await returns once Keycloak answers, and lets its administrator in for an hour.
func (k *keycloak) await(t *testing.T) {
	t.Helper()
	awaitOK(t, k.fleet, "keycloak", k.url+"/realms/master", keycloakPatience)
	k.admin = k.token(t, "master", "admin-cli", "admin", "").Access
	k.manage(t, http.MethodPut, "/master", object{"accessTokenLifespan": 3600}, nil)
	k.admin = k.token(t, "master", "admin-cli", "admin", "").Access
}

// awaitOK returns once url answers 200, and fails where a process of the fleet ends before.
func awaitOK(t *testing.T, f *fleet.Fleet, name, url string, patience time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case died := <-f.Died:
			t.Fatal(died.DiedError())
		case <-ctx.Done():
			said, _ := os.ReadFile(f.Log(name))
			t.Fatalf("%s is not ready: %s does not answer 200; it said:\n%s", name, url, said)
		case <-tick.C:
		}
	}
}

// makeRealm makes a realm of testdata/keycloak, with other text in place of some.
func (k *keycloak) makeRealm(t *testing.T, name string, oldnew ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "keycloak", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	k.manage(t, http.MethodPost, "", json.RawMessage(strings.NewReplacer(oldnew...).Replace(string(text))), nil)
}

// manage calls the admin API under /admin/realms and decodes its answer into the value that into points to.
func (k *keycloak) manage(t *testing.T, method, path string, body, into any) {
	t.Helper()
	status, answer := k.call(t, method, "/admin/realms"+path, k.admin, body)
	if status/100 != 2 {
		t.Fatalf("Keycloak: %s %s: %d %s", method, path, status, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatalf("Keycloak: %s %s: %v in %s", method, path, err, answer)
		}
	}
}

func (k *keycloak) call(t *testing.T, method, path, token string, body any) (status int, answer []byte) {
	t.Helper()
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	return k.send(t, method, path, text, http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Accept": {"application/json"}})
}

func (k *keycloak) send(t *testing.T, method, path string, body []byte, header http.Header) (status int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, k.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// tokens are what the token endpoint answers.
type tokens struct {
	Access  string `json:"access_token"`
	ID      string `json:"id_token"`
	Refresh string `json:"refresh_token"`
}

// token signs a user in at a client. Scopes beyond openid may be asked for.
func (k *keycloak) token(t *testing.T, realm, client, user, scope string) tokens {
	t.Helper()
	form := url.Values{
		"grant_type": {"password"}, "client_id": {client}, "username": {user}, "password": {"password"}, "scope": {strings.TrimSpace("openid " + scope)},
	}
	status, answer := k.send(t, http.MethodPost, "/realms/"+realm+"/protocol/openid-connect/token", []byte(form.Encode()),
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	var got tokens
	if err := json.Unmarshal(answer, &got); err != nil || status != http.StatusOK || got.Access == "" || got.ID == "" {
		t.Fatalf("Keycloak: a token for %s of %s: %d %s", user, realm, status, answer)
	}
	return got
}

// userID returns Keycloak's id of a user.
func (k *keycloak) userID(t *testing.T, realm, name string) string {
	t.Helper()
	var found []struct{ ID string }
	k.manage(t, http.MethodGet, "/"+realm+"/users?exact=true&username="+name, nil, &found)
	if len(found) != 1 {
		t.Fatalf("Keycloak: %d users of %s are called %s", len(found), realm, name)
	}
	return found[0].ID
}
