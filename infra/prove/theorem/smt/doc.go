// Package smt writes the obligations of the theorem as SMT-LIB 2, so that solvers that others wrote confirm it.
//
// A certificate states that there is a request that crosses: a session that the trust policy vends, a request that a statement allows and
// no Deny stops, and an owner that is another than the session's tenant, or that is not told. unsat confirms PROVEN, sat REFUTED. What a
// statement says is translated from policy.Clause to texts and formulas about them, and the ownership file as well. Neither the automata
// of package theorem nor its situations are used, nor does anything here know how it decides: two programs would have to be wrong in the
// same place. What both share is the parser of policies, and the reading of the ownership file.
//
// SMT-LIB has no characters beyond U+2FFFF. None is left out by that: policies have none beyond U+00FF, and Write refuses an ownership file
// that has one, so any other that neither names stands for it.
//
// Where SMT-LIB cannot say what a policy says, a certificate sees more requests than there are, and its head says where.
//
//   - terms and formulas: term.go; of policies' texts: pattern.go
//   - a request and its condition keys: request.go; what a statement says of it: statement.go
//   - which sessions there are: session.go; who owns what: owner.go
//   - files: certificate.go, write.go
package smt
