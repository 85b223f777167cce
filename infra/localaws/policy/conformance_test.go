package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// conformanceFloor is the least number of cases.
const conformanceFloor = 450

// page is a file of testdata/conformance: what one page of AWS's documentation says, as requests and their outcomes.
type page struct {
	Page   string `json:"page"` // its title
	URL    string `json:"url"`
	Groups []group
}

// group is one rule or example of a page.
type group struct {
	Says      string            // what the page says
	Version   string            // 2012-10-17 where empty
	Condition json.RawMessage   // of a statement that allows everything, in place of Identity
	Identity  []json.RawMessage // statements
	Boundary  []json.RawMessage // statements; none: no boundary
	Session   []json.RawMessage // the same
	Trust     []json.RawMessage // of the role that is assumed
	Resource  []json.RawMessage `json:"resourcePolicy"`
	Owner     string            // account of the resource; without resourcePolicy it has none
	Requests  []struct {
		Case             string
		Want             string // allowed, implicitDeny, explicitDeny, malformed
		Action, Resource string // s3:GetObject and * where empty
		Principal        string // ARN
		Service          string // principal
		Context          map[string]any
	}
}

// TestConformance holds the evaluator to AWS's documentation.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/conformance/*.json")
	if err != nil {
		t.Fatal(err)
	}
	cases, written := 0, map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var p page
		if err := json.Unmarshal(content, &p); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if p.Page == "" || !strings.HasPrefix(p.URL, "https://docs.aws.amazon.com/") {
			t.Errorf("%s does not name its page", file)
		}
		for _, text := range strings.Split(string(content), `"`) {
			written[text] = true
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			for _, g := range p.Groups {
				cases += g.check(t)
			}
		})
	}
	if cases < conformanceFloor {
		t.Errorf("%d cases, want %d or more", cases, conformanceFloor)
	}
	for _, name := range append(slices.Collect(maps.Keys(operators)), "ForAllValues:StringEquals", "ForAnyValue:StringEquals", "StringEqualsIfExists") {
		if !written[name] {
			t.Errorf("no case has the operator %s", name)
		}
	}
}

// check carries out g's requests, and returns how many they are.
func (g *group) check(t *testing.T) int {
	for _, r := range g.Requests {
		got, err := g.decide(&Request{Action: orElse(r.Action, "s3:GetObject"), Resource: orElse(r.Resource, "*"), Caller: callerOf(r.Principal, r.Service), Context: contextOf(r.Context)})
		outcome := map[Effect]string{Allow: "allowed", ImplicitDeny: "implicitDeny", ExplicitDeny: "explicitDeny"}[got.Effect]
		if err != nil {
			outcome = "malformed"
		}
		if outcome != r.Want {
			t.Errorf("%s: %s: %s, want %s (%v)", g.Says, r.Case, outcome, r.Want, err)
		}
	}
	return len(g.Requests)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func (g *group) decide(r *Request) (Decision, error) {
	if g.Condition != nil {
		g.Identity = []json.RawMessage{fmt.Appendf(nil, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":%s}`, g.Condition)}
	}
	var own Policies
	identity, err := g.parse("identity", g.Identity, Identity)
	if err != nil {
		return Decision{}, err
	}
	if g.Identity != nil {
		own.Identity = []Named{identity}
	}
	if g.Boundary != nil {
		boundary, err := g.parse("boundary", g.Boundary, Identity)
		if err != nil {
			return Decision{}, err
		}
		own.Boundary = &boundary
	}
	if g.Session != nil {
		session, err := g.parse("session", g.Session, Identity)
		if err != nil {
			return Decision{}, err
		}
		own.Session = []Named{session}
	}
	switch {
	case g.Trust != nil:
		trust, err := g.parse("trust", g.Trust, Trust)
		return DecideTrust(trust, own, r), err
	case g.Resource != nil || g.Owner != "":
		resource, err := g.parse("resource", g.Resource, Resource)
		return DecideResource(resource, orElse(g.Owner, r.Caller.Account), own, r), err
	}
	return own.Decide(r), nil
}

func (g *group) parse(name string, statements []json.RawMessage, kind Kind) (Named, error) {
	if statements == nil {
		return Named{Name: name}, nil
	}
	document, err := json.Marshal(map[string]any{"Version": orElse(g.Version, current), "Statement": statements})
	if err != nil {
		return Named{}, err
	}
	p, err := Parse(document, kind)
	return Named{Name: name, Policy: p}, err
}

// callerOf reads the ARN of a user or of a role's session.
func callerOf(arn, service string) Caller {
	if service != "" || arn == "" {
		return Caller{Service: service}
	}
	c := Caller{ARN: arn, Account: arnSegment(arn, 4)}
	if kind, rest, _ := strings.Cut(arnSegment(arn, arnColons), "/"); kind == "assumed-role" {
		role, _, _ := strings.Cut(rest, "/")
		c.RoleARN = "arn:aws:iam::" + c.Account + ":role/" + role
	}
	return c
}

// contextOf has a text as the one value of a key, and a list as its several.
func contextOf(keys map[string]any) *Context {
	c := new(Context)
	for key, value := range keys {
		list, several := value.([]any)
		if !several {
			c.Set(key, value.(string))
			continue
		}
		values := []string{}
		for _, v := range list {
			values = append(values, v.(string))
		}
		c.SetAll(key, slices.Clip(values))
	}
	return c
}
