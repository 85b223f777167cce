package measure

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// Row says what a figure is, and what it must reach.
type Row struct {
	Name string
	Most bool    // Must is the most that is good; else the least
	Must float64 // what must be reached
	Said bool    // the figure is only said: nothing must be reached
}

// Result is what became of a row.
type Result struct {
	Row
	Values  Series
	Missing string // why it was not measured
}

// Met reports whether the median is what it must be.
func (r Result) Met() bool {
	if r.Most {
		return r.Values.Median() <= r.Must
	}
	return r.Values.Median() >= r.Must
}

// verdict is the last column.
func (r Result) verdict() string {
	switch {
	case r.Missing != "":
		return "not measured: " + r.Missing
	case r.Said:
		return "said"
	case r.Met():
		return "met"
	}
	return "NOT MET"
}

// wanted is the column of what must be reached.
func (r Result) wanted() string {
	switch {
	case r.Said:
		return ""
	case r.Most:
		return fmt.Sprintf("<= %g", r.Must)
	}
	return fmt.Sprintf(">= %g", r.Must)
}

// Table writes one line for each result.
func Table(out io.Writer, results []Result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "name\tvalue\tspread\tmust reach\t")
	for _, r := range results {
		value, spread := "", ""
		if r.Missing == "" {
			value, spread = fmt.Sprintf("%.4g", r.Values.Median()), fmt.Sprintf("%.1f %%", 100*r.Values.Spread())
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Name, value, spread, r.wanted(), r.verdict())
	}
	return w.Flush()
}

// JSON is a flat object of name -> median. A row that was not measured is not in it.
func JSON(results []Result) ([]byte, error) {
	figures := map[string]float64{}
	for _, r := range results {
		if r.Missing == "" {
			figures[r.Name] = r.Values.Median()
		}
	}
	text, err := json.MarshalIndent(figures, "", "  ")
	return append(text, '\n'), err
}
