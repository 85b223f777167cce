package prove

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/shiptrack/infra/iam"
)

// TestNoNameOfOursStandsInTheSources: the attacks take names from the ownership file.
func TestNoNameOfOursStandsInTheSources(t *testing.T) {
	names, checked := namesOf(t), 0
	var ours []string
	for _, placeholder := range []string{"tag", "table", "sort", "table-index", "of-index", "service-role", "access-role", "write-role", "seed-role", "seed-task-role"} {
		ours = append(ours, names.fill("~"+placeholder+"~"))
	}
	ours = append(ours, strings.TrimSuffix(names.bucket, account))
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if _, isImport := n.(*ast.ImportSpec); isImport {
				return false
			}
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			checked++
			text, err := strconv.Unquote(literal.Value)
			for _, name := range ours {
				if err != nil || strings.Contains(text, name) {
					t.Errorf("%s: %s has the name %s; the ownership file says it", path, literal.Value, name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || checked < 1000 {
		t.Fatalf("%d texts, %v", checked, err)
	}
}

func TestOwnershipFileWithoutNamesIsNotAttacked(t *testing.T) {
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	text := string(file.Text)
	without := func(from, to string) iam.Ownership {
		if !strings.Contains(text, from) {
			t.Fatalf("the ownership file has no %s", from)
		}
		return iam.Ownership{Name: "it", Text: []byte(strings.Replace(text, from, to, 1))}
	}
	for name, tc := range map[string]struct{ from, to, want string }{
		"as it is":                {`"partition"`, `"partition"`, ""},
		"no attribute":            {`"partition": "TenantID", `, "", `"" is no name of the partition`},
		"an attribute in quotes":  {`"sort": "ShipmentID"`, `"sort": "a\"b"`, "is no name of the sort"},
		"a name without a letter": {`"index": "ByStatus"`, `"index": "1"`, `"1" is no name of the table-index`},
		"no role":                 {`"service": "TrackingServiceRole", `, "", `"" is no name of the service-role`},
		"no table":                {"table/TrackingData", "table/*", `"" is no name of the table`},
		"a registry of one":       {`["@tenants", "@blocked"]`, `["@tenants"]`, `"operator" needs the name of a "role", and a "registry" of two partitions`},
		"a registry in quotes":    {`"@blocked"`, `"a\"b"`, `"operator" needs`},
		"no operator":             {`"operator": {"role": "TrackingTenantsRole", `, `"operator": {`, `"operator" needs`},
		"another member":          {`"partition"`, `"partitions"`, "partitions"},
	} {
		_, err := ReadNames(without(tc.from, tc.to))
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
	if read, err := ReadNames(iam.Ownership{Name: "it", Text: []byte(`{"tag": "org", "stores": [{"name": "S3", "resources": []}]}`)}); err != nil || read.Attackable(nil) == nil {
		t.Errorf("a file without names: %v", err)
	}
	if err := (Names{}).Attackable(roles(t, iam.Hardened)); err == nil || !strings.Contains(err.Error(), `"attacked"`) {
		t.Errorf("without names: %v", err)
	}
	if err := namesOf(t).Attackable(roles(t, iam.Hardened)); err != nil {
		t.Errorf("with names: %v", err)
	}
}

// TestSetWithoutAnOperatorIsAttackedWithoutOne: no attack speaks of a role that the ownership file does not name, or of sessions that nobody
// ends.
func TestSetWithoutAnOperatorIsAttackedWithoutOne(t *testing.T) {
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	without := strings.Replace(string(file.Text), `,
    "operator": {"role": "TrackingTenantsRole", "registry": ["@tenants", "@blocked"]}`, "", 1)
	names, err := ReadNames(iam.Ownership{Name: "it", Text: []byte(without)})
	if err != nil || without == string(file.Text) {
		t.Fatalf("%v, in %s", err, without)
	}
	all := names.Attacks()
	for _, a := range all {
		if group, _, _ := strings.Cut(a.Name, "/"); group == "operator" || group == "boundary" || strings.Contains(a.Name+a.Does+a.Differs+a.needs, operator) {
			t.Errorf("%s: %s (needs %q)", a.Name, a.Does, a.needs)
		}
	}
	if with := namesOf(t).Attacks(); len(all) < 1000 || len(with) < len(all)+500 {
		t.Errorf("%d attacks without an operator, %d with one", len(all), len(with))
	}
}

func TestNameInOtherCaseIsAnother(t *testing.T) {
	for name, want := range map[string]string{"TenantID": "tenantid", "org": "ORG", "ORG": "org", "org_1": "ORG_1"} {
		if got := otherCase(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestSetWithOtherNamesIsAttackedAsOurs: the same attacks, without a build. Those on the services need services with these names.
func TestSetWithOtherNamesIsAttackedAsOurs(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds (make check)")
	}
	keys := strings.NewReplacer("\"TenantID\",\n            \"ShipmentID\"", `"org_id", "order_id"`) // of rows, not of tags
	renamed := strings.NewReplacer(`"partition": "TenantID"`, `"partition": "org_id"`, "TenantID", "org", "ShipmentID", "order_id", "TrackingData", "Acme", "Tracking", "My", "-shipments", "-orders", "shiptrack-<", "acme-<")
	file, err := iam.EmbeddedOwnership()
	if err != nil {
		t.Fatal(err)
	}
	names, err := ReadNames(iam.Ownership{Name: "renamed", Text: []byte(renamed.Replace(string(file.Text)))})
	if err != nil {
		t.Fatal(err)
	}
	all := roles(t, iam.Hardened)
	for i := range all {
		all[i].Name, all[i].Trust = renamed.Replace(all[i].Name), []byte(strings.ReplaceAll(renamed.Replace(string(all[i].Trust)), namesOf(t).bucket, names.bucket))
		for j, p := range all[i].Policies {
			all[i].Policies[j].Document = []byte(strings.ReplaceAll(renamed.Replace(keys.Replace(string(p.Document))), namesOf(t).bucket, names.bucket))
		}
	}
	attacks := slices.DeleteFunc(names.Attacks(), func(a *Attack) bool { return a.services })
	rows, _, err := CarryOut(t.Context(), Target{Names: names}, all, attacks, "", func(int, int) {})
	if want := len(withoutServices(t)); err != nil || len(rows) != want {
		t.Fatalf("%d attacks, %v; want %d", len(rows), err, want)
	}
	for _, r := range rows {
		if r.Verdict != Holds {
			t.Errorf("%s: %s: attempt %s %s, control %s %s", r.Attack.Name, r.Verdict, r.Attempt.Code, r.Attempt.Message, r.Control.Code, r.Control.Message)
		}
	}
}
