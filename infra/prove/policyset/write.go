package policyset

import (
	"fmt"
	"io"
)

// Write writes the report in a format: text, json, junit, markdown or github.
func (r *Report) Write(out io.Writer, format string) error {
	return written(out, format, map[string]func(io.Writer) error{"text": r.Text, "json": r.JSON, "junit": r.JUnit, "markdown": r.Markdown, "github": r.GitHub})
}

func written(out io.Writer, format string, formats map[string]func(io.Writer) error) error {
	write, known := formats[format]
	if !known {
		return fmt.Errorf("unknown format %q", format)
	}
	return write(out)
}
