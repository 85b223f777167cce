package main

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/localawstest"
)

func TestPutMakesRolesTableAndKeyHoweverOftenItRuns(t *testing.T) {
	l := localawstest.Start(t)
	key := filepath.Join(t.TempDir(), "key")
	first := ""
	for range 2 {
		var out, stderr bytes.Buffer
		if code := run(t.Context(), []string{"--cursor-key", key, "--endpoint", l.URL + "/"}, &out, &stderr); code != 0 {
			t.Fatalf("exit %d: %s%s", code, &out, &stderr)
		}
		content, err := os.ReadFile(key)
		if err != nil {
			t.Fatal(err)
		}
		if decoded, err := base64.StdEncoding.DecodeString(string(content)); err != nil || len(decoded) != 32 {
			t.Errorf("the key has %d bytes, %v, want 32", len(decoded), err)
		}
		if first == "" {
			first = string(content)
		} else if string(content) != first {
			t.Error("the second run made another key")
		}
	}
	role := aws.String("TrackingAccessRole")
	if _, err := awsiam.NewFromConfig(l.Config(localawstest.Root)).GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: role}); err != nil {
		t.Error(err)
	}
	if there, err := demonstration(t, l).InPlace(t.Context()); err != nil || !there {
		t.Errorf("in place: %t, %v", there, err)
	}
}

func demonstration(t *testing.T, l *localawstest.Local) provision.Demonstration {
	t.Helper()
	policies, err := iam.Embedded(iam.Hardened)
	if err != nil {
		t.Fatal(err)
	}
	return provision.Demonstration{Endpoint: l.URL, Region: l.Region, Policies: policies, Out: io.Discard}
}

// newKeeper returns a keeper of policies at l, which writes its output to said.
func newKeeper(t *testing.T, l *localawstest.Local, policies string) (k *keeper, said *bytes.Buffer) {
	t.Helper()
	said = new(bytes.Buffer)
	return &keeper{keep: keep{put: put{Endpoint: l.URL, Region: l.Region, Policies: policies}, Mark: filepath.Join(t.TempDir(), "mark")}, out: said}, said
}

func (k *keeper) healthy() bool { return health{Mark: k.Mark}.Run() == nil }

func TestWhatIsLostIsBroughtBack(t *testing.T) {
	l := localawstest.Start(t)
	k, _ := newKeeper(t, l, "hardened")
	healthy := k.healthy
	d := demonstration(t, l)
	client := dynamodb.NewFromConfig(l.Config(localawstest.Root))
	if healthy() {
		t.Error("healthy before anything is in place")
	}
	for _, round := range []string{"nothing is there", "the table was lost"} {
		if err := k.look(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if there, err := d.InPlace(t.Context()); err != nil || !there || !healthy() {
			t.Errorf("%s: in place %t, %v, healthy %t", round, there, err, healthy())
		}
		l.ResetLog()
		if err := k.look(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		var operations []string
		for _, entry := range l.Entries(t) {
			operations = append(operations, entry.Operation)
		}
		if want := []string{"HeadBucket", "DescribeTable", "ESHttpHead"}; !slices.Equal(operations, want) {
			t.Errorf("%s: what is in place was touched: %q, want %q", round, operations, want)
		}
		if _, err := client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String(provision.TableName)}); err != nil {
			t.Fatal(err)
		}
	}
	// A failed put must not look like a finished one.
	k.Seed = filepath.Join(t.TempDir(), "missing")
	if err := k.round(t.Context()); err != nil { // the first reading
		t.Fatal(err)
	}
	if err := k.round(t.Context()); err == nil || healthy() {
		t.Errorf("a seed that does not start: %v, healthy %t", err, healthy())
	}
}

// A put that did not finish makes no mark.
func TestRunWithoutAMarkPutsAllInPlaceThoughTheTableIsThere(t *testing.T) {
	l := localawstest.Start(t)
	d := demonstration(t, l)
	if err := provision.Table(t.Context(), l.Config(localawstest.Root), provision.TableName); err != nil {
		t.Fatal(err)
	}
	k, _ := newKeeper(t, l, "hardened")
	if err := k.look(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	role := aws.String("TrackingServiceRole")
	if _, err := awsiam.NewFromConfig(l.Config(localawstest.Root)).GetRole(t.Context(), &awsiam.GetRoleInput{RoleName: role}); err != nil {
		t.Error(err)
	}
}

func TestEndpointThatIsNotReadyIsNamedWithWhatItSaid(t *testing.T) {
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "dynamodb does not answer", http.StatusServiceUnavailable)
	}))
	defer away.Close()
	var out, stderr bytes.Buffer
	began := time.Now()
	code := run(t.Context(), []string{"--endpoint", away.URL, "--patience", "200ms"}, &out, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "localaws answers 503 Service Unavailable dynamodb does not answer (start it, or name its URL in AWS_ENDPOINT_URL)") {
		t.Errorf("exit %d after %s: %s, want 1 and what it said", code, time.Since(began), &stderr)
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("said %q while it waited, want one line", &out)
	}
}
