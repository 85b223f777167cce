package methods

import (
	"os"
	"testing"
)

// The plot is made of exact figures alone: each run of make methods draws the same.
func TestThePlotIsWhatTheFiguresMake(t *testing.T) {
	other, err := os.ReadFile("../docs/figures/methods-idea.svg")
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := os.ReadFile("../docs/figures/methods.svg")
	if err != nil {
		t.Fatal(err)
	}
	plot, err := Plot(compared(t), other)
	if err != nil {
		t.Fatal(err)
	}
	if string(plot) != string(drawn) {
		t.Error("infra/docs/figures/methods.svg is another figure; run make methods")
	}
}

func TestAPlotWithoutColoursIsAnError(t *testing.T) {
	if _, err := Plot(compared(t), []byte("<svg></svg>")); err == nil {
		t.Error("a plot has no style sheet, and no error")
	}
}
