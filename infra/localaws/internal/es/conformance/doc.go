// Package conformance compares the embedded index with OpenSearch. The scripts in testdata say what OpenSearch 3.3.0 answers; they
// run against both. Random searches over random shipments must have equal answers. The package has only tests. Those of OpenSearch
// run with the build tag upstreams; infra/docs/SEARCH-COMPARISON.md lists the differences.
package conformance
