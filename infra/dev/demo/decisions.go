package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"example.com/shiptrack/infra/localaws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	smithymiddleware "github.com/aws/smithy-go/middleware"
)

// decision is what the demo needs of a line of localaws' decision log.
type decision struct {
	RequestID string              `json:"requestId"`
	Principal string              `json:"principal"`
	Action    string              `json:"action"`
	Resource  string              `json:"resource"`
	Decision  string              `json:"decision"`
	Statement *localaws.Statement `json:"statement"`
	Misses    []localaws.Miss     `json:"misses"`
}

// why names the statement that decided, or the one that should have allowed and why it did not.
func (d decision) why() string {
	for _, miss := range d.Misses {
		if miss.Effect == "Allow" {
			return miss.Said
		}
	}
	if d.Statement == nil {
		return "no statement allows it"
	}
	verb := "denied"
	if d.Decision == "allow" {
		verb = "allowed"
	}
	name := d.Statement.Sid
	if name == "" {
		name = fmt.Sprintf("statement %d", d.Statement.Index)
	}
	return fmt.Sprintf("%s %s %s it", d.Statement.Policy, name, verb)
}

// lastDecision returns the last decision that is wanted.
func (d *demo) lastDecision(wanted func(decision) bool) (last decision, found bool, err error) {
	f, err := os.Open(d.decisionLog())
	if err != nil {
		return last, false, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line decision
		if json.Unmarshal(lines.Bytes(), &line) == nil && wanted(line) {
			last, found = line, true
		}
	}
	return last, found, lines.Err()
}

// whyDecided names the statement that decided on a request.
func (d *demo) whyDecided(id string) (string, error) {
	decided, found, err := d.lastDecision(func(l decision) bool { return l.RequestID == id && l.Decision != "" })
	if err == nil && !found {
		err = fmt.Errorf("the decision on request %q is not in localaws' log", id)
	}
	return decided.why(), err
}

// withLastDenial adds to err what IAM denied last: where the services are not answered, that is most likely why.
func (d *demo) withLastDenial(err error) error {
	denied, found, logErr := d.lastDecision(func(l decision) bool { return l.Decision == "deny" })
	if logErr != nil || !found {
		return err
	}
	return fmt.Errorf("%w\nthe last denial: %s on %s as %s:\n  %s", err, denied.Action, denied.Resource, denied.Principal, denied.why())
}

// requestID returns the id under which localaws logged the call that failed with err.
func requestID(err error) string {
	var withID interface{ ServiceRequestID() string }
	if errors.As(err, &withID) {
		return withID.ServiceRequestID()
	}
	return ""
}

// requestIDOf returns the id of a call that was answered.
func requestIDOf(answer smithymiddleware.Metadata) string {
	id, _ := middleware.GetRequestIDMetadata(answer)
	return id
}
