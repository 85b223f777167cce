//go:build compose

package e2e

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

// TestPoliciesAreFollowedWithoutARebuild edits a copy of the policies, which provision reads in place of the checkout's.
func TestPoliciesAreFollowedWithoutARebuild(t *testing.T) {
	heals(t, "nothing")
	folder := readableCopy(t)
	provisionFrom(t, folder)
	t.Cleanup(func() { provisionFrom(t, "") })
	yellow := yellowsSession(t)
	file := filepath.Join(folder, strings.TrimPrefix(accessPolicy, "infra/iam/"))
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := reads(t, yellow, "yellow"); got != "answered" {
		t.Fatalf("control: yellow's key is %s", got)
	}
	for _, step := range []struct {
		name   string
		change func()
		says   string // by provision
		blue   string // how blue's key is answered to yellow's session
	}{
		{"LeadingKeys removed", func() { rewrite(t, file, withoutLeadingKeys) }, "the policies changed; in place are now /iam/hardened (sha256 ", "answered"},
		{"broken: the roles stay", func() { write(t, file, []byte("{")) }, "not in place, trying again: /iam/hardened/TrackingAccessRole/TrackingAccessPolicyDynamoDB.json", "answered"},
		{"as it was", func() { write(t, file, whole) }, "the policies changed; in place are now /iam/hardened (sha256 ", "AccessDeniedException"},
	} {
		since := time.Now()
		step.change()
		says(t, "provision", since, step.says)
		if got := reads(t, yellow, "blue"); got != step.blue {
			t.Errorf("%s: blue's key is %s to yellow's session, want %s", step.name, got, step.blue)
		}
		if step.blue == "answered" {
			servesNothing(t, since)
		}
	}
	heals(t, "the policies as they were")
}

// servesNothing starts the tracking service anew, which makes it check isolation at once, and expects that it serves nothing.
func servesNothing(t *testing.T, since time.Time) {
	t.Helper()
	docker(t, "compose", "restart", "--timeout", "5", "tracking-service")
	says(t, "tracking-service", since, "ISOLATION DOES NOT HOLD")
	if status, body := eta(t); status != http.StatusServiceUnavailable {
		t.Errorf("yellow's ETA is answered %d %s, want 503", status, body)
	}
}

// readableCopy is a copy of infra/iam that the container's user can read.
func readableCopy(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "iam")
	if err := os.CopyFS(folder, os.DirFS("../../iam")); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return errors.Join(err, os.Chmod(path, 0o644))
	})
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// provisionFrom recreates provision's container with the policies of folder, or of the checkout where folder is empty.
func provisionFrom(t *testing.T, folder string) {
	t.Helper()
	cmd := exec.Command("docker", "compose", "up", "--detach", "--wait", "--no-build", "--no-deps", "provision") // at the end the test's context is over
	cmd.Dir, cmd.Env = "../../..", append(os.Environ(), "POLICIES_DIR="+folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("provision: %v\n%s", err, out)
	}
}

// says waits until the log of a service has text.
func says(t *testing.T, service string, since time.Time, text string) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		log := docker(t, "compose", "logs", "--no-log-prefix", "--since", since.UTC().Format(time.RFC3339Nano), service)
		if strings.Contains(log, text) {
			return
		}
		if time.Since(since) > patience {
			t.Fatalf("%s does not say %q but\n%s", service, text, log)
		}
		<-tick.C
	}
}

// yellowsSession is a client with a session for yellow, as the tracking service gets one.
func yellowsSession(t *testing.T) *dynamodb.Client {
	t.Helper()
	endpoint := "http://127.0.0.1:" + cmp.Or(os.Getenv("LOCALAWS_PORT"), "4566")
	take := exec.CommandContext(t.Context(), filepath.Join(bin, "localaws"), "credentials", "--role", "TrackingServiceRole")
	take.Env = []string{"AWS_ENDPOINT_URL=" + endpoint}
	out, err := take.Output()
	if err != nil {
		t.Fatal(err)
	}
	var task struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	if err := json.Unmarshal(out, &task); err != nil {
		t.Fatal(err)
	}
	config := aws.Config{Region: cmp.Or(os.Getenv("AWS_REGION"), "us-east-1"), BaseEndpoint: &endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(task.AccessKeyId, task.SecretAccessKey, task.SessionToken)}
	session, err := sts.NewFromConfig(config).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::000000000000:role/TrackingAccessRole"), RoleSessionName: aws.String("yellow@policies"),
		Tags: []ststypes.Tag{{Key: aws.String("TenantID"), Value: aws.String("yellow")}}, TransitiveTagKeys: []string{"TenantID"},
	})
	if err != nil {
		t.Fatal(err)
	}
	c := session.Credentials
	config.Credentials = credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	return dynamodb.NewFromConfig(config)
}

// reads asks for shipment 1001 of tenant, and returns "answered" or the code of the denial.
func reads(t *testing.T, client *dynamodb.Client, tenant string) string {
	t.Helper()
	out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("TrackingData"), Key: map[string]types.AttributeValue{
		"TenantID": &types.AttributeValueMemberS{Value: tenant}, "ShipmentID": &types.AttributeValueMemberS{Value: "1001"},
	}})
	if refusal, refused := errors.AsType[smithy.APIError](err); refused {
		return refusal.ErrorCode()
	}
	if err != nil || len(out.Item) == 0 {
		t.Fatalf("the key of %s: %+v, %v", tenant, out, err)
	}
	return "answered"
}
