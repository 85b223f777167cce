package rows

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/perf/benchfmt"

	"example.com/shiptrack/infra/dev/bench/measure"
)

// benchmark is one of Go's, some of whose figures are rows.
type benchmark struct {
	module    string // folder of a module outside of go.work; empty: the workspace
	pkg, name string
	benchtime string
	figures   []figure
}

// figure is a unit of a benchmark as a row. Scale makes the row's unit of it.
type figure struct {
	row   measure.Row
	unit  string
	scale float64
}

// goBenchmark is a group of one benchmark's figures. The benchmark is run once for each of five rounds.
func goBenchmark(b benchmark) Group {
	var rows []measure.Row
	for _, f := range b.figures {
		rows = append(rows, f.row)
	}
	return Group{rows, func(ctx context.Context, _ Place, _ []measure.Row) (map[string]measure.Series, map[string]string, error) {
		cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^"+b.name+"$", "-benchmem", "-benchtime", b.benchtime, "-count=5", b.pkg)
		if b.module != "" {
			cmd.Dir, cmd.Env = b.module, append(os.Environ(), "GOWORK=off")
		}
		out, err := cmd.CombinedOutput()
		if err != nil {
			return nil, nil, fmt.Errorf("%w\n%s", err, out)
		}
		values, missing := b.read(out)
		return values, missing, nil
	}}
}

// read takes the figures of what go test prints. A benchmark that is not there is said: another part of the project may bring it.
func (b benchmark) read(out []byte) (map[string]measure.Series, map[string]string) {
	values, missing := map[string]measure.Series{}, map[string]string{}
	reader := benchfmt.NewReader(bytes.NewReader(out), b.pkg)
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		for _, f := range b.figures {
			for _, v := range result.Values {
				number, unit := v.Value, v.Unit
				if v.OrigUnit != "" {
					number, unit = v.OrigValue, v.OrigUnit
				}
				if unit == f.unit {
					values[f.row.Name] = append(values[f.row.Name], number*f.scale)
				}
			}
		}
	}
	for _, f := range b.figures {
		if len(values[f.row.Name]) == 0 {
			missing[f.row.Name] = b.name + " of " + b.pkg + " has no figure " + strconv.Quote(f.unit)
		}
	}
	return values, missing
}
