package prove

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/shiptrack/infra/prove/theorem"
)

type failure struct {
	Message string `xml:"message,attr"`
}

type testcase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Seconds string   `xml:"time,attr"`
	Failure *failure `xml:"failure,omitempty"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testsuite struct {
	XMLName    xml.Name   `xml:"testsuite"`
	Name       string     `xml:"name,attr"`
	Timestamp  string     `xml:"timestamp,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Properties []property `xml:"properties>property"`
	Cases      []testcase `xml:"testcase"`
}

// add adds a case that fails where message is not empty.
func (s *testsuite) add(c testcase, message string) {
	s.Tests++
	if message != "" {
		s.Failures++
		c.Failure = &failure{message}
	}
	if c.Seconds == "" {
		c.Seconds = "0"
	}
	s.Cases = append(s.Cases, c)
}

// JUnit writes a test case for each attack and each mutant, for the logs and for the search, in the XML that CI systems read.
func (r *Report) JUnit(out io.Writer) error {
	suite := testsuite{
		Name: "prove " + r.Policies.Name + " " + r.Target, Timestamp: r.Date.UTC().Format(time.RFC3339),
		Properties: []property{{"policies", r.Policies.Name}, {"policiesSha256", r.Policies.SHA256}, {"target", r.Target}, {"version", r.Version}},
	}
	for i := range r.Rows {
		row := &r.Rows[i]
		group, name, _ := strings.Cut(row.Attack.Name, "/")
		message := ""
		if row.Verdict != Holds {
			message = fmt.Sprintf("%s: %s", row.Verdict, row.decided())
		}
		suite.add(testcase{Class: group, Name: name, Seconds: fmt.Sprintf("%.6f", row.Duration.Seconds())}, message)
	}
	if r.Theorem != nil {
		for i := range r.Theorem.Findings {
			r.Theorem.junit(&suite, &r.Theorem.Findings[i])
		}
	}
	suite.add(testcase{Class: "logs", Name: "every request, and no secret"}, strings.Join(r.Audit.Missing, "\n"))
	for i := range r.Mutations {
		message := ""
		if r.Mutations[i].Outcome == Unnoticed {
			message = "no attack notices it"
		}
		suite.add(testcase{Class: "mutant", Name: r.Mutations[i].Name}, message)
	}
	if r.Search != nil {
		suite.add(testcase{Class: "search", Name: fmt.Sprintf("seed %d", r.Search.Seed)}, strings.Join(r.Search.Leaks, "\n"))
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	return encoder.Encode(suite)
}

// junit adds what the theorem says of a role and a store.
func (t *Theorem) junit(suite *testsuite, f *theorem.Finding) {
	message := ""
	if f.Verdict == theorem.Refuted || f.Verdict == theorem.Undecided {
		one := Theorem{Findings: []theorem.Finding{*f}}
		message = strings.Join(one.told(), "\n")
	}
	suite.add(testcase{Class: "theorem", Name: f.Role + " " + f.Store}, message)
}
