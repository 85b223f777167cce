//go:build keycloak

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/infra/dev/fleet"
	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/pkg/authn"
)

// cloud is a localaws that enforces the hardened policies, with the demo's rows.
type cloud struct {
	endpoint string
	task     *localaws.TaskCredentials
}

func startCloud(t *testing.T) *cloud {
	t.Helper()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	startLocalaws(t, ports[0], t.TempDir())
	c := &cloud{endpoint: "http://127.0.0.1:" + ports[0]}
	policies, err := iam.Embedded(iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	demonstration := provision.Demonstration{Endpoint: c.endpoint, Region: "us-east-1", Policies: policies, Seed: filepath.Join(bin, "tracking-service"), Out: &said}
	if err := demonstration.Put(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	if c.task, err = localaws.StartTaskCredentials(localaws.TaskCredentialsConfig{Endpoint: c.endpoint, Role: "TrackingServiceRole"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.task.Close() })
	return c
}

// copyRow gives a tenant a shipment of another one, as root.
func (c *cloud) copyRow(t *testing.T, shipment, from, to string) {
	t.Helper()
	db := dynamodb.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &c.endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	got, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(provision.TableName), Key: map[string]types.AttributeValue{
		"TenantID": &types.AttributeValueMemberS{Value: from}, "ShipmentID": &types.AttributeValueMemberS{Value: shipment},
	}})
	if err != nil || got.Item == nil {
		t.Fatalf("%s's row %s: %v, %v", from, shipment, got, err)
	}
	got.Item["TenantID"] = &types.AttributeValueMemberS{Value: to}
	if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(provision.TableName), Item: got.Item}); err != nil {
		t.Fatal(err)
	}
}

// pair is both services with the same settings of issuers.
type pair struct {
	fleet *fleet.Fleet
	urls  map[string]string // by service
}

// startPair starts both services; oidc are their settings of issuers.
func startPair(t *testing.T, c *cloud, oidc ...string) *pair {
	t.Helper()
	ports, err := freePorts(4)
	if err != nil {
		t.Fatal(err)
	}
	p := &pair{fleet: fleet.New(bin, t.TempDir()), urls: map[string]string{
		"tracking-service": "http://127.0.0.1:" + ports[0], "shipment-service": "http://127.0.0.1:" + ports[1],
	}}
	t.Cleanup(p.fleet.Stop)
	tracking := append(c.task.Environment(), "LISTEN_ADDR=127.0.0.1:"+ports[0], "METRICS_ADDR=127.0.0.1:"+ports[2],
		"AWS_REGION=us-east-1", "AWS_ENDPOINT_URL="+c.endpoint, "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"TRACKING_TABLE="+provision.TableName, "TRACKING_ACCESS_ROLE_ARN=arn:aws:iam::"+provision.Account+":role/TrackingAccessRole",
		"OPENSEARCH_ENDPOINT="+c.endpoint, "DOCUMENTS_BUCKET="+provision.BucketName, "TRACKING_WRITE_ROLE_ARN=arn:aws:iam::"+provision.Account+":role/TrackingWriteRole",
		"CURSOR_KEY="+base64.StdEncoding.EncodeToString(make([]byte, 32)), "INSTANCE_ID=keycloak")
	shipment := []string{"LISTEN_ADDR=127.0.0.1:" + ports[1], "METRICS_ADDR=127.0.0.1:" + ports[3], "TRACKING_URL=" + p.urls["tracking-service"]}
	for name, env := range map[string][]string{"tracking-service": tracking, "shipment-service": shipment} {
		if err := p.fleet.Start(name, name, append(env, oidc...), "serve"); err != nil {
			t.Fatal(err)
		}
	}
	for name, url := range p.urls {
		awaitOK(t, p.fleet, name, url+"/readyz", patience)
	}
	return p
}

// wants asks each service for the ETA of a shipment. The shipment service hands the token on to the tracking service, which
// verifies it again; the tracking service is asked by itself too.
func (p *pair) wants(t *testing.T, what, token, shipment string, status int) {
	t.Helper()
	for name := range p.urls {
		if got := p.ask(t, name, token, shipment); got.status != status {
			t.Errorf("%s: %s answers %d %s for %s, want %d; its log says %q", what, name, got.status, got.body, shipment, status, p.reason(t, name, got))
		}
	}
}

// servesAlone checks that a token opens the shipment that its tenant alone has, and not that of another tenant.
func (p *pair) servesAlone(t *testing.T, what, token, own, foreign string) {
	t.Helper()
	p.wants(t, what, token, own, http.StatusOK)
	p.wants(t, what, token, foreign, http.StatusNotFound)
}

// refuses checks that each service refuses a token, for this reason, and that the caller does not learn the reason.
func (p *pair) refuses(t *testing.T, what, token string, reason authn.Reason) {
	t.Helper()
	for name := range p.urls {
		got := p.ask(t, name, token, "1001")
		said := got.header.Get("WWW-Authenticate")
		if got.status != http.StatusUnauthorized || said != `Bearer realm="shiptrack", error="invalid_token"` || strings.Contains(got.body, reason.Error()) {
			t.Errorf("%s: %s answers %d %q %s, want 401 that says no more than invalid_token", what, name, got.status, said, got.body)
		}
		if logged := p.reason(t, name, got); !strings.Contains(logged, reason.Error()) {
			t.Errorf("%s: the log of %s says %q, want %q", what, name, logged, reason)
		}
	}
}

// serviceAnswer is what a service answers.
type serviceAnswer struct {
	status int
	header http.Header
	body   string
}

func (p *pair) ask(t *testing.T, name, token, shipment string) serviceAnswer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.urls[name]+"/shipments/"+shipment+"/eta", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return serviceAnswer{resp.StatusCode, resp.Header, string(body)}
}

var errNotLogged = errors.New("the request is not in the log yet")

// reason returns the error that the service's log has of the request that was answered so.
func (p *pair) reason(t *testing.T, name string, answered serviceAnswer) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond) // the log may be written after the answer
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		logged, err := p.logged(name, answered.header.Get("X-Request-Id"))
		if err == nil {
			return logged
		}
		select {
		case <-deadline:
			t.Fatalf("%s: %v", name, err)
		case <-tick.C:
		}
	}
}

func (p *pair) logged(name, id string) (string, error) {
	text, err := os.ReadFile(p.fleet.Log(name))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		var entry struct {
			Msg, Error string
			RequestID  string `json:"request_id"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "request" && entry.RequestID == id {
			return entry.Error, nil
		}
	}
	return "", errNotLogged
}
