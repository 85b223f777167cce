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
		switch columns[1] {
		case "(required)":
			want = "| `" + columns[0] + "` | required |"
		case "(none)":
			want = "| `" + columns[0] + "` | not set |"
		}
		if !strings.Contains(string(readme), want) {
			t.Errorf("the README has no row that begins %s", want)
		}
	}
}
