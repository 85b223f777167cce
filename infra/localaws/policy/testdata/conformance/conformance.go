// Package conformance holds the cases by which the evaluator is held to AWS's documentation, for programs that put them to others.
package conformance

import "embed"

// Files are the pages, one each.
//
//go:embed *.json
var Files embed.FS
