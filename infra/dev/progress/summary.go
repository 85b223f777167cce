package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// event is what go test -json prints (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build-output, in place of Package
	Test       string
	Output     string
	Elapsed    float64 // seconds
}

// summary is what is known so far.
type summary struct {
	done, total int
	failed      []string                       // packages
	said        map[string]map[string][]string // output that may have to be shown, by package and test
}

// failure names what failed, and is nil only where all packages ended well.
func (s summary) failure() error {
	switch {
	case len(s.failed) > 0:
		return fmt.Errorf("failed: %s", strings.Join(s.failed, " "))
	case s.done < s.total:
		return fmt.Errorf("%d of %d packages were tested", s.done, s.total)
	}
	return nil
}

// summarize reads the events of go test until their end.
func summarize(events io.Reader, out io.Writer, total int, elapsed func() time.Duration) (summary, error) {
	s := summary{total: total, said: map[string]map[string][]string{}}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(line) > 0 && json.Unmarshal(line, &e) != nil {
			fmt.Fprintf(out, "%s", line) // no event: go itself says something
		} else if len(line) > 0 {
			s.take(e, out, elapsed)
		}
		if err == io.EOF {
			return s, nil
		} else if err != nil {
			return s, err
		}
	}
}

func (s *summary) take(e event, out io.Writer, elapsed func() time.Duration) {
	switch {
	case e.Action == "build-output":
		fmt.Fprint(out, e.Output)
	case e.Action == "output":
		if s.said[e.Package] == nil {
			s.said[e.Package] = map[string][]string{}
		}
		s.said[e.Package][e.Test] = append(s.said[e.Package][e.Test], e.Output)
	case e.Test != "" && (e.Action == "pass" || e.Action == "skip"):
		delete(s.said[e.Package], e.Test)
	case e.Test == "" && (e.Action == "pass" || e.Action == "skip" || e.Action == "fail"):
		s.done++
		word := map[string]string{"pass": "ok", "skip": "no tests", "fail": "FAILED"}[e.Action]
		fmt.Fprintf(out, "%3d/%d  %s  %-8s  %s (%.1f s)\n", s.done, s.total, clock(elapsed()), word, e.Package, e.Elapsed)
		if e.Action == "fail" {
			s.failed = append(s.failed, e.Package)
			for _, said := range s.said[e.Package] {
				fmt.Fprint(out, strings.Join(said, ""))
			}
		}
		delete(s.said, e.Package)
	}
}

// clock writes a duration as minutes and seconds, "2:05".
func clock(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
