package localaws

import (
	"maps"
	"slices"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/identity"
	"example.com/shiptrack/infra/localaws/internal/scrub"
	"example.com/shiptrack/infra/localaws/policy"
)

// Bounds of the decision log, in bytes: whoever sends a request cannot fill the log, and so wash away what it says of
// others.
const (
	// MaxLine is the most that a line has, its line end included.
	MaxLine = 16 << 10
	// maxLines is what the lines on one request share, if it needs several permissions (up to 100).
	maxLines = 256 << 10
	// minLine is the least that each of them gets.
	minLine = 2 << 10
)

// lineLimit is what each of the lines on a request with n permissions may have.
func lineLimit(n int) int { return max(minLine, min(MaxLine, maxLines/max(n, 1))) }

// Cut says what a line lacks because it would have been too long. A shortened text ends in words that say so.
type Cut struct {
	Texts  int `json:"texts,omitzero"`  // shortened texts
	Bytes  int `json:"bytes,omitzero"`  // that they lack
	Values int `json:"values,omitzero"` // context keys, values, tags and statements that are left out
}

// cutter makes an entry short, and counts what it leaves out.
type cutter struct {
	text   int // bytes of a text
	values int // of one key
	keys   int // context keys, and session tags
	misses int

	cut Cut
}

// cutters are tried until the line is short enough. Ordinary lines come through the first unchanged.
var cutters = []cutter{
	{text: 2048, values: 100, keys: 200, misses: 50},
	{text: 512, values: 32, keys: 100, misses: 8},
	{text: 128, values: 8, keys: 40, misses: 2},
	{text: 128},
}

// line is the entry as it is logged, with its line end: at most limit bytes, if limit is at least minLine.
func (e *Entry) line(limit int) []byte {
	for i := range cutters {
		c := cutters[i] // its counts are this line's
		short := c.entry(e)
		if line := short.encode(); len(line) <= limit {
			return line
		}
	}
	least := Entry{
		Time: e.Time, RequestID: e.RequestID, CallerRequestID: scrub.ID(e.CallerRequestID), OriginRequestID: scrub.ID(e.OriginRequestID),
		AuthorizationID: e.AuthorizationID, Decision: e.Decision, Effect: e.Effect, Layer: e.Layer, Code: e.Code, Cut: &Cut{},
	}
	return least.encode()
}

// entry returns a short copy of e, without the secrets that a caller may have put into it.
func (c *cutter) entry(e *Entry) Entry {
	short := *e
	c.cut = e.left
	short.CallerRequestID, short.OriginRequestID = scrub.ID(e.CallerRequestID), scrub.ID(e.OriginRequestID)
	short.Principal = c.segments(e.Principal)
	short.AccessKeyID = c.string(e.AccessKeyID)
	short.Operation, short.Action = c.string(e.Operation), c.string(e.Action)
	short.Resource = c.resource(e.Resource)
	short.Reason = c.string(e.Reason)
	short.SessionTags = c.tags(e.SessionTags)
	short.Context = c.context(e.Context)
	short.Statement = c.statement(e.Statement)
	short.Misses = c.missesOf(e.Misses)
	if len(e.Stack) > maxStack { // it is localaws' own
		short.Stack = e.Stack[:maxStack]
		c.cut.Texts, c.cut.Bytes = c.cut.Texts+1, c.cut.Bytes+len(e.Stack)-maxStack
	}
	if c.cut != (Cut{}) {
		short.Cut = &Cut{c.cut.Texts, c.cut.Bytes, c.cut.Values}
	}
	return short
}

// maxStack is enough of a stack to find a panic, in bytes.
const maxStack = 8 << 10

func (c *cutter) string(s string) string {
	short, left := scrub.Text(s, c.text)
	if left > 0 {
		c.cut.Texts++
		c.cut.Bytes += left
	}
	return short
}

// segments is string for a text that holds no slash but between names, each of which may be a secret. A secret key may
// hold slashes: several names would look like one.
func (c *cutter) segments(s string) string {
	short := make([]string, 0, 8)
	hidden := false
	for name := range strings.SplitSeq(s, "/") {
		text := scrub.Secrets(name)
		short, hidden = append(short, text), hidden || text != name
	}
	if hidden {
		s = strings.Join(short, "/")
	}
	return c.string(s)
}

// resource is an ARN that the caller chose. Of those, the names in DynamoDB's hold no slash.
func (c *cutter) resource(arn string) string {
	if strings.HasPrefix(arn, "arn:aws:dynamodb:") && len(arn) <= c.text {
		return c.segments(arn)
	}
	return c.string(arn)
}

// list returns values themselves where nothing of them is left out or hidden, as of nearly all.
func (c *cutter) list(values []string) (short []string, changed bool) {
	if values == nil {
		return nil, false
	}
	short = values[:min(len(values), c.values)]
	changed = len(short) < len(values)
	c.cut.Values += len(values) - len(short)
	copied := false
	for i, value := range short {
		text := c.string(value)
		if text == value {
			continue
		}
		if !copied {
			short, copied, changed = slices.Clone(short), true, true
		}
		short[i] = text
	}
	return short, changed
}

// tags returns tags themselves where nothing of them is left out or hidden.
func (c *cutter) tags(tags map[string]string) map[string]string {
	before := c.cut
	if len(tags) <= c.keys && c.keeps(tags) {
		return tags
	}
	c.cut = before
	short := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if len(short) == c.keys {
			break
		}
		short[c.string(key)] = c.string(tags[key])
	}
	c.cut.Values += len(tags) - len(short)
	return short
}

func (c *cutter) keeps(tags map[string]string) bool {
	for key, value := range tags {
		if c.string(key) != key || c.string(value) != value {
			return false
		}
	}
	return true
}

// context returns keys themselves where nothing of them is left out or hidden.
func (c *cutter) context(keys Keys) Keys {
	if keys == nil {
		return Keys{} // each line but the shortest has the member
	}
	kept := keys[:min(len(keys), c.keys)]
	c.cut.Values += len(keys) - len(kept)
	var short Keys
	copied := false
	for i := range kept {
		key, changed := c.key(&kept[i])
		if changed && !copied {
			short, copied = append(make(Keys, 0, len(kept)), kept[:i]...), true
		}
		switch {
		case !copied:
		// Once a secret is hidden, two may look alike; an object has each once. There are few: a set would take longer.
		case slices.ContainsFunc(short, func(k Key) bool { return k.Name == key.Name }):
			c.cut.Values++
		default:
			short = append(short, key)
		}
	}
	if copied {
		return short
	}
	return kept
}

func (c *cutter) key(key *Key) (short Key, changed bool) {
	short = Key{Name: c.string(key.Name), Unknown: key.Unknown}
	if !key.Unknown {
		short.Values, changed = c.contextValues(key)
	}
	return short, changed || short.Name != key.Name
}

func (c *cutter) contextValues(key *Key) (short []string, changed bool) {
	if key.Name == "aws:PrincipalArn" && len(key.Values) == 1 {
		if arn := c.segments(key.Values[0]); arn != key.Values[0] {
			return []string{arn}, true
		}
		return key.Values, false
	}
	return c.list(key.Values)
}

// statement keeps the names that an administrator gave: a run of them looks like a secret key. The Sids of a session policy are the caller's.
func (c *cutter) statement(s *Statement) *Statement {
	if s == nil {
		return nil
	}
	short := Statement{c.name(s.Policy), c.name(s.Sid), s.Index}
	if s.Policy == identity.SessionPolicy {
		short.Sid = c.string(s.Sid)
	}
	if short == *s {
		return s
	}
	return &Statement{short.Policy, short.Sid, short.Index}
}

func (c *cutter) name(s string) string {
	if len(s) <= maxName {
		return s
	}
	return c.string(s)
}

// maxName is a policy's name behind that of its role, or behind the rest of its ARN, in bytes.
const maxName = 256

func (c *cutter) missesOf(misses []Miss) []Miss {
	kept := misses[:min(len(misses), c.misses)]
	c.cut.Values += len(misses) - len(kept)
	var short []Miss
	for _, m := range kept {
		said, named := strings.CutPrefix(m.Said, m.Statement.String())
		m.Statement = *c.statement(&m.Statement)
		m.Element = c.string(m.Element)
		m.Want, _ = c.list(m.Want)
		m.Got, _ = c.list(m.Got)
		said, _ = scrub.Text(said, 2*c.text) // what it lacks is counted in Want and Got
		if m.Said = said; named {
			m.Said = m.Statement.String() + said
		}
		short = append(short, m)
	}
	return short
}

// newMiss says m in words too. What m holds of the request is cut before, so that the words stay short.
func (e *Entry) newMiss(m policy.Miss) Miss {
	c := cutter{text: 512, values: 100, cut: e.left}
	m.Want, _ = c.list(m.Want)
	m.Got, _ = c.list(m.Got)
	e.left = c.cut
	effect := "Allow"
	if m.Effect == policy.ExplicitDeny {
		effect = "Deny"
	}
	return Miss{Statement: *newStatement(m.Statement), Effect: effect, Element: m.Element, Want: m.Want, Got: m.Got, Said: m.String()}
}
