// Package prove attacks the system with the policies that are deployed: each attempt at another tenant's data stands
// beside a control that differs in one thing and is allowed, and the policies are mutated to show that
// the attacks would notice a hole. What is not denied, or not by the layer that has to deny it, fails the
// proof.
//
// Where things stand:
//
//   - what is attacked: World (world.go), who is in it (cast.go), what it stands on (target.go, account.go), the services
//     over it (services.go), and the bytes that are sent (request.go, call.go)
//   - attacks and verdicts: attack.go, decided.go, run.go; the attacks by group in dynamodb.go, remaining.go, sts.go, roletags.go,
//     trust.go, iam.go, signature.go, presigned.go, policies.go, token.go and http.go
//   - whether the attacks would notice a hole: mutation.go and worker.go, with the mutants of package mutate
//   - what nobody thought of: search.go, generate.go, shapes.go and shrink.go
//   - what the logs say: audit.go
//   - what people read: report.go, report_mutants.go, report_junit.go and explain.go
package prove
