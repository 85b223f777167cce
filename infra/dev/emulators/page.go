package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"example.com/shiptrack/infra/iam"
)

// row is what one emulator answered under one set of policies.
type row struct {
	emulator emulator
	set      iam.Set
	answers  []answer // none: it was not tried
}

// asAWS says whether an answer is that of AWS. A denial counts beside its control alone: the tenant's own row is answered, and a
// session for the tenant is made.
func (r row) asAWS(i int) bool {
	got := r.answers[i].did
	switch {
	case got != questions[i].want[r.set]:
		return false
	case got == denied:
		return r.answers[0].did == answered
	case got == refused:
		return r.answers[0].did != noSession
	}
	return true
}

// cell is an answer as the page shows it, in bold where it does not count.
func (r row) cell(i int) string {
	text := r.answers[i].did
	if code := r.answers[i].code; code != "" {
		text += " (" + code + ")"
	}
	if r.asAWS(i) {
		return text
	}
	return "**" + text + "**"
}

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| emulator | policies |")
	for _, q := range questions {
		fmt.Fprintf(&b, " %s |", q.title)
	}
	b.WriteString(" as AWS |\n" + strings.Repeat("| --- ", len(questions)+3) + "|\n")
	for _, set := range []iam.Set{iam.Article, iam.Hardened} {
		fmt.Fprintf(&b, "| *AWS, by its documentation* | %s |", set)
		for _, q := range questions {
			fmt.Fprintf(&b, " %s |", q.want[set])
		}
		b.WriteString(" |\n")
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s %s | %s |", r.emulator.Name, r.emulator.Version, r.set)
		if r.answers == nil {
			b.WriteString(strings.Repeat(" not tried |", len(questions)) + " |\n")
			continue
		}
		right := 0
		for i := range questions {
			fmt.Fprintf(&b, " %s |", r.cell(i))
			if r.asAWS(i) {
				right++
			}
		}
		fmt.Fprintf(&b, " %d of %d |\n", right, len(questions))
	}
	return b.String()
}

//go:embed page.md
var text string

// render fills the page's text.
func render(rows []row, now time.Time) ([]byte, error) {
	parsed, err := template.New("page").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = parsed.Execute(&page, map[string]any{"date": now.UTC().Format("2 January 2006"), "table": table(rows), "emulators": emulators})
	return page.Bytes(), err
}
