package prove

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/prove/theorem"
)

// How says how a refutation was replayed.
type How string

// The ways.
const (
	Sent        How = "sent"         // as a signed request
	Simulated   How = "simulated"    // IAM's policy simulator was asked, since no client can send the request
	NotReplayed How = "not replayed" // neither
)

// Replayed is a refutation that was replayed on a localaws.
type Replayed struct {
	theorem.Refutation
	How     How
	Allowed bool // by IAM, whatever the service answered after that
	// Layer is what decided: IAM, or STS where it refused the session. It is empty where nothing did.
	Layer   Layer
	Sent    string // the request for people, where there was one; Replayed.Request is what the theorem asked for
	Decided string // the statement that allowed it, or what denied it
	// Why says what kept the request from being sent as the theorem has it: of Simulated and NotReplayed.
	Why string
}

// Replay asks a localaws with the roles given whether it allows each of refutations. It gets the session with a signed AssumeRole, makes
// the table, bucket, key or index that the request is about, and sends the request. What IAM decided is read from the
// decision log, and only of a request that is the refutation's own: action, resource and each condition key. Where an ARN names
// another account or region, or what is made gets its name from the service, the place of localaws stands there instead.
//
// The localaws is made for it and is empty, so refutations may be of any policies. An error says that a request could not be made at all.
func Replay(ctx context.Context, roles []localaws.Role, refutations []theorem.Refutation) (all []Replayed, err error) {
	s := newStage(roles)
	defer func() { err = errors.Join(err, s.Close()) }()
	for i := range refutations {
		done, err := s.replay(ctx, &refutations[i])
		if err != nil {
			return all, fmt.Errorf("replay of %s: %w", refutations[i].At, err)
		}
		all = append(all, done)
	}
	return all, nil
}

// stage is where requests are replayed: a localaws for each domain of OpenSearch that they name.
type stage struct {
	roles  []localaws.Role
	worlds map[string]*World
}

func newStage(roles []localaws.Role) *stage { return &stage{roles: roles, worlds: map[string]*World{}} }

// Close ends the localaws.
func (s *stage) Close() error {
	var errs []error
	for _, w := range s.worlds {
		errs = append(errs, w.Close())
	}
	return errors.Join(errs...)
}

// world is the localaws whose domain the resource names.
func (s *stage) world(ctx context.Context, resource string) (*World, error) {
	domain := localaws.DefaultSearchDomain
	if name, _, ok := domainOf(resource); ok && localaws.CheckSearchDomain(name) == nil {
		domain = name
	}
	if s.worlds[domain] != nil {
		return s.worlds[domain], nil
	}
	w, err := configured(localaws.Config{SearchDomain: domain}, &decisions{byID: map[string][]localaws.Entry{}})
	if err != nil {
		return nil, err
	}
	s.worlds[domain] = w
	return w, w.SetRoles(ctx, s.roles)
}

// unsendable says what of a request no client can send.
type unsendable string

// Error returns what it says.
func (u unsendable) Error() string { return string(u) }

func (s *stage) replay(ctx context.Context, r *theorem.Refutation) (Replayed, error) {
	done := Replayed{Refutation: *r}
	w, err := s.world(ctx, r.Request.Resource)
	if err != nil {
		return done, err
	}
	err = w.replay(ctx, &done)
	if why, ok := errors.AsType[unsendable](err); ok {
		done.How, done.Why = NotReplayed, string(why)
		if !isAssumeRole(&r.Request) { // the simulator knows no trust policies
			err = w.simulate(ctx, &done)
		} else {
			err = nil
		}
	}
	return done, err
}

// asTenant is the caller whose session is a refutation's.
const asTenant = "the session of a refutation"

// replay fills r in. The error is unsendable where the request cannot be sent.
func (w *World) replay(ctx context.Context, r *Replayed) error {
	refused, err := w.vend(ctx, &r.Session)
	if err != nil {
		return err
	}
	if refused != nil {
		r.How, r.Layer, r.Sent, r.Decided = Sent, STS, "AssumeRole of "+r.Session.Role, w.why(*refused)
		return nil
	}
	sent, resource, err := w.requestFor(ctx, &r.Request)
	if err != nil {
		return err
	}
	sent.by, sent.before = asTenant, globals(&r.Request)
	answer, err := w.send(ctx, sent)
	if err != nil {
		return err
	}
	entry, err := w.decisionOn(answer, &r.Request, resource)
	if err != nil {
		return err
	}
	r.How, r.Layer, r.Allowed, r.Sent = Sent, IAM, entry.Decision == "allow", sent.String()
	if isAssumeRole(&r.Request) { // its tags are decided on apart
		r.Layer, r.Allowed = STS, answer.ok()
	}
	r.Decided = entry.Why()
	if r.Allowed && entry.Statement != nil {
		r.Decided = entry.Statement.String()
	}
	return nil
}

// vend makes the session of s, and those on the way to it. It returns the answer of STS where that refuses one.
func (w *World) vend(ctx context.Context, s *theorem.Session) (refused *Answer, err error) {
	if s.From != nil {
		if refused, err := w.vend(ctx, s.From); refused != nil || err != nil {
			return refused, err
		}
		return w.assume(ctx, asTenant, s)
	}
	task := cmp.Or(s.By, s.Role)
	if !has(w.roles, task) {
		task = s.Role // which a service starts
	}
	if err := w.startTask(ctx, task); err != nil {
		return nil, unsendable(fmt.Sprintf("the session: %s is no role whose task localaws can start: %s", task, err))
	}
	if task != s.By {
		w.callers[asTenant] = w.callers[task]
		return nil, nil
	}
	return w.assume(ctx, task, s)
}

// assume has a caller get the session s.
func (w *World) assume(ctx context.Context, by string, s *theorem.Session) (refused *Answer, err error) {
	a, err := w.become(ctx, asTenant, assumption{by, parameters(s)})
	switch {
	case err != nil || a.ok():
		return nil, err
	case a.Code != refusedByTrust:
		return nil, unsendable("the session: STS answers " + a.Code + ": " + a.Message)
	}
	return &a, nil
}

// parameters are those of the AssumeRole of s.
func parameters(s *theorem.Session) url.Values {
	values := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {roleARN(s.Role)}, "RoleSessionName": {cmp.Or(s.Name, "session")}}
	for i, key := range slices.Sorted(maps.Keys(s.Tags)) {
		values.Set(fmt.Sprintf("Tags.member.%d.Key", i+1), key)
		values.Set(fmt.Sprintf("Tags.member.%d.Value", i+1), s.Tags[key])
	}
	for i, key := range s.Transitive {
		values.Set(fmt.Sprintf("TransitiveTagKeys.member.%d", i+1), key)
	}
	return values
}

const refusedByTrust = "AccessDenied"

// decisionOn is the line of the decision log on want, with resource in place of its own. The error is unsendable where the request that was
// answered is another one.
func (w *World) decisionOn(a Answer, want *theorem.Request, resource string) (*localaws.Entry, error) {
	entries := w.log.of(a.RequestID)
	for i := range entries {
		e := &entries[i]
		if !strings.EqualFold(e.Action, want.Action) || e.Resource != resource {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(want.Context)) {
			if key == "aws:userid" && e.Decision == "allow" {
				continue // the role has an id of its own here, and it is allowed with that
			}
			if got, _ := e.Context.Get(key); !sameValues(got, want.Context[key]) {
				return nil, unsendable(fmt.Sprintf("a client cannot have %s be %q: it is %q", key, want.Context[key], got))
			}
		}
		return e, nil
	}
	for i := range entries {
		if entries[i].Action != "" && entries[i].Decision == "deny" {
			return nil, unsendable(fmt.Sprintf("the request that asks for %s needs another permission, which is denied: %s", want.Action, w.why(a)))
		}
	}
	return nil, unsendable(fmt.Sprintf("the request is not decided as %s of %s: %d %s %s", want.Action, want.Resource, a.Status, a.Code, a.Message))
}

func sameValues(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// simulate has IAM's policy simulator decide r.
func (w *World) simulate(ctx context.Context, r *Replayed) error {
	q := &r.Request
	values := url.Values{
		"Action": {"SimulatePrincipalPolicy"}, "Version": {"2010-05-08"}, "PolicySourceArn": {roleARN(r.Session.Role)},
		"ActionNames.member.1": {q.Action}, "ResourceArns.member.1": {q.Resource},
	}
	for i, key := range slices.Sorted(maps.Keys(q.Context)) {
		entry := fmt.Sprintf("ContextEntries.member.%d.", i+1)
		values.Set(entry+"ContextKeyName", key)
		values.Set(entry+"ContextKeyType", "string")
		if len(q.Context[key]) != 1 {
			values.Set(entry+"ContextKeyType", "stringList")
		}
		for j, value := range q.Context[key] {
			values.Set(fmt.Sprintf("%sContextKeyValues.member.%d", entry, j+1), value)
		}
	}
	a, err := w.send(ctx, request{by: root, service: "iam", body: values.Encode()})
	if err != nil {
		return err
	}
	if !a.ok() {
		r.How, r.Why = NotReplayed, r.Why+"; the simulator answers "+a.Code+": "+a.Message
		return nil
	}
	var result struct {
		Decision string   `xml:"SimulatePrincipalPolicyResult>EvaluationResults>member>EvalDecision"`
		By       []string `xml:"SimulatePrincipalPolicyResult>EvaluationResults>member>MatchedStatements>member>SourcePolicyId"`
	}
	if err := xml.Unmarshal(a.Body, &result); err != nil {
		return err
	}
	r.How, r.Layer, r.Allowed = Simulated, IAM, result.Decision == "allowed"
	r.Decided = strings.TrimSpace(result.Decision + " " + strings.Join(result.By, ", "))
	return nil
}
