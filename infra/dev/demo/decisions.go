package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"example.com/shiptrack/infra/localaws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	smithymiddleware "github.com/aws/smithy-go/middleware"
	"github.com/go-json-experiment/json"
)

// lastDecision returns the last decision that wanted accepts.
func (d *demo) lastDecision(wanted func(localaws.Entry) bool) (last localaws.Entry, found bool, err error) {
	f, err := os.Open(d.decisionLog())
	if err != nil {
		return last, false, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line localaws.Entry
		if json.Unmarshal(lines.Bytes(), &line) == nil && wanted(line) {
			last, found = line, true
		}
	}
	return last, found, lines.Err()
}

// whyDecided names the statement that decided on a request.
func (d *demo) whyDecided(id string) (string, error) {
	decided, found, err := d.lastDecision(func(l localaws.Entry) bool { return l.RequestID == id && l.Decision != "" })
	if err == nil && !found {
		err = fmt.Errorf("the decision on request %q is not in localaws' log", id)
	}
	return decided.Why(), err
}

// withLastDenial adds the last denial by IAM to err: when the services get no answer, it is the most likely reason.
func (d *demo) withLastDenial(err error) error {
	denied, found, logErr := d.lastDecision(func(l localaws.Entry) bool { return l.Decision == "deny" })
	if logErr != nil || !found {
		return err
	}
	return fmt.Errorf("%w\nthe last denial: %s on %s as %s:\n  %s", err, denied.Action, denied.Resource, denied.Principal, denied.Why())
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
