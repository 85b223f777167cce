package policy

import (
	"fmt"
	"strings"
	"testing"
)

func BenchmarkDecideOwnKey(b *testing.B)   { benchmarkDecide(b, Allow, "yellow") }
func BenchmarkDecideOtherKey(b *testing.B) { benchmarkDecide(b, ImplicitDeny, "blue") }

func BenchmarkDecideBatchOf100(b *testing.B) {
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = "yellow"
	}
	benchmarkDecide(b, Allow, keys...)
}

func benchmarkDecide(b *testing.B, want Effect, keys ...string) {
	p := fileOf(b, notesFile)
	var ctx Context
	buildContext(&ctx, keys)
	r := &Request{Action: "dynamodb:GetItem", Resource: table, Context: &ctx}
	b.ReportAllocs()
	for b.Loop() {
		if got := p.Decide(r).Effect; got != want {
			b.Fatalf("Decide(%v) = %v, want %v", keys, got, want)
		}
	}
}

func BenchmarkDecideTrust(b *testing.B) {
	trust := Named{Name: "trust", Policy: mustParse(b, read(b, trustFile), Trust)}
	caller := fileOf(b, becomeFile)
	r := assume(values{
		"aws:RequestTag/TenantID": "yellow", "aws:TagKeys": []string{"TenantID"},
		"sts:TransitiveTagKeys": []string{"TenantID"},
	})
	b.ReportAllocs()
	for b.Loop() {
		if got := DecideTrust(trust, caller, r); got.Effect != Allow {
			b.Fatalf("DecideTrust = %+v, want Allow", got)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	document := []byte(read(b, notesFile))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(document, Identity); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseManyStatements: in one line, as many as the largest document holds, and a quarter of them. The bytes read in a second are to
// be the same.
func BenchmarkParseManyStatements(b *testing.B) {
	const one = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	for _, n := range []int{maxParameter / len(one+",") / 4, maxParameter/len(one+",") - 1} {
		document := []byte(`{"Statement":[` + strings.Repeat(one+",", n-1) + one + `]}`)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(document)))
			for b.Loop() {
				if _, err := Parse(document, Simulated); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPatternWithManyStars(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p, s := hostilePattern(b, n)
			for b.Loop() {
				if p.match(s, nil) {
					b.Fatal("matched")
				}
			}
		})
	}
}
