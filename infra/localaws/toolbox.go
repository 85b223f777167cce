package localaws

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/api"
)

// toolboxPath is where the operations of IAM Toolbox begin; its requests are signed for the service iam.
const toolboxPath = "/authorization-details/"

// toolboxService is its name among the routes. As the service of a signature it is none.
const toolboxService = "iam-toolbox"

// isToolbox reports whether a request says to be one of IAM Toolbox: GET /authorization-details/ID.
func isToolbox(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, toolboxPath) && strings.Contains(r.Header.Get("Authorization"), "/iam/aws4_request")
}

// toolbox answers GetRequestAuthorizationDetails of IAM Toolbox, which explains a denial to whom the action
// iam:GetRequestAuthorizationDetails is allowed: IAM User Guide, "Troubleshoot access denied error messages with authorization ID".
type toolbox struct{ denials *denials }

func (*toolbox) Protocol() api.Protocol { return api.RestJSON }

func (t *toolbox) Read(_ context.Context, r *api.Request) (*api.Call, error) {
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.HTTP.Path, toolboxPath), "/")
	call := &api.Call{Operation: "GetRequestAuthorizationDetails"}
	call.Answer = func(context.Context) (*api.Response, error) { return t.details(r, id) }
	switch {
	case r.HTTP.Method != http.MethodGet || rest != "" && rest != "policy":
		return nil, refusal(unknownOperation, "IAM Toolbox has no such operation.")
	case rest == "policy":
		call.Operation = "GetRequestAuthorizationPolicy"
		call.Answer = func(context.Context) (*api.Response, error) {
			return nil, refusal(unknownOperation, "localaws does not keep the documents of policies with a denial.")
		}
	}
	call.Permissions = []api.Permission{{Action: "iam:" + call.Operation, Resource: "*"}}
	return call, nil
}

var authorizationIDPattern = regexp.MustCompile(`^[0-9a-z]{1,256}$`)

// evaluationsPage is how many evaluations one answer has.
const evaluationsPage = 40

func (t *toolbox) details(r *api.Request, id string) (*api.Response, error) {
	query, err := url.ParseQuery(unsignedQuery(r.HTTP.Query))
	if err != nil || !authorizationIDPattern.MatchString(id) {
		return nil, api.Errorf(400, "ValidationException", "The authorization ID must have 1 to 256 of the characters 0-9 and a-z.")
	}
	for name, values := range query {
		if name != "nextToken" || len(values) != 1 {
			return nil, api.Errorf(400, "ValidationException", "The request has a parameter other than one nextToken.")
		}
	}
	a, err := t.denials.get(id, r.Now)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, api.Errorf(404, "ResourceNotFoundException", "The requested authorization details do not exist in this region or have expired.")
	}
	first := 0
	if token := query.Get("nextToken"); token != "" {
		if first, err = strconv.Atoi(token); err != nil || first < 1 || first >= len(a.Evaluations) {
			return nil, api.Errorf(400, "ValidationException", "The nextToken is none of this authorization ID.")
		}
	}
	a.Evaluations = a.Evaluations[first:]
	if len(a.Evaluations) > evaluationsPage {
		a.Evaluations, a.NextToken = a.Evaluations[:evaluationsPage], strconv.Itoa(first+evaluationsPage)
	}
	return &api.Response{Body: mustMarshal(a)}, nil
}
