//go:build upstreams

package conformance

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The random operations: sequences (LONG=yes) or shortSequences, times length.
const (
	sequences      = 400
	shortSequences = 40
	length         = 60
)

// TestRandomOperationsAreAnsweredAsDynamoDBLocalAnswersThem performs random sequences of operations on the
// embedded store and on DynamoDB Local: items, counts, pages, error codes, cancellation reasons and capacity must be equal, but
// for what known says. rapid prints the seed of a failure, and shrinks it.
func TestRandomOperationsAreAnsweredAsDynamoDBLocalAnswersThem(t *testing.T) {
	checks, least := shortSequences, 2000
	if os.Getenv("LONG") != "" {
		checks, least = sequences, 20000
	}
	if err := flag.Set("rapid.checks", fmt.Sprint(checks)); err != nil {
		t.Fatal(err)
	}
	own, other := embedded(t), dynamodbLocal(t)
	compared, excused, answered := 0, map[string]int{}, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		table, body, indexed := "T"+rand.Text()[:16], plainBody, rapid.Bool().Draw(rt, "indexed")
		if indexed {
			body = indexedBody
		}
		for _, e := range []endpoint{own, other} {
			if a := must(rt, e, "CreateTable", body, table); a.status != 200 {
				rt.Fatalf("%s: no table: %s", e.name, a.body)
			}
		}
		defer func() {
			for _, e := range []endpoint{own, other} {
				must(rt, e, "DeleteTable", `{"TableName":"$T"}`, table)
			}
		}()
		for range length {
			r := drawRequest(rt, indexed)
			r.indexed = indexed
			a, b := perform(rt, own, r, table), perform(rt, other, r, table)
			compared++
			answered[fmt.Sprintf("%s %v", r.operation, a[0] == "200")]++
			if why := compare(a, b); why != "" {
				excuse := known(r, a, b)
				if excuse == "" {
					rt.Fatalf("%s %s\n%s\n%s: %s\n%s: %s", r.operation, r.body, why, own.name, strings.Join(a, "\n  "), other.name, strings.Join(b, "\n  "))
				}
				excused[excuse]++
				if a[0] != b[0] && (a[0] == "200" || b[0] == "200") { // the tables differ now
					return
				}
			}
		}
	})
	t.Logf("operations compared: %d, of which excused %v, answered %v", compared, excused, answered)
	if compared < least {
		t.Errorf("%d operations were compared, want %d", compared, least)
	}
}

func must(t *rapid.T, e endpoint, operation, body, table string) answer {
	a, err := e.call(context.Background(), operation, strings.ReplaceAll(body, "$T", table))
	if err != nil {
		t.Fatalf("%s: %s %s: %v", e.name, operation, body, err)
	}
	return a
}
