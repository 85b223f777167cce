package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
	"example.com/shiptrack/infra/prove/caller"
)

// asStrangersAccount makes the SDK's settings those of a localaws that has nothing, and of a role there with this policy.
func asStrangersAccount(t *testing.T, policy string) {
	t.Helper()
	l := localawstest.Start(t)
	l.PutRoles(t, localaws.Role{
		Name:     "Prover",
		Trust:    []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Policies: []localaws.PolicyDocument{{Name: "Caller", Document: []byte(policy)}},
	})
	c := l.RoleCredentials(t, "Prover", "record")
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": l.URL, "AWS_REGION": l.Region, "AWS_ACCESS_KEY_ID": c.AccessKeyID, "AWS_SECRET_ACCESS_KEY": c.SecretAccessKey, "AWS_SESSION_TOKEN": c.SessionToken, "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
}

func answered(t *testing.T, code int, want, args string) {
	t.Helper()
	var out, err bytes.Buffer
	if got := run(t.Context(), strings.Fields(args), &out, &err); got != code || !strings.Contains(out.String()+err.String(), want) {
		t.Errorf("%s: code %d, %s%s; want %d with %q", args, got, &out, &err, code, want)
	}
}

var ofSomebody = regexp.MustCompile(`arn:|\b\d{12}\b|amazonaws`) // the digits of a SHA-256 are no account

func TestAnAccountsAnswersAreRecordedAndCompared(t *testing.T) {
	asStrangersAccount(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	file := filepath.Join(t.TempDir(), "answers.json")
	answered(t, 2, "no such file", "compare "+file)
	answered(t, 2, "the credentials are of account 000000000000", "record "+file+" --account 111111111111 --attacks none")
	answered(t, 0, " answers of the simulator, and ", "record "+file+" --account 000000000000 --attacks run --only sts/no-")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if found := ofSomebody.Find(text); found != nil {
		t.Errorf("the file tells %s", found)
	}
	for _, want := range []string{`"sts/no-tag": {`, `"code": "AccessDenied"`, `"implicitDeny"`, `"malformed"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the file has no %s", want)
		}
	}
	answered(t, 0, " answers were compared, 0 differences", "compare "+file)
	planted := strings.Replace(string(text), `"code": "AccessDenied"`, `"code": "Planted"`, 1)
	if err := os.WriteFile(file, []byte(strings.Replace(planted, `"malformed"`, `"allowed"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	answered(t, 1, "the account says 403 Planted, localaws 403 AccessDenied", "compare "+file)
	answered(t, 1, "the account says allowed, localaws malformed", "compare "+file)
	answered(t, 2, "was recorded under other policies", "compare "+file+" --policies article")
	answered(t, 2, "has answers under other policies", "record "+file+" --account 000000000000 --attacks none --policies article")
	answered(t, 2, "has answers to attacks on what was there (false)", "record "+file+" --account 000000000000 --task-profile task")
	if err := os.WriteFile(file, bytes.Replace(text, []byte(`"region": "us-east-1"`), []byte(`"region": "eu-west-1"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	answered(t, 2, `has answers of region "eu-west-1", not of us-east-1`, "record "+file+" --account 000000000000 --attacks none")
	if err := os.WriteFile(file, []byte(`{"format":1,"region":"us-east-1","cases":{"of another version 1.1":"allowed"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	answered(t, 1, "has no answer that this version could compare", "compare "+file)
}

// TestRecordPutsAttacksToWhatIsThere: without a word about attacks, both the simulator and AWS are asked.
func TestRecordPutsAttacksToWhatIsThere(t *testing.T) {
	l := asAccount(t)
	var policies []localaws.PolicyDocument
	for _, name := range []string{"record", "existing"} {
		one, err := caller.Policy(name, localaws.Values{Region: l.Region, Account: l.Account, Bucket: "shiptrack-" + l.Account})
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, localaws.PolicyDocument{Name: name, Document: []byte(one)})
	}
	l.PutRoles(t, localaws.Role{
		Name:     "Prover",
		Trust:    []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
		Policies: policies,
	})
	own, task := l.RoleCredentials(t, "Prover", "record"), l.RoleCredentials(t, "TrackingServiceRole", "task")
	config := filepath.Join(t.TempDir(), "config")
	text := "[profile task]\naws_access_key_id = " + task.AccessKeyID + "\naws_secret_access_key = " + task.SecretAccessKey + "\naws_session_token = " + task.SessionToken + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": own.AccessKeyID, "AWS_SECRET_ACCESS_KEY": own.SecretAccessKey, "AWS_SESSION_TOKEN": own.SessionToken, "AWS_CONFIG_FILE": config} {
		t.Setenv(name, value)
	}
	file := filepath.Join(t.TempDir(), "answers.json")
	answered(t, 2, "attacks on what is there need --task-profile", "record "+file+" --account 000000000000")
	answered(t, 0, " answers of the simulator, and 1 to attacks", "record "+file+" --account 000000000000 --task-profile task --only s3/get-object")
	answered(t, 0, " answers were compared, 0 differences", "compare "+file)
}

func TestRecordOfTheSimulatorNeedsOneAction(t *testing.T) {
	policy, err := caller.Policy("record", localaws.Values{Region: "us-east-1", Account: "000000000000", Bucket: "b"})
	if err != nil {
		t.Fatal(err)
	}
	asStrangersAccount(t, policy)
	answered(t, 0, " and 0 to attacks", "record "+filepath.Join(t.TempDir(), "answers.json")+" --account 000000000000 --attacks none")
	asStrangersAccount(t, strings.Replace(policy, "iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy", 1))
	answered(t, 1, "AccessDenied", "record "+filepath.Join(t.TempDir(), "answers.json")+" --account 000000000000 --attacks none")
}

// TestWhatARunMadeIsCleaned: of an account in which a run was killed, and of one in which somebody else has the names.
func TestWhatARunMadeIsCleaned(t *testing.T) {
	asStrangersAccount(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	answered(t, 0, "0 removed, 0 left", "clean --account 000000000000")
	answered(t, 2, "the credentials are of account 000000000000", "clean --account 111111111111")
	asAccount(t)
	answered(t, 2, "cannot assume roles", "clean --account 000000000000") // root's
}
