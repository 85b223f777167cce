package record

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"example.com/shiptrack/infra/prove"
)

// format is that of a File. A change that older readers would misread makes it another.
const format = 1

// File is what an account answered.
type File struct {
	Format   int               `json:"format"`
	Date     string            `json:"date"` // RFC 3339, in UTC
	Region   string            `json:"region"`
	Version  string            `json:"version"` // of prove
	Policies string            `json:"policiesSHA256"`
	Existing bool              `json:"existing"` // the attacks were on what was there
	Cases    map[string]string `json:"cases"`    // the simulator's decisions, by Case.ID
	Attacks  map[string]Attack `json:"attacks"`  // by their names
}

// Attack is what AWS answered to an attack.
type Attack struct {
	Verdict prove.Verdict `json:"verdict"`
	Attempt Answer        `json:"attempt"`
	Control Answer        `json:"control"`
}

// Answer is an answer without its text, which names the account.
type Answer struct {
	Status int    `json:"status"`
	Code   string `json:"code,omitempty"`
}

// String is the answer in words.
func (a Answer) String() string {
	if a.Code == "" {
		return fmt.Sprint(a.Status)
	}
	return fmt.Sprint(a.Status, " ", a.Code)
}

// New is a File without answers.
func New() *File {
	return &File{Format: format, Cases: map[string]string{}, Attacks: map[string]Attack{}}
}

// Add adds the answers to attacks.
func (f *File) Add(rows []prove.Row) {
	for i := range rows {
		r := &rows[i]
		f.Attacks[r.Attack.Name] = Attack{r.Verdict, Answer{r.Attempt.Status, r.Attempt.Code}, Answer{r.Control.Status, r.Control.Code}}
	}
}

// Read reads a File that Write wrote.
func Read(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := New()
	f.Format = 0
	if err := json.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if f.Format != format {
		return nil, fmt.Errorf("%s: its format is %d, this prove reads %d", path, f.Format, format)
	}
	if f.Cases == nil || f.Attacks == nil {
		return nil, fmt.Errorf("%s: its cases or its attacks are null", path)
	}
	if !f.printable() {
		return nil, fmt.Errorf("%s: an answer holds what is no printable ASCII", path)
	}
	return f, nil
}

// printable reports whether all that Compare prints of f can be shown on a terminal: files come from anybody.
func (f *File) printable() bool {
	for _, answer := range f.Cases {
		if !isPrintable(answer) {
			return false
		}
	}
	for _, a := range f.Attacks {
		if !isPrintable(string(a.Verdict)) || !isPrintable(a.Attempt.Code) || !isPrintable(a.Control.Code) {
			return false
		}
	}
	return true
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// Write writes f to path.
func (f *File) Write(path string) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

// Comparison is what differs between two Files.
type Comparison struct {
	Lines    []string
	Compared int // answers that both have
	Unknown  int // answers that only theirs has
}

// Compare says in which answers theirs differs from ours, which is localaws'.
func Compare(theirs, ours *File, cases []Case) Comparison {
	var c Comparison
	says := map[string]string{}
	for _, one := range cases {
		says[one.ID] = one.Says
	}
	for _, id := range slices.Sorted(maps.Keys(theirs.Cases)) {
		answer, known := ours.Cases[id]
		if !known {
			c.Unknown++
			continue
		}
		if c.Compared++; answer != theirs.Cases[id] {
			c.Lines = append(c.Lines, fmt.Sprintf("simulator: %s (%s): the account says %s, localaws %s", id, says[id], theirs.Cases[id], answer))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(theirs.Attacks)) {
		t, o := theirs.Attacks[name], ours.Attacks[name]
		if _, known := ours.Attacks[name]; !known {
			c.Unknown++
			continue
		}
		c.Compared++
		for _, part := range []struct {
			what         string
			theirs, ours fmt.Stringer
		}{{"the attempt", t.Attempt, o.Attempt}, {"the control", t.Control, o.Control}, {"the verdict", word(t.Verdict), word(o.Verdict)}} {
			if part.theirs.String() != part.ours.String() {
				c.Lines = append(c.Lines, fmt.Sprintf("attack: %s: %s: the account says %s, localaws %s", name, part.what, part.theirs, part.ours))
			}
		}
	}
	return c
}

type word string

func (w word) String() string { return string(w) }

// Print writes c for people.
func (c Comparison) Print(w io.Writer) error {
	for _, line := range c.Lines {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%d answers were compared, %d differences", c.Compared, len(c.Lines))
	if c.Unknown > 0 {
		_, err = fmt.Fprintf(w, "; %d answers are to what this version does not ask", c.Unknown)
	}
	if err == nil {
		_, err = fmt.Fprintln(w)
	}
	return err
}
