//go:build clients

package terraform_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// TestTerraformMadeAccountIsAttackedAndComparedAsItIs: prove attacks the roles, table and bucket that Terraform applied and leaves them as
// they were, so that a plan finds no difference, and prove drift finds none either.
func TestTerraformMadeAccountIsAttackedAndComparedAsItIs(t *testing.T) {
	r, l := onLocalaws(t)
	r.apply()
	binaries := build(t)
	environ := operator(t, l, binaries)
	prove := func(args ...string) (string, error) {
		c := exec.CommandContext(t.Context(), filepath.Join(binaries, "prove"), args...)
		c.Env = environ
		out, err := c.CombinedOutput()
		return string(out), err
	}
	attack := []string{"--target", "aws", "--account", l.Account, "--existing", "--task-profile", "task", "--seed-profile", "seed"}
	compare := []string{"drift", "--account", l.Account, "--without-tls", "--without-search", "--tenant", "yellow,blue", "--operator", "role/Operator"}
	out, err := prove(attack...)
	if err != nil || !strings.Contains(out, "attacks were denied, each by the layer that has to deny it") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Log(out[strings.LastIndexByte(strings.TrimSpace(out), '\n')+1:])
	r.run("plan", "-detailed-exitcode")
	if out, err := prove(compare...); err != nil || !strings.Contains(out, "isolation, for what is there: HOLDS") {
		t.Errorf("drift: %v\n%s", err, out)
	}
	// The control: a policy that lets a session read any partition is seen by both.
	widen(t, r)
	r.run("apply", "-auto-approve", isolation)
	if out, err := prove(compare...); err == nil || !strings.Contains(out, "isolation, for what is there: BROKEN") {
		t.Errorf("drift of a policy that was widened: %v\n%s", err, out)
	}
	if out, err := prove(append(attack, "--only", "dynamodb/get-item")...); err == nil || !strings.Contains(out, "dynamodb/get-item (LEAK)") {
		t.Errorf("attacks on a policy that was widened: %v\n%s", err, out)
	}
}

// build builds prove and localaws.
func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	c := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "../prove/cmd/prove", "../localaws/cmd/localaws")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return dir
}

// operator is the environment of a role that may do everything, with profiles of the tasks.
func operator(t *testing.T, l *localawstest.Local, binaries string) []string {
	t.Helper()
	l.PutRoles(t, localaws.Role{
		Name:     "Operator",
		Trust:    []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Policies: []localaws.PolicyDocument{{Name: "All", Document: []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)}},
	})
	c := l.RoleCredentials(t, "Operator", "prove")
	file, text := filepath.Join(t.TempDir(), "config"), ""
	for name, role := range map[string]string{"task": "TrackingServiceRole", "seed": "TrackingSeedTaskRole"} {
		text += fmt.Sprintf("[profile %s]\ncredential_process = \"$LOCALAWS\" credentials --role %s\n", name, role) // the shell's: a path may have a $
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=" + l.Region, "AWS_ENDPOINT_URL=" + l.URL, "AWS_CONFIG_FILE=" + file, "LOCALAWS=" + filepath.Join(binaries, "localaws"),
		"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey, "AWS_SESSION_TOKEN=" + c.SessionToken,
	}
}
