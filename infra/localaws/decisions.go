package localaws

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/credentials"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

const decisionsPath = "/_localaws/decisions"

// decisions answers GET /_localaws/decisions?request=ID: the lines of the decision log on a request that are still in
// memory, for the account's root alone.
type decisions struct{ log *decisionLog }

func (*decisions) Protocol() api.Protocol { return api.Local }

func (d *decisions) Read(_ context.Context, r *api.Request) (*api.Call, error) {
	if r.Caller.Kind != identity.Root {
		return nil, api.Errorf(403, "AccessDenied", "Only the account's root may ask for decisions.")
	}
	id := r.Form.Get("request")
	if err := r.Form.CheckRead(); err != nil {
		return nil, err
	}
	if !callerIDPattern.MatchString(id) {
		return nil, api.Errorf(400, "ValidationError", "request must be the id of a request: 1 to 128 letters, digits and characters of ._:;=|,@-")
	}
	return &api.Call{Free: true, Answer: func(context.Context) (*api.Response, error) {
		found := recentAnswer{Decisions: []jsontext.Value{}}
		for _, line := range d.log.of(id) {
			found.Decisions = append(found.Decisions, line)
		}
		return &api.Response{Body: mustMarshal(found)}, nil
	}}, nil
}

type recentAnswer struct {
	Decisions []jsontext.Value `json:"decisions"`
}

// isRequest reports whether id names a request: by localaws' id, by the caller's own, by that of the caller's caller, or
// by a field of the caller's trace id, as in Root=1-5759e988-bd86;Sampled=1.
func isRequest(id, requestID, callerID, originID string) bool {
	if id == "" {
		return false
	}
	if id == requestID || id == callerID || id == originID {
		return true
	}
	for field := range strings.SplitSeq(callerID, ";") {
		if _, value, ok := strings.Cut(field, "="); ok && value == id {
			return true
		}
	}
	return false
}

// ReadDecisions returns the entries of a decision log on the request with this id, localaws', the caller's or that of
// the caller's caller, in their order. A line may have other text before its JSON, as container logs have; one without JSON is passed over.
func ReadDecisions(log io.Reader, id string) ([]Entry, error) {
	var found []Entry
	for lines := bufio.NewReader(log); ; {
		line, err := lines.ReadBytes('\n')
		if begin := bytes.IndexByte(line, '{'); begin >= 0 && bytes.Contains(line, []byte(id)) {
			var e Entry
			if json.Unmarshal(line[begin:], &e) == nil && isRequest(id, e.RequestID, e.CallerRequestID, e.OriginRequestID) {
				found = append(found, e)
			}
		}
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// askTime is how long a running localaws may take to answer for its decisions.
const askTime = 5 * time.Second

// FetchDecisions asks the localaws at endpoint, a base URL such as http://127.0.0.1:4566, for the newest decisions on
// the request with this id, localaws', the caller's or that of the caller's caller. It looks at RecentDecisions lines of the log; none found is no
// error. An empty region is DefaultRegion.
func FetchDecisions(ctx context.Context, endpoint, region, id string) ([]Entry, error) {
	root, err := credentials.NewRoot(endpoint, region, nil)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var answer struct {
		Decisions []Entry `json:"decisions"`
	}
	err = root.Get(ctx, decisionsPath, url.Values{"request": {id}}, &answer)
	return answer.Decisions, err
}
