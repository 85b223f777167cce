package localaws

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

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

func TestBoundaryIsNoInlinePolicy(t *testing.T) {
	roles, err := LoadRoles(folder("Reader/boundary.json", reads("arn:aws:s3:::<bucket>/*")), values)
	if err != nil {
		t.Fatal(err)
	}
	if want := reads("arn:aws:s3:::pictures/*"); len(roles) != 1 || string(roles[0].Boundary) != want || len(roles[0].Policies) != 0 {
		t.Errorf("got %+v, want the boundary %s and no policy", roles, want)
	}
}

func TestFolderThatIsNotOneOfRolesIsAnErrorThatNamesTheFile(t *testing.T) {
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  string // empty: it is loaded
	}{
		"one role":                   {folder(), ""},
		"an unknown placeholder":     {folder("Reader/P.json", reads("<index>")), "Reader/P.json:1:92: unknown placeholder <index>"},
		"a policy is broken":         {folder("Reader/P.json", "{"), "Reader/P.json:1:2: "},
		"a trust policy is not one":  {folder("Writer/trust.json", reads("*")), "Writer/trust.json:1:"},
		"a policy is a trust policy": {folder("Reader/P.json", tasksMay), "Reader/P.json:1:"},
		"no role":                    {fstest.MapFS{}, "there is no folder of a role"},
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

// TestDocumentThatCannotBeUsedIsNamedByFileLineAndColumn: what each document says is wrong at the ¦, which is taken out.
func TestDocumentThatCannotBeUsedIsNamedByFileLineAndColumn(t *testing.T) {
	for name, tc := range map[string]struct{ document, want string }{
		"no fault": {`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:<region>:<account-id>:<bucket>"}}`, ""},
		"an unknown placeholder": {
			"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\n \"Resource\":\"arn:aws:é3:<region>:¦<account>:x\"}}",
			"unknown placeholder <account>: <region>, <account-id>, <bucket> and <domain> are known",
		},
		"a fault before the placeholders": {
			"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\n \"Resource\":[¦\"b\", \"arn:aws:s3:<region>::x\"]}}", "is no ARN",
		},
		"a fault behind the placeholders": {
			"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\n \"Resource\":[\"arn:aws:s3:<region>:<account-id>:é<bucket>\", ¦\"b\"]}}", "is no ARN",
		},
		"a fault in a placeholder": {
			"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\n \"Resource\":\"arn:aws:s3:<region>::x\" ¦<bucket>}}", "not valid JSON",
		},
		"a comma too many": {"{\"Statement\":\n  {\"Effect\":\"Allow\"¦,\n}}", "not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			before, after, _ := strings.Cut(tc.document, "¦")
			_, err := LoadRoles(fstest.MapFS{
				"Reader/trust.json": {Data: []byte(tasksMay)}, "Reader/Read.json": {Data: []byte(before + after)},
			}, Values{Region: "eu-west-1", Account: "123456789012", Bucket: "shiptrack-data"})
			if tc.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			line := before[strings.LastIndex(before, "\n")+1:]
			place := fmt.Sprintf("Reader/Read.json:%d:%d: ", 1+strings.Count(before, "\n"), 1+utf8.RuneCountInString(line))
			if err == nil || !strings.HasPrefix(err.Error(), place) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s...%s", err, place, tc.want)
			}
		})
	}
}

func TestEveryPlaceholderWithoutAValueIsNamed(t *testing.T) {
	_, err := LoadRoles(fstest.MapFS{"Reader/trust.json": {Data: []byte("<index>\n <bucket>\n<table>")}}, Values{Bucket: "Not A Bucket"})
	want := []string{"Reader/trust.json:1:1: unknown placeholder <index>", "Reader/trust.json:2:2: the value \"Not A Bucket\"", "Reader/trust.json:3:1: "}
	for _, said := range want {
		if err == nil || !strings.Contains(err.Error(), said) {
			t.Errorf("got %v, want %s in it", err, said)
		}
	}
}

func TestRolesThatTrustEachOtherAreAnError(t *testing.T) {
	a := Role{Name: "A", Trust: []byte(`"arn:aws:iam::1:role/B"`)}
	b := Role{Name: "B", Trust: []byte(`"arn:aws:iam::1:role/A"`)}
	if _, err := ordered([]Role{a, b}); err == nil {
		t.Error("no error")
	}
}
