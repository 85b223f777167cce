package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkcreds "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

const readsBucket = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::<bucket>/<region>/<account-id>"}]}`

// folder writes files, each a name and its text, into a folder of its own and returns that.
func folder(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		file := filepath.Join(dir, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestServePutsTheRolesOfAFolderAtEachStart(t *testing.T) {
	dir := folder(t, "Photographer/trust.json", trustsTasks, "Photographer/Read.json", readsBucket, "Visitor/trust.json", trustsOther)
	data := t.TempDir()
	env := map[string]string{"AWS_REGION": "eu-west-1"}
	first := start(t, env, "serve", "--listen", "127.0.0.1:0", "--data", data, "--policies", dir, "--bucket", "pictures")
	ask := first.env()
	ask["AWS_REGION"] = "eu-west-1"
	if code, _, stderr := once(t, ask, "credentials", "--role", "Photographer"); code != 0 {
		t.Errorf("a role that trusts tasks: exit %d, %s", code, stderr)
	}
	if code, _, _ := once(t, ask, "credentials", "--role", "Visitor"); code != 1 {
		t.Errorf("a role that does not: exit %d, want 1", code)
	}
	if got := first.inline(t, "eu-west-1"); !strings.Contains(got, "arn%3Aaws%3As3%3A%3A%3Apictures%2Feu-west-1%2F000000000000") {
		t.Errorf("the policy is %s, want its placeholders filled", got)
	}
	if want := "localaws: 2 roles of " + dir + ", with 1 inline policy\n"; first.end() != 0 || !strings.Contains(first.stderr.String(), want) {
		t.Errorf("got %q, want %q in it", first.stderr, want)
	}

	changed := strings.Replace(readsBucket, "s3:GetObject", "s3:PutObject", 1)
	if err := os.WriteFile(filepath.Join(dir, "Photographer", "Read.json"), []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	second := start(t, env, "serve", "--listen", "127.0.0.1:0", "--data", data, "--policies", dir, "--bucket", "pictures")
	if got := second.inline(t, "eu-west-1"); !strings.Contains(got, "PutObject") {
		t.Errorf("the policy is %s, want that of the second start", got)
	}
}

func (r *running) inline(t *testing.T, region string) string {
	t.Helper()
	cfg := r.sdk(sdkcreds.NewStaticCredentialsProvider("test", "test", ""))
	cfg.Region = region
	out, err := iam.NewFromConfig(cfg).GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String("Photographer"), PolicyName: aws.String("Read")})
	if err != nil {
		t.Fatal(err)
	}
	return *out.PolicyDocument
}

func TestPoliciesThatCannotBeUsedEndServeAndAreNamed(t *testing.T) {
	broken := folder(t, "Photographer/trust.json", trustsTasks, "Photographer/Read.json", strings.Replace(readsBucket, "Allow", "Permit", 1))
	good := folder(t, "Photographer/trust.json", trustsTasks, "Photographer/Read.json", readsBucket)
	missing := filepath.Join(t.TempDir(), "missing")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"a broken policy":   {[]string{"--policies", broken, "--bucket", "pictures"}, "--policies " + broken + ": Photographer/Read.json:1:"},
		"no bucket":         {[]string{"--policies", good}, "--policies " + good + ": Photographer/Read.json:1:105: the placeholder <bucket> has no value"},
		"a bucket of stars": {[]string{"--policies", good, "--bucket", "*"}, `Photographer/Read.json:1:105: the value "*" for the placeholder <bucket> must have`},
		"no folder":         {[]string{"--policies", missing}, "--policies " + missing + ": "},
		"an empty folder":   {[]string{"--policies", t.TempDir()}, "there is no folder of a role"},
		"a file":            {[]string{"--policies", filepath.Join(good, "Photographer", "Read.json")}, "Read.json: it is a file: want the folder"},
	} {
		data := filepath.Join(t.TempDir(), "data")
		code, _, stderr := once(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data}, test.args...)...)
		if code != 2 || !strings.Contains(stderr, test.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, want 2 and one line with %q", name, code, stderr, test.want)
		}
		if _, err := os.Stat(data); err == nil {
			t.Errorf("%s: data was made", name)
		}
	}
}
