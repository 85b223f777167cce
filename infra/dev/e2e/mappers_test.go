//go:build mappers

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
)

// The tests of this file have an ordinary session with object mappers of DynamoDB that nobody here wrote; make test-mappers runs them.
// Each program of testdata/mappers prints a line for each step that was answered as AWS answers it, and ends where one was not.

// stepsOfMappers are what each mapper does as root, and then with the session of the tenant yellow under the hardened policies.
var stepsOfMappers = []string{
	"create", "put", "get", "query with filter", "query of an index", "update", "condition that fails", "transaction", "transaction that reads",
	"transaction that fails", "batch that writes", "batch that reads", "pages", "delete", "nothing is left", "delete the table",
	"own rows", "another tenant's rows", "batch of both tenants", "write",
}

func TestMapperGuregu(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/mappers/guregu")); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", "session", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	runMapper(t, filepath.Join(dir, "session"))
}

func TestMapperEnhancedClientOfJava(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(mappers(t), "java", "*")
	compile := exec.CommandContext(t.Context(), "javac", "-d", dir, "-cp", path, "testdata/mappers/java/Session.java")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, out)
	}
	runMapper(t, "java", "-cp", dir+string(filepath.ListSeparator)+path, "Session")
}

func TestMapperPynamoDB(t *testing.T) {
	runMapper(t, "python3", "testdata/mappers/pynamodb/session.py", filepath.Join(mappers(t), "pynamodb"))
}

func TestMapperElectroDB(t *testing.T) {
	// Node looks for packages beside the program.
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/mappers/electrodb")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(mappers(t), "electrodb", "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	runMapper(t, "node", filepath.Join(dir, "session.js"))
}

// mappers is the folder that .ci/mappers fetches.
func mappers(t *testing.T) string {
	t.Helper()
	home := os.Getenv("MAPPERS")
	if home == "" {
		t.Fatal("MAPPERS does not name the folder of what the mappers need: make test-mappers runs this test")
	}
	return home
}

// runMapper runs a session against a localaws of its own, and wants every step.
func runMapper(t *testing.T, program string, args ...string) {
	t.Helper()
	s := startServer(t)
	tenant := s.tenantSession(t)
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+*s.aws.BaseEndpoint, "AWS_REGION="+s.aws.Region, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "PYTHONDONTWRITEBYTECODE=1",
		"TENANT_ACCESS_KEY_ID="+*tenant.AccessKeyId, "TENANT_SECRET_ACCESS_KEY="+*tenant.SecretAccessKey, "TENANT_SESSION_TOKEN="+*tenant.SessionToken)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, step := range stepsOfMappers {
		if !strings.Contains("\n"+string(out), "\n"+step+"\n") {
			t.Errorf("%q did not pass", step)
		}
	}
}

// tenantSession puts the hardened policies in place, with a row of each tenant, and returns a session of the tenant yellow.
func (s *server) tenantSession(t *testing.T) *ststypes.Credentials {
	t.Helper()
	const account, table = "000000000000", "TrackingData"
	if err := provision.Table(t.Context(), s.aws, table); err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{"yellow", "blue"} {
		item := map[string]dynamodbtypes.AttributeValue{}
		for name, value := range map[string]string{"TenantID": tenant, "ShipmentID": "1001", "Place": "Hamburg"} {
			item[name] = &dynamodbtypes.AttributeValueMemberS{Value: value}
		}
		if _, err := dynamodb.NewFromConfig(s.aws).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(table), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	roles, err := iam.Load(iam.Hardened, localaws.Values{Region: s.aws.Region, Account: account, Bucket: "documents", Domain: "search"})
	if err != nil {
		t.Fatal(err)
	}
	if err := provision.Roles(t.Context(), s.aws, roles, provision.Propagation{}); err != nil {
		t.Fatal(err)
	}
	out, err := sts.NewFromConfig(s.as(t, "TrackingServiceRole")).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::" + account + ":role/TrackingAccessRole"), RoleSessionName: aws.String("yellow@mapper"),
		Tags: []ststypes.Tag{{Key: aws.String("TenantID"), Value: aws.String("yellow")}}, TransitiveTagKeys: []string{"TenantID"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Credentials
}

// as has the credentials of a task that runs in role.
func (s *server) as(t *testing.T, role string) aws.Config {
	t.Helper()
	take := exec.CommandContext(t.Context(), filepath.Join(bin, "localaws"), "credentials", "--role", role)
	take.Env = []string{"AWS_ENDPOINT_URL=" + *s.aws.BaseEndpoint, "AWS_REGION=" + s.aws.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test"}
	out, err := take.Output()
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatal(err)
	}
	config := s.aws.Copy()
	config.Credentials = credentials.NewStaticCredentialsProvider(c.AccessKeyId, c.SecretAccessKey, c.SessionToken)
	return config
}
