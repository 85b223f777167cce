package prove

import (
	"bytes"
	"context"
	"slices"
	"time"
)

// Layer is one of the checks between a caller and another tenant's rows.
type Layer string

// The layers.
const (
	STS       Layer = "sts"       // trust policies, and what STS takes as tags
	Signature Layer = "signature" // SigV4, and the credentials behind it
	Request   Layer = "request"   // a request that can be read in two ways is refused
	IAM       Layer = "iam"       // the permission policies
	Token     Layer = "jwt"       // the verification of the token
	Service   Layer = "service"   // how a service treats a request whose token is valid
)

// Extent is how much of a World an attack changes.
type Extent int

// The extents.
const (
	Nothing Extent = iota // no change that other attacks would notice
	Roles                 // changes roles while it runs
	Tables                // changes tables permanently
)

// Attack is one attempt, and the control beside it.
type Attack struct {
	Name    string // "dynamodb/get-item", the group first; stable
	Does    string // what is attempted
	Differs string // the one thing in which the control differs
	Layer   Layer  // who has to deny it
	Codes   []string
	Spoils  Extent // what attempt or control changes; attacks that change more run later
	needs   string // a role that not every set has
	bounded bool   // that role needs a permissions boundary
	// local: not for an account of AWS, because the policies are evaluated here, or a control leaves something behind.
	local bool
	// by is who attempts, where the control is root.
	by string
	// onlyOwn: on what is there it touches no more than rows and objects of the attacks' own tenants; see existingAttack.
	onlyOwn bool
	// evaluated: no request is sent; the policies are evaluated.
	evaluated bool
	// services: the World needs the two services.
	services bool
	Attempt  Step
	Control  Step
}

// Step is one request, or several where the last one counts.
type Step func(context.Context, *World) (Answer, error)

// Answer is the result of a Step.
type Answer struct {
	Status        int
	Code, Message string // of an error
	RequestID     string
	ETag          string // of an object
	Body          []byte
	By            string // the statement that decided, where policies were evaluated without a store
}

func (a Answer) ok() bool { return a.Status/100 == 2 }

// Verdict is how a row of the report ends.
type Verdict string

// The verdicts. Holds is the only good one.
const (
	Holds   Verdict = "holds"
	Leak    Verdict = "LEAK"            // the attempt was answered, or told another tenant's canary
	Other   Verdict = "WRONG DENIAL"    // it failed, but not with the expected denial
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

// Denied reports whether the attempt was refused as expected.
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

// attempt carries out the attempt alone, and returns Leak, Holds where it does not get through, or Broken.
func (a *Attack) attempt(ctx context.Context, w *World) (Verdict, error) {
	answer, err := a.Attempt(ctx, w)
	switch {
	case err != nil:
		return Broken, err
	case a.leaks(w, answer):
		return Leak, nil
	}
	return Holds, nil
}

func (a *Attack) leaks(w *World, attempt Answer) bool {
	return bytes.Contains(attempt.Body, []byte(w.canaries[victim])) || letThrough(attempt) && !w.mayAnswer(a)
}

func (a *Attack) verdict(w *World, row *Row) Verdict {
	switch {
	case row.Err != nil:
		return Broken
	case a.leaks(w, row.Attempt):
		return Leak
	case row.Attempt.ok(): // the attempt may be answered, see mayAnswer
	case !slices.Contains(a.Codes, row.Attempt.Code):
		return Other
	}
	if !row.controlled {
		return Refused
	}
	return Holds
}
