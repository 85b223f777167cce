package prove

import (
	"bytes"
	"context"
	"slices"
	"time"
)

// Layer is what stands between a caller and another tenant's rows.
type Layer string

// The layers.
const (
	STS       Layer = "sts"       // trust policies, and what STS takes as tags
	Signature Layer = "signature" // SigV4, and the credentials behind it
	Request   Layer = "request"   // a request that can be read in two ways is not read at all
	IAM       Layer = "iam"       // the permission policies
	Token     Layer = "jwt"       // the verification of the token
	Service   Layer = "service"   // what a service makes of a request whose token holds
)

// Extent is how much of a World an attack changes.
type Extent int

// The extents.
const (
	Nothing Extent = iota // that others would notice
	Roles                 // for as long as it takes
	Tables                // for good
)

// Attack is one attempt, and the control beside it.
type Attack struct {
	Name    string // "dynamodb/get-item", the group first; stable
	Does    string // what is attempted
	Differs string // the one thing in which the control differs
	Layer   Layer  // who has to deny it
	Codes   []string
	Spoils  Extent // what one of the two changes; the more, the later it comes
	needs   string // a role that not every set has
	// local says that an account is not asked: the policies are evaluated here, or a control leaves something behind.
	local bool
	// services says that the World has to have them.
	services bool
	Attempt  Step
	Control  Step
}

// Step is one request, or several where the last one counts.
type Step func(context.Context, *World) (Answer, error)

// Answer is what came of it.
type Answer struct {
	Status        int
	Code, Message string // of an error
	RequestID     string
	Body          []byte
	By            string // of an evaluation without a store: what decided
}

func (a Answer) ok() bool { return a.Status/100 == 2 }

// Verdict is how a row of the report ends.
type Verdict string

// The verdicts. Holds is the only good one.
const (
	Holds   Verdict = "holds"
	Leak    Verdict = "LEAK"            // the attempt was answered, or told another tenant's canary
	Other   Verdict = "WRONG DENIAL"    // it failed, but not with the denial that was to be shown
	Refused Verdict = "CONTROL REFUSED" // the denial shows nothing, since the control is denied too
	Broken  Verdict = "BROKEN"          // a request could not be made
)

// Row is an attack that was carried out.
type Row struct {
	Attack   *Attack
	Verdict  Verdict
	Attempt  Answer
	Control  Answer
	Decided  string // what denied the attempt, in words
	Allowed  string // what allowed the control
	Duration time.Duration
	Err      error // of Broken

	controlled bool
}

// Denied reports whether the attempt was refused as it has to be.
func (r *Row) Denied() bool { return r.Verdict == Holds || r.Verdict == Refused }

// ControlAllowed reports whether the control was answered.
func (r *Row) ControlAllowed() bool { return r.Err == nil && r.controlled }

// Run carries out a on w. It is safe for concurrent use where a does not spoil w.
func (a *Attack) Run(ctx context.Context, w *World) Row {
	began := time.Now()
	row := Row{Attack: a}
	row.Attempt, row.Err = a.Attempt(ctx, w)
	if row.Err == nil {
		row.Control, row.Err = a.Control(ctx, w)
	}
	row.Decided, row.Allowed = w.why(row.Attempt), w.why(row.Control)
	row.controlled = w.allows(row.Control)
	row.Verdict = a.verdict(w, &row)
	row.Duration = time.Since(began)
	return row
}

func (a *Attack) verdict(w *World, row *Row) Verdict {
	switch {
	case row.Err != nil:
		return Broken
	case bytes.Contains(row.Attempt.Body, []byte(w.canaries[victim])) || letThrough(row.Attempt) && !w.mayAnswer(a):
		return Leak
	case row.Attempt.ok(): // as it may
	case !slices.Contains(a.Codes, row.Attempt.Code):
		return Other
	}
	if !row.controlled {
		return Refused
	}
	return Holds
}
