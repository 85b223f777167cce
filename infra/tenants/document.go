package tenants

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/pkg/tenant"
)

// MaxDocument is how many characters a managed policy has at most, white space not counted (IAM User Guide, "IAM and AWS STS quotas").
const MaxDocument = 6144

// ErrFull is the error of more blocks than one policy holds.
var ErrFull = errors.New("the permissions boundary holds no more tenants that are suspended or revoked: a revocation goes out of it after an hour; " +
	"resume or remove one that is suspended, or have the issuer sign no more tokens for it")

type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid, Effect, Action, Resource string
	Condition                     *condition `json:",omitempty"`
}

type condition struct {
	StringEquals map[string][]string
	DateLessThan map[string]string `json:",omitempty"`
}

// group are tenants whose sessions from before one moment are denied; the zero moment: all sessions.
type group struct {
	before  time.Time
	tenants []string
}

// Document returns the permissions boundary for blocks: it allows all, and denies all to the sessions that blocks are about, which it tells by
// their tag. The same blocks make the same document. Where it would be too large, revocations are drawn together under the later of two moments, first those that lie
// the closest: who was revoked the earlier then needs a new session once more, and is denied nothing. The error is ErrFull.
func Document(tag string, blocks []Block) (string, error) {
	groups := groupsOf(blocks)
	for {
		text, err := write(tag, groups)
		if err != nil || size(text) <= MaxDocument {
			return text, err
		}
		if groups = drawTogether(groups); groups == nil {
			return "", fmt.Errorf("%w (%d tenants)", ErrFull, len(blocks))
		}
	}
}

// size is what IAM counts.
func size(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// groupsOf are ordered by their moments: those who are suspended come first.
func groupsOf(blocks []Block) []group {
	moments := map[time.Time][]string{}
	for _, b := range blocks {
		at := b.Before
		if b.Suspended {
			at = time.Time{}
		}
		moments[at] = append(moments[at], b.Tenant.String())
	}
	groups := make([]group, 0, len(moments))
	for at, tenants := range moments {
		slices.Sort(tenants)
		groups = append(groups, group{at, tenants})
	}
	slices.SortFunc(groups, func(a, b group) int { return a.before.Compare(b.before) })
	return groups
}

// drawTogether makes one of the two revocations that lie the closest; nil where there are no two.
func drawTogether(groups []group) []group {
	best := 0
	for i := 1; i < len(groups); i++ {
		gap := groups[i].before.Sub(groups[i-1].before)
		if groups[i-1].before.IsZero() {
			continue
		}
		if best == 0 || gap < groups[best].before.Sub(groups[best-1].before) {
			best = i
		}
	}
	if best == 0 {
		return nil
	}
	merged := slices.Clone(groups)
	merged[best].tenants = slices.Sorted(slices.Values(slices.Concat(groups[best-1].tenants, groups[best].tenants)))
	return slices.Delete(merged, best-1, best)
}

func write(tag string, groups []group) (string, error) {
	d := document{Version: "2012-10-17", Statement: []statement{{Sid: "LimitsNothing", Effect: "Allow", Action: "*", Resource: "*"}}}
	for _, g := range groups {
		s := statement{Sid: "Suspended", Effect: "Deny", Action: "*", Resource: "*", Condition: &condition{StringEquals: map[string][]string{principalTag + tag: g.tenants}}}
		if !g.before.IsZero() {
			s.Sid = fmt.Sprintf("Revoked%d", g.before.Unix())
			s.Condition.DateLessThan = map[string]string{"aws:TokenIssueTime": g.before.UTC().Format(time.RFC3339)}
		}
		d.Statement = append(d.Statement, s)
	}
	text, err := json.Marshal(d, jsontext.WithIndent(" "), json.Deterministic(true))
	return string(text), err
}

const principalTag = "aws:PrincipalTag/"

// denies reports whether a document that Document has made denies all to sessions of id vended at a moment.
func denies(text string, id tenant.ID, vended time.Time) (bool, error) {
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return false, fmt.Errorf("the permissions boundary is none that was made here: %w", err)
	}
	return slices.ContainsFunc(d.Statement, func(s statement) bool {
		if s.Effect != "Deny" || s.Condition == nil || !slices.Contains(s.Condition.StringEquals[principalTag+KeyTag], id.String()) {
			return false
		}
		before, isTimed := s.Condition.DateLessThan["aws:TokenIssueTime"]
		at, err := time.Parse(time.RFC3339, before)
		return !isTimed || err == nil && vended.Before(at)
	}), nil
}
