package methods

import (
	"os"
	"strings"
	"testing"
)

// All but the times is exact, and so is the same in each run.
func TestThePageIsWhatTheProgramWrites(t *testing.T) {
	page, err := os.ReadFile("../docs/METHODS.md")
	if err != nil {
		t.Fatal(err)
	}
	made, err := Page(compared(t), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	const times = "## How long it takes"
	got, measured, _ := strings.Cut(string(page), times)
	want, _, _ := strings.Cut(string(made), times)
	if got != want {
		t.Error("infra/docs/METHODS.md is not what the program writes; run make methods")
	}
	for _, row := range []string{"| 1, 1 |", "| 10,000, 5 | 50,001 roles | - | - |"} {
		if !strings.Contains(measured, row) {
			t.Errorf("the times of infra/docs/METHODS.md lack %q; run make methods", row)
		}
	}
}
