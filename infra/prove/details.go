package prove

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"

	"example.com/shiptrack/infra/localaws"
)

// authorizationDetails is what GetRequestAuthorizationDetails answers, as far as it is compared with the decision log.
type authorizationDetails struct {
	RequestContext map[string]any
	Evaluations    []struct {
		Action, Resource, EvaluatedEffect string
		Context                           map[string]any
	}
	NextToken string
}

// detailsOf asks for the details of a denial by its authorization id.
func detailsOf(by, id string) request {
	return request{by: by, service: "iam", method: http.MethodGet, path: "/authorization-details/" + id}
}

// whyDenied are attempts to read why somebody else was denied: the details hold the condition keys of that request, with its tenant.
func whyDenied() []*Attack {
	var all []*Attack
	for prefix, by := range map[string]string{"": attacker, "service-": service, "seed-": seedTask} {
		all = append(all, &Attack{
			Name: "iam/" + prefix + "why-denied", Does: by + ": asks why another was denied, by the authorization id of that denial", Differs: "the caller is root", Layer: IAM, Codes: denied,
			needs: needs[by], local: true, Attempt: askWhy(by), Control: askWhy(root),
		})
	}
	return all
}

var authorizationID = regexp.MustCompile(`authorization id: ([0-9a-z]+)`)

// askWhy has a request of the role Other denied, and then asks for the details of that.
func askWhy(by string) Step {
	return func(ctx context.Context, w *World) (Answer, error) {
		if w.log == nil {
			return w.mayAskWhy(ctx, by)
		}
		a, err := w.send(ctx, request{by: other, operation: "ListTables", body: `{}`})
		if err != nil {
			return a, err
		}
		id := authorizationID.FindStringSubmatch(a.Message)
		if id == nil {
			return a, fmt.Errorf("a denial has no authorization id: %d %s", a.Status, a.Message)
		}
		return w.send(ctx, detailsOf(by, id[1]))
	}
}

// mayAskWhy is askWhy where no decisions are kept, and so no denial is explained: who may ask learns that there is none.
func (w *World) mayAskWhy(ctx context.Context, by string) (Answer, error) {
	a, err := w.send(ctx, detailsOf(by, "none"))
	if a.Code == "ResourceNotFoundException" {
		a = Answer{Status: http.StatusOK, RequestID: a.RequestID}
	}
	return a, err
}

// unexplained compares the details of every denial in the decision log with its lines, and says where they differ.
func (w *World) unexplained(ctx context.Context) ([]string, error) {
	w.log.mu.Lock()
	logged := maps.Clone(w.log.byID)
	w.log.mu.Unlock()
	var wrong []string
	for _, requestID := range slices.Sorted(maps.Keys(logged)) {
		entries := slices.DeleteFunc(slices.Clone(logged[requestID]), func(e localaws.Entry) bool { return e.Action == "" })
		i := slices.IndexFunc(entries, func(e localaws.Entry) bool { return e.AuthorizationID != "" })
		if i < 0 {
			continue
		}
		details, err := w.details(ctx, entries[i].AuthorizationID)
		if err != nil {
			return wrong, err
		}
		if !details.equal(entries[:min(len(entries), localaws.ExplainedDecisions)]) {
			wrong = append(wrong, fmt.Sprintf("the details of the denial %q are not those of the decision log", requestID))
		}
	}
	return wrong, nil
}

// details asks as root, for all pages.
func (w *World) details(ctx context.Context, id string) (all authorizationDetails, err error) {
	for q := detailsOf(root, id); ; q.path = "/authorization-details/" + id + "?nextToken=" + all.NextToken {
		a, err := w.send(ctx, q)
		if err != nil || !a.ok() {
			return all, fmt.Errorf("the details of a denial: %s %s %w", a.Code, a.Message, err)
		}
		var page authorizationDetails
		if err := json.Unmarshal(a.Body, &page); err != nil {
			return all, err
		}
		page.Evaluations = append(all.Evaluations, page.Evaluations...)
		if all = page; all.NextToken == "" {
			return all, nil
		}
	}
}

var evaluatedEffects = map[string]string{"Allow": "ALLOW", "ExplicitDeny": "EXPLICIT_DENY", "ImplicitDeny": "IMPLICIT_DENY"}

// equal reports whether d says what entries say, in the same order.
func (d *authorizationDetails) equal(entries []localaws.Entry) bool {
	if len(d.Evaluations) != len(entries) {
		return false
	}
	for i, v := range d.Evaluations {
		e := &entries[i]
		keys := maps.Clone(d.RequestContext)
		maps.Copy(keys, v.Context)
		if v.Action != e.Action || v.Resource != e.Resource || v.EvaluatedEffect != evaluatedEffects[e.Effect] || !reflect.DeepEqual(keys, contextOf(e)) {
			return false
		}
	}
	return true
}

// contextOf are the condition keys of e as the details have them: one value as a text, others as a list.
func contextOf(e *localaws.Entry) map[string]any {
	keys := map[string]any{}
	for _, key := range e.Context {
		list := []any{}
		for _, value := range key.Values {
			list = append(list, value)
		}
		switch {
		case key.Unknown:
			keys[key.Name] = nil
		case len(list) == 1:
			keys[key.Name] = list[0]
		default:
			keys[key.Name] = list
		}
	}
	return keys
}
