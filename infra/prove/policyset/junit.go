package policyset

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

type suite struct {
	XMLName  xml.Name   `xml:"testsuite"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Time     string     `xml:"time,attr"`
	Cases    []testcase `xml:"testcase"`
}

type testcase struct {
	Class   string  `xml:"classname,attr"`
	Name    string  `xml:"name,attr"`
	Failure *failed `xml:"failure"`
	Error   *failed `xml:"error"`
}

type failed struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes a case for each role and store: a refutation is a failure, and what is undecided an error.
func (r *Report) JUnit(out io.Writer) error {
	s := suite{Name: r.Set, Tests: len(r.Findings), Time: fmt.Sprintf("%.3f", r.Seconds)}
	for i := range r.Findings {
		f := &r.Findings[i]
		c := testcase{Class: f.Role, Name: f.Store}
		for j := range f.Refutations {
			x := &f.Refutations[j]
			if c.Failure == nil {
				c.Failure = &failed{Message: x.Story}
				s.Failures++
			}
			c.Failure.Text += fmt.Sprintf("%s\n%s\nsession: %s\nreplay: %s\nmissing: %s: %s\n", x.At, x.Story, x.How(), x.Replay, x.Guard.Name, x.Guard.Do)
		}
		for _, o := range f.Open {
			if c.Failure != nil {
				break // a case is one of the two
			}
			if c.Error == nil {
				c.Error = &failed{Message: o.Why}
				s.Errors++
			}
			c.Error.Text += fmt.Sprintf("%s\n%s\n", o.At, o.Why)
		}
		s.Cases = append(s.Cases, c)
	}
	return s.write(out)
}

func (s *suite) write(out io.Writer) error {
	fmt.Fprint(out, xml.Header)
	e := xml.NewEncoder(out)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}

// JSON writes the whole report.
func (r *Report) JSON(out io.Writer) error { return writeJSON(out, r) }

func writeJSON(out io.Writer, v any) error {
	if err := json.MarshalWrite(out, v, jsontext.WithIndent("  "), json.Deterministic(true)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out)
	return err
}
