package api

import (
	"fmt"
	"io"
	"net/http"

	"example.com/shiptrack/infra/localaws/policy"
)

// Protocol is the wire form of an AWS API.
type Protocol int

// The protocols. See https://smithy.io/2.0/aws/protocols/index.html.
const (
	JSON10     Protocol = iota // awsJson1_0: X-Amz-Target names the operation (DynamoDB)
	JSON11                     // awsJson1_1: as awsJson1_0, under another Content-Type (KMS)
	Query                      // awsQuery: the form field Action names it (STS, IAM)
	RestXML                    // restXml: method, path and query name it (S3)
	CBOR                       // rpcv2Cbor: the path names it; no service here speaks it
	RestJSON                   // restJson1: method and path name it, a header the error (IAM Toolbox)
	OpenSearch                 // method and path name it, errors are {"message"} (OpenSearch Service)
	Local                      // localaws' own routes: the path names it, errors are {"code","message"}
)

// IsJSON reports whether p is one of the two JSON protocols.
func (p Protocol) IsJSON() bool { return p == JSON10 || p == JSON11 }

// Error is a failure that the client's SDK understands: AWS's own code, status and wording.
type Error struct {
	Code    string // "ValidationException", as the protocol spells it
	Message string
	Status  int // 400, 403, 404, 405, 409, 411, 412, 413, 416, 500, 501, 503
	// Refusal marks what is refused although the caller has the permission: the decision log has it as a refusal, as it has those
	// before a decision.
	Refusal bool
	// Namespace is what stands before the '#' of the __type of an error in JSON 1.0; empty: com.amazon.coral.service.
	Namespace string
	Header    http.Header // what the answer has beside the error, in restXml; nil: nothing
	// Reason is for the decision log, which holds nothing of a body. It is Message with "..." in place of each text
	// that may be a quote from the request. It is empty where nothing else would be left.
	Reason string
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Own is an argument of Errorf that quotes nothing of the request: it may stand in Reason.
type Own string

// Errorf returns an Error with a formatted message. Reason has the format, which must quote nothing, and of the
// arguments Own and int alone.
func Errorf(status int, code, format string, args ...any) *Error {
	e := &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
	if format == "%s" && !isOwn(args[0]) {
		return e
	}
	said := make([]any, len(args))
	for i, arg := range args {
		if said[i] = arg; !isOwn(arg) {
			said[i] = quoted{}
		}
	}
	e.Reason = fmt.Sprintf(format, said...)
	return e
}

func isOwn(arg any) bool {
	switch arg.(type) {
	case Own, int:
		return true
	}
	return false
}

// quoted takes the place of what the request says.
type quoted struct{}

func (quoted) Format(out fmt.State, _ rune) { _, _ = io.WriteString(out, "...") }

// NotServed says in the words of localaws that an operation, of AWS's or invented, is none of its own. It stands behind AWS's wording.
func NotServed(operation string) string {
	return "localaws does not serve " + operation + "; the command localaws operations lists what it serves."
}

// MalformedPolicy is how IAM and STS answer a document that does not parse.
func MalformedPolicy(m *policy.MalformedError) *Error {
	e := Errorf(400, "MalformedPolicyDocument", "%s", m.Reason)
	e.Reason = "The policy document is malformed"
	if m.Position != (policy.Position{}) {
		e.Reason += fmt.Sprintf(" at line %d, column %d", m.Position.Line, m.Position.Column)
	}
	return e
}
