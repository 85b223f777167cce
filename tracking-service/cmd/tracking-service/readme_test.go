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
	// In the README a star marks a variable that the seed reads. A default that is not a constant is described in words.
	rows := strings.ReplaceAll(string(readme), "` * |", "` |")
	for line := range strings.Lines(config.Usage[settings]()) {
		columns := strings.Fields(line)
		want := "| `" + columns[0] + "` | `" + columns[1] + "` |"
		switch {
		case columns[1] == "(required)":
			want = "| `" + columns[0] + "` | required |"
		case columns[0] == "OIDC_ISSUER" || columns[0] == "OIDC_AUDIENCE":
			want = "| `" + columns[0] + "` | required, or `OIDC_PROVIDERS_FILE` |"
		case columns[0] == "INSTANCE_ID":
			want = "| `INSTANCE_ID` | the host name |"
		case columns[0] == "CURSOR_KEY":
			want = "| `CURSOR_KEY` | required, or `CURSOR_KEY_FILE` |"
		case columns[1] == "(none)":
			want = "| `" + columns[0] + "` | not set |"
		}
		if !strings.Contains(rows, want) {
			t.Errorf("the README has no row that begins %s", want)
		}
	}
}
