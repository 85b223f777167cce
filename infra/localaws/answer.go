package localaws

import (
	"cmp"
	"errors"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/sigv4"
	"example.com/shiptrack/infra/localaws/policy"
)

// answer is the one path of every request. It authenticates, reads, decides, logs and answers it, in this
// order. What the headers decide is decided before a byte of the body is read.
func (s *Server) answer(x *exchange, r *http.Request) (response *api.Response, err error) {
	defer s.recovered(x, &err)
	rt, opened, err := s.admit(x, r)
	if err != nil {
		return nil, s.refuse(x, err)
	}
	defer x.release()
	request, err := s.receive(x, r, rt, opened)
	if err != nil {
		return nil, s.refuse(x, err)
	}
	call, err := rt.service.Read(r.Context(), request)
	if err != nil {
		return nil, s.refuse(x, err)
	}
	x.operation = cmp.Or(call.Operation, x.operation)
	if err := s.authorize(x, r, call); err != nil {
		return nil, err
	}
	response, err = s.outflow.answer(r.Context(), call)
	s.logFailure(x, err)
	return response, err
}

// receive authenticates a request. Its body is read before; that of a request in restXml is verified while it is read, which is left to the
// service.
func (s *Server) receive(x *exchange, r *http.Request, rt route, opened *sigv4.Opened) (*api.Request, error) {
	if x.protocol == api.RestXML {
		return s.receiveStream(x, r, opened)
	}
	body, release, err := s.readBody(x, r, rt, s.intake)
	if err != nil {
		return nil, err
	}
	x.hold(release)
	if err := s.authenticate(x, opened, body); err != nil {
		return nil, err
	}
	s.patience(x)
	return s.request(x, r, rt, opened, body)
}

// admit decides all that the headers of a request decide: who says to send it, when, and for which service.
func (s *Server) admit(x *exchange, r *http.Request) (route, *sigv4.Opened, error) {
	if err := checkHeaders(x, r); err != nil {
		return route{}, nil, err
	}
	if err := s.checkUnsigned(x, r); err != nil {
		return route{}, nil, err
	}
	opened, err := s.open(x, r)
	if err != nil {
		return route{}, nil, err
	}
	rt, err := s.route(x, opened)
	return rt, opened, err
}

// readBody reads the body within bodyTime.
func (s *Server) readBody(x *exchange, r *http.Request, rt route, from intake) (body []byte, release func(), err error) {
	// A connection without deadlines, as in a test, needs none.
	_ = x.connection.SetReadDeadline(time.Now().Add(bodyTime))
	body, release, err = from.read(r.Context(), r.Body, r.ContentLength, rt.limit(operationOf(r)))
	if err == nil {
		x.whole = true
		_ = x.connection.SetReadDeadline(time.Time{})
	}
	return body, release, err
}

// authorize decides and logs every permission of call. The first that is denied is answered; a call that
// asks for nothing is denied unless it is free.
func (s *Server) authorize(x *exchange, r *http.Request, call *api.Call) error {
	if len(call.Permissions) == 0 && !call.Apart {
		if !call.Free {
			return s.refuse(x, refusal(accessDenied, "localaws cannot say what this request asks for."))
		}
		s.log.write(x.freeEntry())
		return nil
	}
	x.limit = lineLimit(len(call.Permissions))
	var denied error
	for i := range call.Permissions {
		if err := s.decideOne(x, r, &call.Permissions[i]); denied == nil {
			denied = err
		}
	}
	return denied
}

// decideOne decides and logs one permission; its error is the denial.
func (s *Server) decideOne(x *exchange, r *http.Request, permission *api.Permission) error {
	principal := x.caller
	if permission.As != nil {
		principal = permission.As
	}
	if permission.Context == nil {
		permission.Context = new(policy.Context)
	}
	addGlobalKeys(permission, x, r, principal)
	request := &policy.Request{
		Action: permission.Action, Resource: permission.Resource, Context: permission.Context,
		Caller: principal.PolicyCaller(),
	}
	var room [usualMisses]policy.Miss
	decision, misses := decide(room[:0], principal, permission, request)
	id := s.logDecision(x, decided{principal: principal, permission: permission, request: request, decision: decision}, misses)
	if decision.Effect != policy.Allow {
		return refusal(accessDenied, deniedMessage(principal, permission, decision)+whereExplained(id))
	}
	return nil
}

// usualMisses is how many statements name an action and do not apply, mostly.
const usualMisses = 4

// decide decides request, and appends to misses why statements did not apply where it is denied.
func decide(
	misses []policy.Miss, p *identity.Principal, permission *api.Permission, request *policy.Request,
) (policy.Decision, []policy.Miss) {
	switch {
	case permission.KeyPolicy != nil:
		return policy.DecideKeyExplained(misses, *permission.KeyPolicy, p.Policies, request)
	case permission.ResourcePolicy != nil: // whose owner is the one account that there is
		return policy.DecideResourceExplained(misses, *permission.ResourcePolicy, request.Caller.Account, p.Policies, request)
	case permission.Trust == nil:
		if owner := policy.ResourceAccount(permission.Resource); owner != "" {
			// What is another account's is closed.
			return policy.DecideResourceExplained(misses, policy.Named{}, owner, p.Policies, request)
		}
		return p.Policies.DecideExplained(misses, request)
	}
	if p.Kind == identity.Root { // the account's root cannot assume a role, whatever the trust policy says
		return policy.Decision{Effect: policy.ImplicitDeny, Layer: "trust"}, policy.ExplainTrust(*permission.Trust, p.Policies, request)
	}
	return policy.DecideTrustExplained(misses, *permission.Trust, p.Policies, request)
}

// recovered turns a panic into AWS's InternalFailure. It logs the stack, but the panic's value only where
// the runtime made it: another value could hold part of the body.
func (s *Server) recovered(x *exchange, err *error) {
	value := recover()
	if value == nil {
		return
	}
	if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(value)
	}
	entry := x.entry()
	entry.Decision, entry.Code, entry.Reason = "deny", "InternalFailure", "panic"
	if e, ok := value.(runtime.Error); ok {
		entry.Reason = "panic: " + e.Error()
	}
	entry.Stack = string(debug.Stack())
	s.log.write(entry)
	*err = refusal(internalFailure, "The request processing has failed because of an unknown error, exception or failure.")
}

// logFailure logs an error whose text the caller does not get: one that is answered as InternalFailure, or a
// failure of an upstream. It logs a refusal of what was allowed, too.
func (s *Server) logFailure(x *exchange, err error) {
	if e, ok := errors.AsType[*api.Error](err); ok && e.Refusal {
		_ = s.refuse(x, err)
		return
	}
	if err == nil || !failed(err) {
		return
	}
	entry := x.entry()
	entry.Code, entry.Reason = x.spelled(err).Code, err.Error()
	s.log.write(entry)
}

// refuse logs why a request was refused before a decision, and returns err. The log has the reason that the caller gets,
// without quotes from the request. A reason that the caller does not get is logged in full.
func (s *Server) refuse(x *exchange, err error) error {
	entry := x.entry()
	entry.Decision, entry.Code, entry.Reason = "deny", x.spelled(err).Code, reasonOf(err)
	s.log.write(entry)
	return err
}

func reasonOf(err error) string {
	if r, own := errors.AsType[*refused](err); own {
		return r.message
	}
	if failed(err) {
		return err.Error() // an error of an upstream or of localaws itself quotes nothing of the body
	}
	if e, ok := errors.AsType[*api.Error](err); ok && e.Reason != "" {
		return e.Reason
	}
	return "the request is not valid; the answer says why, in words that may quote the request"
}
