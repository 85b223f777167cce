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
	}
	for _, b := range []benchmark{
		{"./infra/localaws/policy", "BenchmarkDecideOwnKey", "200ms", []figure{{atMost("policy_eval_ns", 120), "ns/op", 1}, {atMost("policy_eval_allocs", 0), "allocs/op", 1}}},
		{"./infra/localaws/policy", "BenchmarkGrowth", "1x", []figure{{atMost("policy_eval_growth", 2), "growth", 1}}},
		{"./infra/localaws/policy", "BenchmarkExplain", "1x", []figure{{atMost("explain_cost", 3), "explain-cost", 1}}},
		{"./pkg/tokenvending", "BenchmarkRetrieveAmongAMillion", "200ms", []figure{{atMost("vend_hit_ns", 250), "ns/op", 1}, {atMost("vend_hit_allocs", 0), "allocs/op", 1}, {atMost("vend_bytes_per_tenant", 1400), "B/tenant", 1}}},
		{"./tracking-service/internal/s3", "BenchmarkTenants", "1x", []figure{{atLeast("document_tax", 0.95), "scoped-over-static", 1}}},
		{"./tracking-service/internal/opensearch", "BenchmarkTenants", "1x", []figure{{atLeast("search_tax", 0.95), "scoped-over-static", 1}}},
		{"./infra/localaws/internal/es", "BenchmarkSearch", "300x", []figure{{atMost("search_p50_ms", 2), "p50-us", 0.001}}},
		{"./infra/dev/e2e", "BenchmarkTenantsFair", "1x", []figure{{atMost("tenants_fair", 2), "tenants_fair", 1}}},
	} {
		all = append(all, goBenchmark(b))
	}
	return append(all, Group{[]measure.Row{atMost("first_eta_ms", 600)}, firstETAs})
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
