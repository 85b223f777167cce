package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/pkg/tenant"
)

// deploy puts in place what somebody has deployed: roles, table, bucket, and yellow's key and row.
func (p *prover) deploy(t *testing.T, set iam.Set) {
	t.Helper()
	roles, err := iam.Load(set, localaws.Values{Region: p.config.Region, Account: proverAccount, Bucket: "shiptrack-" + proverAccount})
	if err != nil {
		t.Fatal(err)
	}
	yellow, err := tenant.Parse("yellow")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		provision.Roles(t.Context(), p.config, roles, provision.Propagation{}), provision.Table(t.Context(), p.config, "TrackingData"),
		provision.Bucket(t.Context(), p.config, "shiptrack-"+proverAccount), provision.TenantKeys(t.Context(), p.config, yellow),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := dynamodb.NewFromConfig(p.config).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("TrackingData"), Item: map[string]dynamodbtypes.AttributeValue{
		"TenantID": &dynamodbtypes.AttributeValueMemberS{Value: "yellow"}, "ShipmentID": &dynamodbtypes.AttributeValueMemberS{Value: "1001"},
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.s3().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("shiptrack-" + proverAccount), Key: aws.String("yellow/1001/pod.pdf"), Body: strings.NewReader("of yellow")}); err != nil {
		t.Fatal(err)
	}
	p.profiles(t)
}

func (p *prover) s3() *s3.Client {
	return s3.NewFromConfig(p.config, func(o *s3.Options) { o.UsePathStyle = true })
}

// profiles are task and seed, whose credentials localaws hands out as a compute service does.
func (p *prover) profiles(t *testing.T) {
	t.Helper()
	file, text := filepath.Join(t.TempDir(), "config"), ""
	for name, role := range map[string]string{"task": "TrackingServiceRole", "seed": "TrackingSeedTaskRole", "wrong": proverRole} {
		text += fmt.Sprintf("[profile %s]\ncredential_process = \"$LOCALAWS\" credentials --role %s\n", name, role) // the shell's: a path may have a $
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.environ = append(p.environ, "AWS_CONFIG_FILE="+file, "LOCALAWS="+filepath.Join(bin, "localaws"))
}

// rowsAndObjects are all that the table and the bucket hold, old versions too.
func (p *prover) rowsAndObjects(t *testing.T) (all []string) {
	t.Helper()
	rows, err := dynamodb.NewFromConfig(p.config).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("TrackingData")})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows.Items {
		all = append(all, fmt.Sprint(row["TenantID"].(*dynamodbtypes.AttributeValueMemberS).Value, " ", row["ShipmentID"].(*dynamodbtypes.AttributeValueMemberS).Value))
	}
	objects, err := p.s3().ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String("shiptrack-" + proverAccount)})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects.Versions {
		all = append(all, *o.Key)
	}
	for _, o := range objects.DeleteMarkers {
		all = append(all, "deleted "+*o.Key)
	}
	slices.Sort(all)
	return all
}

func (p *prover) existing(t *testing.T, args ...string) *exec.Cmd {
	return p.command(t, append([]string{"--account", proverAccount, "--existing", "--task-profile", "task"}, args...)...)
}

func TestWhatIsThereIsAttackedAndLeftAsItWas(t *testing.T) {
	p := newProver(t)
	p.deploy(t, iam.Hardened)
	before, rows := p.there(t), p.rowsAndObjects(t)
	out, err := p.existing(t, "--seed-profile", "seed").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"prove: this attacks what is in account 000000000000, eu-central-1 (http://127.0.0.1:", "it makes, changes and deletes no role, no table and no bucket", "prove-yellow, prove-blue, prove-acme, prove-acme-eu",
		"dynamodb/get-item ", "dynamodb/scan ", "dynamodb/seed-put-item ", "sts/no-tag ", "signature/body ", "s3/get-object ", "s3/write-put-object ", "s3/list-all ", "under infra/iam/hardened (sha256 ",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, group := range []string{"\niam/", "\nkms/", "\nhttp/", "\ntoken/", "dynamodb/delete-table ", "sts/role-tag "} {
		if strings.Contains(string(out), group) {
			t.Errorf("%q was attacked", group)
		}
	}
	p.wantThere(t, before...)
	if after := p.rowsAndObjects(t); !slices.Equal(after, rows) {
		t.Errorf("table and bucket hold %v, want %v", after, rows)
	}
}

func TestWhatIsThereAndLeaksIsFound(t *testing.T) {
	p := newProver(t)
	p.deploy(t, iam.Article) // while the files say hardened
	before, rows := p.there(t), p.rowsAndObjects(t)
	out, err := p.existing(t).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "sts/no-tag (LEAK)") {
		t.Errorf("%v, %s; want the leak of sts/no-tag", err, out)
	}
	p.wantThere(t, before...)
	if after := p.rowsAndObjects(t); !slices.Equal(after, rows) {
		t.Errorf("table and bucket hold %v, want %v", after, rows)
	}
}

func TestExistingIsRefusedWhereNothingIsOrForWrongSessions(t *testing.T) {
	p := newProver(t)
	p.profiles(t)
	refused := func(code int, want string, args ...string) {
		t.Helper()
		cmd := p.command(t, append([]string{"--account", proverAccount}, args...)...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != code || !strings.Contains(string(out), want) {
			t.Errorf("%v: exit code %d, %s; want %d and %q", args, cmd.ProcessState.ExitCode(), out, code, want)
		}
	}
	refused(2, "--existing is for --target aws, and goes with --task-profile", "--existing")
	refused(2, "--existing is for --target aws, and goes with --task-profile", "--task-profile", "task")
	refused(2, "profile none", "--existing", "--task-profile", "none")
	refused(2, "want a session of TrackingServiceRole of account 000000000000", "--existing", "--task-profile", "wrong")
	p.deploy(t, iam.Hardened)
	refused(1, "has what the attacks would make, change and delete: table TrackingData") // without the flag, as ever
	if _, err := dynamodb.NewFromConfig(p.config).DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("TrackingData")}); err != nil {
		t.Fatal(err)
	}
	refused(1, "account 000000000000 lacks table TrackingData: deploy it first", "--existing", "--task-profile", "task")
}
