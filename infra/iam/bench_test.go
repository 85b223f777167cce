package iam_test

import (
	"testing"

	"example.com/shiptrack/infra/iam"
	"example.com/shiptrack/infra/localaws/policy"
)

// BenchmarkDecidePooled decides a GetItem of the tenant's own key by all that the hardened access role has, with the keys that
// localaws gives each request.
func BenchmarkDecidePooled(b *testing.B) {
	var role policy.Policies
	for _, file := range []string{pooled, search, objects} {
		role.Identity = append(role.Identity, fileOf(b, iam.Hardened, file).Identity...)
	}
	request := &policy.Request{Action: "dynamodb:GetItem", Resource: table, Context: values{
		"aws:PrincipalArn": access, "aws:PrincipalAccount": account, tagKey: "yellow", "aws:userid": "AROAEXAMPLE:yellow@one",
		"aws:SourceIp": "127.0.0.1", "aws:CurrentTime": "2026-01-01T00:00:00Z", "aws:EpochTime": "1767225600",
		"aws:SecureTransport": "false", leading: []string{"yellow"},
	}.context()}
	b.ReportAllocs()
	for b.Loop() {
		if got := role.Decide(request).Effect; got != policy.Allow {
			b.Fatalf("Decide = %v, want Allow", got)
		}
	}
}
