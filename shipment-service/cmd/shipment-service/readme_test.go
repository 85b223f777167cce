package main

import (
	"os"
	"strings"
	"testing"

	"example.com/shiptrack/pkg/config"
)

func TestReadmeListsEveryVariable(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(config.Usage[settings]()) {
		columns := strings.Fields(line)
		want := "| `" + columns[0] + "` | `" + columns[1] + "` |"
		switch {
		case columns[0] == "OIDC_ISSUER" || columns[0] == "OIDC_AUDIENCE":
			want = "| `" + columns[0] + "` | required, or `OIDC_PROVIDERS_FILE` |"
		case columns[1] == "(required)":
			want = "| `" + columns[0] + "` | required |"
		case columns[1] == "(none)":
			want = "| `" + columns[0] + "` | not set |"
		}
		if !strings.Contains(string(readme), want) {
			t.Errorf("the README has no row that begins %s", want)
		}
	}
}
