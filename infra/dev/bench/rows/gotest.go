package rows

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/dev/bench/measure"
)

// testFigure is a group of one figure that a test tells as its attribute. It depends on no machine: the test's time is not real.
func testFigure(row measure.Row, pkg, name, attribute string) Group {
	return Group{[]measure.Row{row}, func(ctx context.Context, _ Place, _ []measure.Row) (map[string]measure.Series, map[string]string, error) {
		out, err := exec.CommandContext(ctx, "go", "test", "-v", "-count=1", "-run", "^"+name+"$", pkg).CombinedOutput()
		if err != nil {
			return nil, nil, fmt.Errorf("%w\n%s", err, out)
		}
		value, err := attributeOf(out, name, attribute)
		return map[string]measure.Series{row.Name: {value}}, nil, err
	}}
}

// attributeOf finds what testing.T.Attr writes.
func attributeOf(out []byte, test, attribute string) (float64, error) {
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		if text, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "=== ATTR  "+test+" "+attribute+" "); ok {
			return strconv.ParseFloat(text, 64)
		}
	}
	return 0, fmt.Errorf("%s tells no %s", test, attribute)
}
