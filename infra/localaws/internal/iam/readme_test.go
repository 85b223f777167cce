package iam

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReadmeListsEachOperation, and no other one.
func TestReadmeListsEachOperation(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### Operations of IAM\n")
	table, _, _ := strings.Cut(section, "\n\n")
	var listed []string
	for _, name := range regexp.MustCompile(`\b[A-Z][a-z]+[A-Z]\w*`).FindAllString(table, -1) {
		if regexp.MustCompile(`X(P|s|T|$)`).MatchString(name) {
			listed = append(listed, strings.Replace(name, "X", "Role", 1), strings.Replace(name, "X", "User", 1))
		} else {
			listed = append(listed, name)
		}
	}
	for name := range operations {
		if !slices.Contains(listed, name) {
			t.Errorf("README.md lacks the operation %s", name)
		}
	}
	for _, name := range listed {
		if operations[name] == nil {
			t.Errorf("README.md has %s, which is no operation", name)
		}
	}
}
