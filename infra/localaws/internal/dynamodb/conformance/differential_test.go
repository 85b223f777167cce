//go:build upstreams

package conformance

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The random operations: sequences for each of the seeds, or moreSequences (LONG=yes), times length.
const (
	sequences     = 2
	moreSequences = 20
	length        = 60
)

// committedSeeds are those of every run, so that the gate says the same of the same commit. The first have found differences.
var committedSeeds = []string{
	"7002", "7003", "20261126", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17",
}

// seeds are the committed ones, with as many fresh ones where LONG=yes, or that of -rapid.seed alone.
func seeds() []string {
	if given := flag.Lookup("rapid.seed").Value.String(); given != "0" {
		return []string{given}
	}
	all := slices.Clone(committedSeeds)
	if os.Getenv("LONG") != "" {
		for range committedSeeds {
			all = append(all, fmt.Sprint(mathrand.Uint32()|1)) // 0 would be a seed that rapid chooses
		}
	}
	return all
}

// TestRandomOperationsAreAnsweredAsDynamoDBLocalAnswersThem performs random sequences of operations on the
// embedded store and on DynamoDB Local: items, counts, pages, error codes, cancellation reasons and capacity must be equal, but
// for what known says. rapid prints the seed of a failure, and shrinks it.
func TestRandomOperationsAreAnsweredAsDynamoDBLocalAnswersThem(t *testing.T) {
	checks := sequences
	if os.Getenv("LONG") != "" {
		checks = moreSequences
	}
	set(t, "rapid.checks", fmt.Sprint(checks))
	c := &comparison{own: embedded(t), other: dynamodbLocal(t), excused: map[string]int{}, answered: map[string]int{}}
	all := seeds()
	for _, seed := range all {
		t.Run(seed, func(t *testing.T) {
			set(t, "rapid.seed", seed)
			rapid.Check(t, c.sequence)
		})
	}
	t.Logf("operations compared: %d, of which excused %v, answered %v", c.compared, c.excused, c.answered)
	// Some sequences end early: where the tables differ, for a reason that is known.
	if least := len(all) * checks * length / 2; c.compared < least {
		t.Errorf("%d operations were compared, want %d", c.compared, least)
	}
}

// set sets a flag of rapid for the time of the test.
func set(t *testing.T, name, value string) {
	t.Helper()
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) }) // it was the value
}

// comparison counts what was compared.
type comparison struct {
	own, other        endpoint
	compared          int
	excused, answered map[string]int
}

// sequence performs random operations on a table of both stores.
func (c *comparison) sequence(t *rapid.T) {
	table, body, indexed := "T"+rand.Text()[:16], plainBody, rapid.Bool().Draw(t, "indexed")
	if indexed {
		body = indexedBody
	}
	for _, e := range []endpoint{c.own, c.other} {
		if a := must(t, e, "CreateTable", body, table); a.status != 200 {
			t.Fatalf("%s: no table: %s", e.name, a.body)
		}
	}
	defer func() {
		for _, e := range []endpoint{c.own, c.other} {
			must(t, e, "DeleteTable", `{"TableName":"$T"}`, table)
		}
	}()
	for range length {
		r := drawRequest(t, indexed)
		r.indexed = indexed
		a, b := perform(t, c.own, r, table), perform(t, c.other, r, table)
		c.compared++
		c.answered[fmt.Sprintf("%s %v", r.operation, a[0] == "200")]++
		if why := compare(a, b); why != "" {
			excuse := known(r, a, b)
			if excuse == "" {
				t.Fatalf("%s %s\n%s\n%s: %s\n%s: %s", r.operation, r.body, why, c.own.name, strings.Join(a, "\n  "), c.other.name, strings.Join(b, "\n  "))
			}
			c.excused[excuse]++
			if a[0] != b[0] && (a[0] == "200" || b[0] == "200") { // the tables differ now
				return
			}
		}
	}
}

func must(t *rapid.T, e endpoint, operation, body, table string) answer {
	a, err := e.call(context.Background(), operation, strings.ReplaceAll(body, "$T", table))
	if err != nil {
		t.Fatalf("%s: %s %s: %v", e.name, operation, body, err)
	}
	return a
}
