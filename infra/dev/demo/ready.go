package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/smithy-go"
)

// lookAfter is how long the demo waits for the services before it looks for a reason, and again each time after that.
const lookAfter = 3 * time.Second

// awaitReady waits for the services until startPatience is over, or until there is a reason why they never will be ready.
func (d *demo) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		look, done := context.WithTimeout(ctx, lookAfter)
		err := d.await(look, "shipment-service", endpoint(d.ShipmentPort)+"/readyz")
		done()
		if err == nil {
			return nil
		}
		if why := d.whyNever(ctx); why != nil {
			return why
		}
		if ctx.Err() != nil {
			return d.withLastDenial(err)
		}
	}
}

// whyNever returns why tracking-service will not be ready under these policies: the demo's own check fails, which names the
// statement that decided, or the service's own has. It returns nil where neither says so.
func (d *demo) whyNever(ctx context.Context) error {
	_, _, err := d.checkIsolation(ctx)
	if errors.Is(err, errNotIsolated) {
		return err
	}
	if refusal, ok := errors.AsType[smithy.APIError](err); ok && strings.HasPrefix(refusal.ErrorCode(), "AccessDenied") {
		return d.withLastDenial(err)
	}
	if _, body, err := d.get(ctx, endpoint(d.TrackingPort)+"/readyz", ""); err != nil || !strings.Contains(body, "not-isolated") {
		return nil
	}
	return fmt.Errorf("%w: tracking-service's isolation check says so, and it serves nothing:\n  %s\nto see these policies at work all the same: --isolation-check=report",
		errNotIsolated, d.violation())
}

// violation returns what tracking-service's log says about it.
func (d *demo) violation() string {
	said := "its log says why"
	text, err := os.ReadFile(d.fleet.Log("tracking-service"))
	if err != nil { // it was left out
		return said
	}
	for line := range strings.Lines(string(text)) {
		var entry struct{ Msg, Reason string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == errNotIsolated.Error() {
			said = entry.Reason
		}
	}
	return said
}
