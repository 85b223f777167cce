package rows

import (
	"context"
	"fmt"

	"example.com/shiptrack/infra/dev/bench/measure"
)

// groups are all rows, in the order of the table.
func groups() []Group {
	all := []Group{
		ratiosOf(map[string]contender{
			"product": etas(product), "static key": etas(variant("static"), "--isolation-check=report"), "floor": floor, "tokens anew": etas(anew),
			"AssumeRole per request": etas(variant("assume"), "--isolation-check=report"),
		},
			ratio{atLeast("isolation_tax", 0.97), "product", "static key"},
			ratio{atLeast("over_floor", 0.80), "product", "floor"},
			ratio{said("over_floor_no_kept_tokens"), "tokens anew", "floor"},
			ratio{atLeast("vs_assume_per_request", 4.5), "product", "AssumeRole per request"}),
		ratiosOf(map[string]contender{"localaws": itemsOf, "hello": hello}, ratio{atLeast("localaws_over_hello", 0.45), "localaws", "hello"}),
		stores(),
		tailsOf(tail{atMost("p99_over_p50", 4), "product", etas(product)}, tail{said("p99_over_p50_floor"), "floor", floor}),
		testFigure(atMost("sts_calls_per_tenant_hour", 5), "./pkg/tokenvending", "TestConstantLoadCallsSTSAtMostFiveTimesAnHourForEachTenant", "calls-per-tenant-hour"),
	}
	for _, b := range benchmarks() {
		all = append(all, goBenchmark(b))
	}
	return append(all, Group{[]measure.Row{atMost("first_eta_ms", 600)}, firstETAs})
}

// benchmarks are Go's own.
func benchmarks() []benchmark {
	ratio := func(pkg, name string, figures ...figure) benchmark {
		return benchmark{pkg: pkg, name: name, benchtime: "1x", figures: figures}
	}
	times := func(pkg, name, benchtime string, figures ...figure) benchmark {
		return benchmark{pkg: pkg, name: name, benchtime: benchtime, figures: figures}
	}
	over := ratio(".", "BenchmarkOver", figure{atLeast("policy_eval_over_cedar", 3), "over-cedar", 1},
		figure{atLeast("policy_eval_over_opa", 3), "over-opa", 1}, figure{atLeast("policy_eval_over_casbin", 3), "over-casbin", 1})
	over.module = "infra/dev/bench/evaluators"
	return []benchmark{
		times("./infra/iam", "BenchmarkDecidePooled", "200ms", figure{atMost("policy_eval_ns", 120), "ns/op", 1}, figure{atMost("policy_eval_allocs", 0), "allocs/op", 1}),
		ratio("./infra/localaws/policy", "BenchmarkGrowth", figure{atMost("policy_eval_growth", 2), "growth", 1}),
		ratio("./infra/localaws/policy", "BenchmarkExplain", figure{atMost("explain_cost", 3), "explain-cost", 1}),
		over,
		times("./pkg/tokenvending", "BenchmarkRetrieveAmongAMillion", "1000000x", figure{atMost("vend_hit_ns", 250), "ns/op", 1},
			figure{atMost("vend_hit_allocs", 0), "allocs/op", 1}, figure{atMost("vend_bytes_per_tenant", 1400), "B/tenant", 1}),
		ratio("./tracking-service/internal/s3", "BenchmarkTenants", figure{atLeast("document_tax", 0.95), "scoped-over-static", 1}),
		ratio("./infra/localaws/internal/s3", "BenchmarkOverCopy", figure{atLeast("s3_over_copy", 0.5), "over-copy", 1}),
		ratio("./tracking-service/internal/opensearch", "BenchmarkTenants", figure{atLeast("search_tax", 0.95), "scoped-over-static", 1}),
		times("./infra/localaws/internal/es", "BenchmarkSearch", "300x", figure{atMost("search_p50_ms", 2), "p50-us", 0.001}),
		ratio("./infra/dev/e2e", "BenchmarkTenantsFair", figure{atMost("tenants_fair", 2), "tenants_fair", 1}),
	}
}

// firstETAs starts the demo anew in each round.
func firstETAs(ctx context.Context, p Place, _ []measure.Row) (map[string]measure.Series, map[string]string, error) {
	var took measure.Series
	for round := range p.Rounds {
		d, stop, err := startDemo(ctx, p, p.Bin)
		if err != nil {
			return nil, nil, err
		}
		stop()
		took = append(took, d.first)
		fmt.Fprintf(p.Progress, "  round %d of %d: %.0f ms\n", round+1, p.Rounds, d.first)
	}
	return map[string]measure.Series{"first_eta_ms": took}, nil, nil
}
