//go:build clients

package localaws_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// terraform is a folder in which Terraform keeps the resources of testdata/terraform. The test needs `terraform` on the path, and its
// AWS provider: from the registry, or from a mirror that TF_CLI_CONFIG_FILE names.
type terraform struct {
	*testing.T
	dir, endpoint string
}

// newTerraform copies the configuration to a new folder, with more files.
func newTerraform(t *testing.T, endpoint string, more map[string]string) *terraform {
	t.Helper()
	tf := &terraform{T: t, dir: t.TempDir(), endpoint: endpoint}
	files, err := filepath.Glob("testdata/terraform/*.tf*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		more[filepath.Base(file)] = readText(t, file)
	}
	for name, text := range more {
		if err := os.WriteFile(filepath.Join(tf.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tf.run("init")
	return tf
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// run runs a command of Terraform, which must succeed: a plan with -detailed-exitcode fails where there is a difference.
func (tf *terraform) run(command string, options ...string) string {
	tf.Helper()
	c := exec.CommandContext(tf.Context(), "terraform", append([]string{command, "-no-color"}, options...)...)
	c.Dir = tf.dir
	c.Env = append(os.Environ(), "TF_VAR_endpoint="+tf.endpoint, "TF_IN_AUTOMATION=yes", "TF_INPUT=0", "CHECKPOINT_DISABLE=yes", "AWS_EC2_METADATA_DISABLED=true", "GOGC=400") // the provider makes its schemas three times a plan: a third less work
	out, err := c.CombinedOutput()
	if err != nil {
		tf.Fatalf("terraform %s %s: %v\n%s", command, strings.Join(options, " "), err, out)
	}
	return string(out)
}

// apply applies, and wants that a plan finds no difference afterwards.
func (tf *terraform) apply(options ...string) string {
	tf.Helper()
	out := tf.run("apply", append([]string{"-auto-approve"}, options...)...)
	tf.run("plan", append([]string{"-detailed-exitcode"}, options...)...)
	return out
}

// attributes are those of each resource of the state, by its address.
func (tf *terraform) attributes() map[string]map[string]any {
	tf.Helper()
	c := exec.CommandContext(tf.Context(), "terraform", "show", "-json")
	c.Dir = tf.dir
	out, err := c.Output()
	if err != nil {
		tf.Fatalf("terraform show: %v", err)
	}
	var state struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address, Mode string
					Values        map[string]any
				}
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal(out, &state, json.MatchCaseInsensitiveNames(true)); err != nil {
		tf.Fatal(err)
	}
	all := map[string]map[string]any{}
	for _, r := range state.Values.Root.Resources {
		if r.Mode == "managed" {
			all[r.Address] = r.Values
		}
	}
	return all
}

// imports forms an import block for each line of imports.txt, and wants one for each resource.
func (tf *terraform) imports() string {
	tf.Helper()
	resources := tf.attributes()
	var blocks strings.Builder
	for line := range strings.Lines(readText(tf.T, "testdata/terraform/imports.txt")) {
		address, id, found := strings.Cut(strings.TrimSpace(line), " ")
		if address == "#" || !found {
			continue
		}
		attributes := resources[address]
		delete(resources, address)
		for name, value := range attributes {
			if text, ok := value.(string); ok {
				id = strings.ReplaceAll(id, "{"+name+"}", text)
			}
		}
		fmt.Fprintf(&blocks, "import {\n  to = %s\n  id = %q\n}\n", address, id)
	}
	if len(resources) > 0 {
		tf.Errorf("imports.txt lacks %v", resources)
	}
	return blocks.String()
}

// edits are made one after the other.
var edits = []string{"edited.tfvars", "renamed.tfvars", "unprotected.tfvars", "classed.tfvars"}

func file(name string) string { return "-var-file=" + name }

// TestTerraformKeepsWhatItApplied: apply, edit, destroy, and no difference in a plan after the edit. The long form plans after the first apply
// too, and destroys what it has read anew.
func TestTerraformKeepsWhatItApplied(t *testing.T) {
	l := localawstest.Start(t)
	tf := newTerraform(t, l.URL, map[string]string{})
	options := []string{file("unprotected.tfvars")} // so that the table can be destroyed
	tf.run("apply", append([]string{"-auto-approve"}, options...)...)
	options = append(options, file("edited.tfvars"))
	tf.apply(options...)
	tf.run("destroy", append([]string{"-auto-approve", "-refresh=false"}, options...)...) // the plan has just read all
	wantNothingOfIAM(t, iam.NewFromConfig(l.Config(localawstest.Root)))
}

// TestTerraformEditsEachField: all edits, and then all is imported into a new state. It takes minutes: LONG=yes runs it.
func TestTerraformEditsEachField(t *testing.T) {
	if os.Getenv("LONG") == "" {
		t.Skip("LONG=yes edits each field, and imports")
	}
	l := localawstest.Start(t)
	tf := newTerraform(t, l.URL, map[string]string{})
	tf.apply()
	var options []string
	for _, name := range edits {
		options = append(options, file(name))
		tf.apply(options...)
	}
	// What Terraform alone knows of a user, a key, a bucket and an object is no part of an import: force_destroy, the waiting period, the text.
	want := fmt.Sprintf("%d imported, 0 added, 4 changed, 0 destroyed", len(tf.attributes()))
	imported := newTerraform(t, l.URL, map[string]string{"imports.tf": tf.imports()})
	if out := imported.apply(options...); !strings.Contains(out, want) {
		t.Errorf("want %q in\n%s", want, out)
	}
	imported.run("destroy", append([]string{"-auto-approve"}, options...)...)
	wantNothingOfIAM(t, iam.NewFromConfig(l.Config(localawstest.Root)))
}

func wantNothingOfIAM(t *testing.T, c *iam.Client) {
	t.Helper()
	roles, err := c.ListRoles(t.Context(), nil)
	if err != nil || len(roles.Roles) > 0 {
		t.Errorf("roles are left: %+v, %v", roles, err)
	}
	users, err := c.ListUsers(t.Context(), nil)
	if err != nil || len(users.Users) > 0 {
		t.Errorf("users are left: %+v, %v", users, err)
	}
	policies, err := c.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
	if err != nil || len(policies.Policies) > 0 {
		t.Errorf("policies are left: %+v, %v", policies, err)
	}
}

// TestTerraformEditsEachVariable: a variable that no edit changes is a field that the test does not try.
func TestTerraformEditsEachVariable(t *testing.T) {
	files, err := filepath.Glob("testdata/terraform/*.tf")
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, name := range edits {
		all += readText(t, "testdata/terraform/"+name)
	}
	for _, file := range files {
		for _, match := range regexp.MustCompile(`(?m)^variable "(\w+)"`).FindAllStringSubmatch(readText(t, file), -1) {
			if name := match[1]; name != "endpoint" && !regexp.MustCompile(`(?m)^`+name+`\s*=`).MatchString(all) {
				t.Errorf("%s: no edit changes the variable %s", file, name)
			}
		}
	}
}
