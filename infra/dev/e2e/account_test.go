package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/dev/provision"
	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/caller"
	"example.com/shiptrack/infra/prove/caller/callertest"
)

// prover attacks localaws as if it were an account of AWS: with the SDK's own settings, in a region that no policy names.
type prover struct {
	config  aws.Config // root's
	environ []string
}

const proverRole = "Prover"

func newProver(t *testing.T) *prover {
	t.Helper()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	const region = "eu-central-1"
	startLocalaws(t, ports[0], t.TempDir(), "AWS_REGION="+region)
	p := &prover{config: aws.Config{
		HTTPClient: awshttp.NewBuildableClient(),
		Region:     region, BaseEndpoint: aws.String("http://127.0.0.1:" + ports[0]), Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}}
	admin := localaws.Role{
		Name:     proverRole,
		Trust:    []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Policies: []localaws.PolicyDocument{{Name: "All", Document: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}},
	}
	if err := provision.Roles(t.Context(), p.config, []localaws.Role{admin}, provision.Propagation{}); err != nil {
		t.Fatal(err)
	}
	p.environ = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_REGION=" + region, "AWS_ENDPOINT_URL=" + *p.config.BaseEndpoint}
	take := exec.CommandContext(t.Context(), filepath.Join(bin, "localaws"), "credentials", "--role", proverRole)
	take.Env = p.environ
	out, err := take.Output()
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatal(err)
	}
	p.environ = append(p.environ, "AWS_ACCESS_KEY_ID="+c.AccessKeyId, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey, "AWS_SESSION_TOKEN="+c.SessionToken)
	return p
}

func (p *prover) command(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "prove"), append([]string{"--target", "aws", "--bin", bin}, args...)...)
	cmd.Env = p.environ
	return cmd
}

// there is what the account holds.
func (p *prover) there(t *testing.T) []string {
	t.Helper()
	roles, err := iam.NewFromConfig(p.config).ListRoles(t.Context(), &iam.ListRolesInput{})
	if err != nil {
		t.Fatal(err)
	}
	tables, err := dynamodb.NewFromConfig(p.config).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	if err != nil {
		t.Fatal(err)
	}
	buckets, err := s3.NewFromConfig(p.config, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	aliases, err := kms.NewFromConfig(p.config).ListAliases(t.Context(), &kms.ListAliasesInput{})
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Clone(tables.TableNames)
	for _, b := range buckets.Buckets {
		names = append(names, *b.Name)
	}
	for _, a := range aliases.Aliases {
		names = append(names, *a.AliasName)
	}
	for _, r := range roles.Roles {
		names = append(names, *r.RoleName)
	}
	slices.Sort(names)
	return names
}

func (p *prover) wantThere(t *testing.T, names ...string) {
	t.Helper()
	if got := p.there(t); !slices.Equal(got, names) {
		t.Errorf("the account holds %v, want %v", got, names)
	}
}

const proverAccount = "000000000000"

func TestAnAccountIsAttackedAndLeftAsItWas(t *testing.T) {
	p := newProver(t)
	out, err := p.command(t, "--account", proverAccount).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"prove: this makes in account 000000000000, eu-central-1 (http://127.0.0.1:", "the tables TrackingData and Billing, the bucket shiptrack-000000000000, 5 KMS keys, and the roles Other, ", "all are deleted at the end",
		"dynamodb/get-item ", "sts/no-tag ", "token/own-key ", "http/tracking-header ", "under infra/iam/hardened (sha256 ",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	p.wantThere(t, proverRole)

	out, err = p.command(t, "--account", proverAccount, "--policies", "article", "--only", "sts/no-tag").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "sts/no-tag (LEAK)") {
		t.Errorf("the article's policies: %v, %s; want the leak of sts/no-tag", err, out)
	}
	p.wantThere(t, proverRole)
}

// TestAnAccountIsAttackedUnderItsCallersPolicy: infra/prove/caller/run.json is all that the caller needs, for the services' attacks too.
func TestAnAccountIsAttackedUnderItsCallersPolicy(t *testing.T) {
	p := newProver(t)
	document, err := caller.Policy("run", localaws.Values{Region: p.config.Region, Account: proverAccount, Bucket: "shiptrack-" + proverAccount})
	if err != nil {
		t.Fatal(err)
	}
	p.restrict(t, document)
	if out, err := p.command(t, "--account", proverAccount).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.wantThere(t, proverRole)
	p.restrict(t, callertest.Without(t, document, "DocumentsOfTheServices s3:DeleteObject"))
	out, err := p.command(t, "--account", proverAccount, "--only", "http/document").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "s3:DeleteObject") {
		t.Errorf("without s3:DeleteObject: %v\n%s", err, out)
	}
}

// restrict gives the caller this policy in the place of its own.
func (p *prover) restrict(t *testing.T, document string) {
	t.Helper()
	if _, err := iam.NewFromConfig(p.config).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String(proverRole), PolicyName: aws.String("All"), PolicyDocument: &document}); err != nil {
		t.Fatal(err)
	}
}

func TestAnAccountThatIsNotTheOneOrNotVacantIsRefused(t *testing.T) {
	p := newProver(t)
	refused := func(code int, want string, args ...string) {
		t.Helper()
		cmd := p.command(t, args...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != code || !strings.Contains(string(out), want) {
			t.Errorf("%v: exit code %d, %s; want %d and %q", args, cmd.ProcessState.ExitCode(), out, code, want)
		}
	}
	refused(2, "--target aws needs --account")
	refused(2, "the credentials are of account 000000000000, --account says 111111111111: nothing was done", "--account", "111111111111")
	if err := provision.Table(t.Context(), p.config, "TrackingData"); err != nil {
		t.Fatal(err)
	}
	refused(1, "account 000000000000 has what the attacks would make, change and delete: table TrackingData", "--account", proverAccount)
	p.wantThere(t, proverRole, "TrackingData")
	boundary, err := iam.NewFromConfig(p.config).CreatePolicy(t.Context(), &iam.CreatePolicyInput{
		PolicyName: aws.String("TrackingAccessRoleBoundary"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	refused(1, "policy TrackingAccessRoleBoundary", "--account", proverAccount)
	if _, err := iam.NewFromConfig(p.config).GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: boundary.Policy.Arn}); err != nil {
		t.Errorf("a policy of somebody else: %v", err)
	}
	root := *p
	root.environ = append(slices.Clone(p.environ), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_SESSION_TOKEN=")
	p = &root
	refused(2, "arn:aws:iam::000000000000:root cannot assume roles", "--account", proverAccount)
}

func TestAnAccountIsLeftAsItWasAfterCtrlC(t *testing.T) {
	p := newProver(t)
	if err := p.signalled(t, syscall.SIGINT); err == nil {
		t.Error("it was interrupted and reports success")
	}
	p.wantThere(t, proverRole)
}

// TestAnAccountIsCleanedAfterAKill: the run could remove nothing, the next is refused and says what to do, and that does it.
func TestAnAccountIsCleanedAfterAKill(t *testing.T) {
	p := newProver(t)
	document, err := caller.Policy("run", localaws.Values{Region: p.config.Region, Account: proverAccount, Bucket: "shiptrack-" + proverAccount})
	if err != nil {
		t.Fatal(err)
	}
	p.restrict(t, document)
	if err := p.signalled(t, syscall.SIGKILL); err == nil {
		t.Error("it was killed and reports success")
	}
	if left := p.there(t); len(left) < 6 {
		t.Fatalf("the account holds %v, want what the run made", left)
	}
	out, err := p.command(t, "--account", proverAccount, "--only", "sts/no-tag").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "remove them with: prove clean --account 000000000000") {
		t.Errorf("after the kill: %v\n%s", err, out)
	}
	clean := exec.CommandContext(t.Context(), filepath.Join(bin, "prove"), "clean", "--account", proverAccount)
	clean.Env = p.environ
	if out, err := clean.CombinedOutput(); err != nil || !strings.Contains(string(out), "removed: bucket shiptrack-000000000000") || !strings.Contains(string(out), " removed, 0 left") {
		t.Errorf("clean: %v\n%s", err, out)
	}
	p.wantThere(t, proverRole)
}

// signalled is a run that gets a signal while it makes roles and tables.
func (p *prover) signalled(t *testing.T, signal os.Signal) error {
	t.Helper()
	cmd := p.command(t, "--account", proverAccount)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if strings.Contains(lines.Text(), "each beside its control") { // it makes roles and tables now
			tick := time.NewTicker(10 * time.Millisecond)
			for len(p.there(t)) < 6 { // bucket and keys too
				<-tick.C
			}
			tick.Stop()
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
		}
	}
	return cmd.Wait()
}
