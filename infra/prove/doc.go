// Package prove attacks the system under the policies that are deployed. Each attack is an attempt to reach another
// tenant's data. Beside it stands a control: a request that differs in one thing and must be allowed. The proof
// fails where an attempt is not denied, or is denied by another layer than the expected one. To show that the
// attacks would notice a hole, the policies are mutated: each mutant is a copy with one changed place.
//
// Where things stand:
//
//   - what is attacked: World (world.go), who is in it (cast.go), what it stands on (target.go, account.go), the services
//     over it (services.go), and the bytes that are sent (request.go, call.go)
//   - attacks and verdicts: attack.go, decided.go, run.go; the attacks by group in dynamodb.go, remaining.go, sts.go, roletags.go,
//     trust.go, iam.go, signature.go, presigned.go, policies.go, token.go and http.go
//   - whether the attacks would notice a hole: mutation.go and worker.go, with the mutants of package mutate
//   - random requests, for attacks that nobody thought of: search.go, generate.go, shapes.go and shrink.go
//   - the refutations of package theorem as signed requests: replay.go, replay_requests.go and replay_objects.go;
//     attacks that are made from the statements themselves: derived.go
//   - what the logs say: audit.go
//   - what people read: report.go, report_mutants.go, report_junit.go and explain.go
package prove
