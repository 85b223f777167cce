package terraform_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// block is a variable or an output of a module.
type block struct{ name, description, typ, value string } // value is the default's text; empty: none

// required is what a variable without a default has in its table.
const required = "required"

// blocksOf reads the blocks of a kind from the files of a module, ordered by name.
func blocksOf(t *testing.T, folder, kind string) (all []block) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range parse(t, file, text).Blocks {
			if b.Type != kind {
				continue
			}
			written := func(name string) string {
				if a := b.Body.Attributes[name]; a != nil {
					return inOneLine(string(a.Expr.Range().SliceBytes(text)))
				}
				return ""
			}
			all = append(all, block{b.Labels[0], strings.Trim(written("description"), `"`), written("type"), written("default")})
		}
	}
	slices.SortFunc(all, func(a, b block) int { return cmp.Compare(a.name, b.name) })
	return all
}

// inOneLine is an expression that terraform fmt wrote, in one line.
func inOneLine(text string) string {
	text = regexp.MustCompile(`\{\n\s*`).ReplaceAllString(text, "{ ")
	text = regexp.MustCompile(`\n\s*\}`).ReplaceAllString(text, " }")
	text = regexp.MustCompile(`\n\s*`).ReplaceAllString(text, ", ")
	return regexp.MustCompile(` +`).ReplaceAllString(text, " ")
}

func parse(t *testing.T, name string, text []byte) *hclsyntax.Body {
	t.Helper()
	file, faults := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if faults.HasErrors() {
		t.Fatal(faults)
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok {
		t.Fatalf("%s: a body is a %T", name, file.Body)
	}
	return body
}

// tables are the inputs and outputs of a module, as its README has them at its end.
func tables(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("## Inputs\n| name | description | type | default |\n| --- | --- | --- | --- |\n")
	for _, v := range blocksOf(t, folder, "variable") {
		value := required
		if v.value != "" {
			value = "`" + v.value + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | %s |\n", v.name, v.description, v.typ, value)
	}
	b.WriteString("\n## Outputs\n| name | description |\n| --- | --- |\n")
	for _, o := range blocksOf(t, folder, "output") {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.name, o.description)
	}
	return b.String()
}

var example = regexp.MustCompile("(?s)```hcl\n(.*?)```")

// TestEachModuleHasAReadmeThatIsTrue: its tables are the variables and outputs of the files, and its example gives what is required, and nothing
// that the module does not take.
func TestEachModuleHasAReadmeThatIsTrue(t *testing.T) {
	folders, err := filepath.Glob("modules/*")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			path := filepath.Join(folder, "README.md")
			text, err := os.ReadFile(filepath.Clean(path))
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(string(text), "## Inputs\n")
			if want := head + tables(t, folder); *update {
				if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if string(text) != want {
				t.Errorf("%s is not what the files say: go test ./infra/terraform -run Readme -update", path)
			}
			wantExample(t, folder, head)
		})
	}
}

func wantExample(t *testing.T, folder, head string) {
	t.Helper()
	shown := example.FindStringSubmatch(head)
	if shown == nil {
		t.Fatal("there is no example")
	}
	body := parse(t, "example", []byte(shown[1]))
	if len(body.Blocks) != 1 || body.Blocks[0].Type != "module" {
		t.Fatalf("want one module block:\n%s", shown[1])
	}
	given, known := body.Blocks[0].Body.Attributes, map[string]bool{"source": true}
	for _, v := range blocksOf(t, folder, "variable") {
		known[v.name] = true
		if v.value == "" && given[v.name] == nil {
			t.Errorf("the example lacks %s, which is required", v.name)
		}
	}
	for name := range given {
		if !known[name] {
			t.Errorf("the example gives %s, which the module does not take", name)
		}
	}
	if given["source"] == nil {
		t.Error("the example has no source")
	}
}
