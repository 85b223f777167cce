package main

import (
	"strings"
	"testing"
	"time"
)

func summarized(t *testing.T, total int, events string) (said string, failure error) {
	t.Helper()
	var out strings.Builder
	s, err := summarize(strings.NewReader(events), &out, total, func() time.Duration { return 125 * time.Second })
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), s.failure()
}

func TestEachPackageThatEndsIsALineThatSaysHowFarItIs(t *testing.T) {
	said, failure := summarized(t, 2, `{"Action":"start","Package":"a"}
{"Action":"output","Package":"a","Test":"TestX","Output":"quiet\n"}
{"Action":"pass","Package":"a","Test":"TestX"}
{"Action":"pass","Package":"a","Elapsed":1.23}
{"Action":"skip","Package":"b"}
`)
	want := "  1/2  2:05  ok        a (1.2 s)\n  2/2  2:05  no tests  b (0.0 s)\n"
	if said != want || failure != nil {
		t.Errorf("said\n%s%v, want\n%sand no failure", said, failure, want)
	}
}

func TestAFailureIsShownWithItsOutputAndNothingOfTestsThatPassed(t *testing.T) {
	said, failure := summarized(t, 2, `{"Action":"output","Package":"a","Test":"TestX","Output":"quiet\n"}
{"Action":"pass","Package":"a","Test":"TestX"}
{"Action":"output","Package":"a","Test":"TestY","Output":"y.go:1: got 1, want 2\n"}
{"Action":"fail","Package":"a","Test":"TestY"}
{"Action":"fail","Package":"a","Elapsed":1}
{"ImportPath":"b","Action":"build-output","Output":"b.go:3:1: syntax error\n"}
{"Action":"fail","Package":"b","FailedBuild":"b"}
`)
	for _, want := range []string{"1/2  2:05  FAILED    a", "got 1, want 2", "syntax error"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if strings.Contains(said, "quiet") || failure == nil || failure.Error() != "failed: a b" {
		t.Errorf("failure %v of\n%s", failure, said)
	}
}

func TestPackagesThatWereNotTestedAreAFailure(t *testing.T) {
	if _, failure := summarized(t, 2, `{"Action":"pass","Package":"a"}`); failure == nil {
		t.Error("one of two packages was tested, and all is well")
	}
}
