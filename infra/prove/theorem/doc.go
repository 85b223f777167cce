// Package theorem decides, from the policies alone, whether tenants are kept apart: for each role, each kind of store, every pair of
// different tenants and every request, a session that the trust policy can vend for one tenant is not allowed anything that touches
// what is the other's. An Ownership says who owns what.
//
// The verdict is Proven; Refuted, with a request that the policies allow; or Undecided, with what stands in the way. It is never
// silent: where the procedure is not sure, it says Undecided.
//
// The method: a policy says with texts, wildcards and variables what a request must look like, so the requests that a statement
// allows are words of regular languages, and a variable is a piece of such a word. A situation collects what must be true of a request
// that an Allow lets through and no Deny stops. In the word that names the owner, one constraint says which piece is the session's
// tenant, and the ownership file which piece is the owner. If in every word the two pieces are the same piece, they are the same
// tenant. That is emptiness of a finite automaton. If they may differ, the shortest words are requests to try, and
// policy.Policies.Decide is asked about each.
//
// What the procedure leaves out makes it see more requests than there are, never fewer: so Proven is safe. Refuted is safe since the
// policies themselves allowed the request. See infra/docs/THEOREM.md.
//
//   - languages: alphabet.go, automaton.go, builder.go, determined.go, reduced.go, marks.go, words.go; of policies' texts: constraint.go, pattern.go
//   - what must be true of a request: situation.go, languages.go, facts.go
//   - who owns what: ownership.go, kind.go; which sessions there are: tags.go, vending.go, principals.go, identity.go
//   - the decision: theorem.go, finding.go, obligation.go, crossing.go; requests that show a refutation: witness.go, session.go, fill.go, story.go
//   - sessions that sessions get: vends.go, hop.go, chain.go
//   - what else is made of it: two sets compared (compare.go, beyond.go, difference.go), requests for a tenant's own data (grant.go), certificates (smt)
package theorem
