package localaws

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/shiptrack/infra/localaws/policy"
)

const tasksMay = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

var values = Values{Region: "eu-west-1", Account: "123456789012", Bucket: "pictures"}

// folder returns files, each a name and its text; a role Reader that is as it should be is beside them.
func folder(files ...string) fstest.MapFS {
	f := fstest.MapFS{"Reader/trust.json": {Data: []byte(tasksMay)}}
	for i := 0; i < len(files); i += 2 {
		f[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return f
}

func reads(resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"` + resource + `"}]}`
}

func TestPlaceholdersAreFilled(t *testing.T) {
	roles, err := LoadRoles(folder("Reader/Read.json", reads("arn:aws:s3:::<bucket>/<region>/<account-id>")), values)
	if err != nil {
		t.Fatal(err)
	}
	want := []Role{{Name: "Reader", Trust: []byte(tasksMay), Policies: []PolicyDocument{{"Read", []byte(reads("arn:aws:s3:::pictures/eu-west-1/123456789012"))}}}}
	if !reflect.DeepEqual(roles, want) {
		t.Errorf("got %s, want %s", roles, want)
	}
}

func TestFolderThatIsNotOneOfRolesIsAnErrorThatNamesTheFile(t *testing.T) {
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  string // empty: it is loaded
	}{
		"one role":                   {folder(), ""},
		"names with a dot":           {folder(".gitignore", "", "Reader/.swp", ""), ""},
		"an unknown placeholder":     {folder("Reader/P.json", reads("<domain>")), "Reader/P.json: unknown placeholder <domain>"},
		"a file beside the role":     {folder("README.md", ""), "README.md is not the folder of a role"},
		"a file of another kind":     {folder("Reader/P.jsn", reads("*")), "Reader/P.jsn is no policy"},
		"no trust policy":            {folder("Writer/P.json", reads("*")), "Writer has no trust.json"},
		"a policy is broken":         {folder("Reader/P.json", "{"), "Reader/P.json: "},
		"a trust policy is not one":  {folder("Writer/trust.json", reads("*")), "Writer/trust.json: "},
		"a policy is a trust policy": {folder("Reader/P.json", tasksMay), "Reader/P.json: "},
		"no role":                    {fstest.MapFS{}, "no role"},
	} {
		_, err := LoadRoles(test.files, values)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	_, err := LoadRoles(folder("Reader/P.json", "{"), values)
	if _, malformed := errors.AsType[*policy.MalformedError](err); !malformed {
		t.Errorf("got %v, want a MalformedError", err)
	}
}

func TestRolesThatTrustEachOtherAreAnError(t *testing.T) {
	a := Role{Name: "A", Trust: []byte(`"arn:aws:iam::1:role/B"`)}
	b := Role{Name: "B", Trust: []byte(`"arn:aws:iam::1:role/A"`)}
	if _, err := ordered([]Role{a, b}); err == nil {
		t.Error("no error")
	}
}
