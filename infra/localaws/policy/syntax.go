package policy

// Clause is a statement as it was parsed, for programs that reason about policies in place of deciding one request. It is a
// copy: to change it changes nothing.
type Clause struct {
	Sid         string
	Index       int    // from 0
	Effect      Effect // Allow, or ExplicitDeny
	At          Position
	Actions     []Text // matched without regard to ASCII case
	NotAction   bool
	Resources   []ARN // none in a trust policy
	NotResource bool
	Conditions  []ClauseCondition
	Principals  Principals // of policies that name principals
}

// Principals are whom a clause names.
type Principals struct {
	Not      bool // NotPrincipal
	Everyone bool
	Accounts []string // twelve digits
	Names    []string // ARNs of roles, sessions and users, or their unique ids
	Services []string
	Source   []string // all of them as written; with those that never match, such as federated ones
}

// Text is a pattern: its parts stand one behind the other.
type Text struct {
	Source string // as written
	Parts  []Part
}

// Part is a part of a Text.
type Part struct {
	Kind PartKind
	Text string // of Literal; the default of a Variable
	Key  string // of Variable
	// Fallback says that a Variable has a default.
	Fallback bool
}

// PartKind says what a Part is.
type PartKind uint8

// The kinds of parts.
const (
	Literal  PartKind = iota
	One               // any one character
	Many              // any characters, or none
	Variable          // the value of a condition key, as literal text
)

// ARN is a pattern for ARNs. Its first five segments match no colon.
type ARN struct {
	Source   string
	Any      bool   // every text
	Never    bool   // none
	Whole    *Text  // a variable that stands for a whole ARN; then there are no segments
	Segments []Text // six
}

// Operand says what the values of an operator are.
type Operand uint8

// The operands.
const (
	Texts   Operand = iota // in ClauseCondition.Texts
	Folded                 // in ClauseCondition.Texts, matched as strings.EqualFold does
	ARNs                   // in ClauseCondition.ARNs
	Truth                  // true or false, in any case of letters
	Bytes                  // in ClauseCondition.Texts: what the base64 of the document says
	Measure                // numbers, dates and addresses: only Matches tells
)

// ClauseCondition is one operator with one key.
type ClauseCondition struct {
	Operator string // as written
	Key      string
	Values   []string // as written
	Operand  Operand
	Negated  bool
	Null     bool // whether the key is absent; with True and False
	ForAll   bool // ForAllValues
	ForAny   bool // ForAnyValue
	IfExists bool

	Texts       []Text
	ARNs        []ARN
	True, False bool // of Truth: which of them the values are
	// Matches reports whether a value of the request matches one of the values, without Negated; ok is false where it is not of
	// the operator's type. It is for operands without variables.
	Matches func(value string) (matched, ok bool)
}

// Clauses returns the statements of p, in their order.
func (p *Policy) Clauses() []Clause {
	if p == nil {
		return nil
	}
	all := make([]Clause, len(p.statements))
	for i := range p.statements {
		all[i] = p.statements[i].clause()
	}
	return all
}

func (s *statement) clause() Clause {
	c := Clause{Sid: s.sid, Index: s.index, Effect: s.effect, At: s.brace, NotAction: s.notAction, NotResource: s.notResource}
	for i := range s.actions {
		c.Actions = append(c.Actions, s.actions[i].asText())
	}
	for i := range s.resources {
		c.Resources = append(c.Resources, s.resources[i].asARN())
	}
	for i := range s.conditions {
		c.Conditions = append(c.Conditions, s.conditions[i].clause())
	}
	p := &s.principals
	c.Principals = Principals{Not: p.not, Everyone: p.everyone, Accounts: p.accounts, Services: p.services, Source: p.source}
	for _, name := range p.names {
		c.Principals.Names = append(c.Principals.Names, name.text)
	}
	return c
}

func (p *pattern) asText() Text {
	t := Text{Source: p.source}
	for i := range p.pieces {
		t.Parts = append(t.Parts, p.pieces[i].asPart())
	}
	return t
}

func (p *piece) asPart() Part {
	switch p.kind {
	case pieceOne:
		return Part{Kind: One}
	case pieceMany:
		return Part{Kind: Many}
	case pieceVariable:
		return Part{Kind: Variable, Key: p.key.name, Text: p.text, Fallback: p.fallback}
	}
	return Part{Kind: Literal, Text: p.text}
}

func (p *arnPattern) asARN() ARN {
	a := ARN{Source: p.source, Any: p.any, Never: p.never}
	switch {
	case p.any || p.never:
	case p.segments == nil:
		whole := p.whole.asText()
		a.Whole = &whole
	default:
		for i := range p.segments {
			a.Segments = append(a.Segments, p.segments[i].asText())
		}
		a.Segments = append(a.Segments, p.resource.asText())
	}
	return a
}

func literal(text string) []Part {
	if text == "" {
		return nil
	}
	return []Part{{Text: text}}
}

func (c *condition) clause() ClauseCondition {
	out := ClauseCondition{
		Operator: c.name, Key: c.key.name, Values: c.values, Negated: c.negated, Null: c.null,
		ForAll: c.set == forAllValues, ForAny: c.set == forAnyValue, IfExists: c.ifExists,
	}
	switch t := c.test.(type) {
	case textTest:
		out.Texts = t.asTexts()
	case foldTest:
		out.Operand, out.Texts = Folded, t.asTexts()
	case arnTest:
		out.Operand = ARNs
		for i := range t {
			out.ARNs = append(out.ARNs, t[i].asARN())
		}
	case boolTest:
		out.Operand, out.True, out.False = Truth, t.isTrue, t.isFalse
	case binaryTest:
		out.Operand = Bytes
		for _, value := range t.values {
			out.Texts = append(out.Texts, Text{Source: value, Parts: literal(value)})
		}
	default:
		out.Operand = Measure
	}
	out.Matches = func(value string) (matched, ok bool) {
		v := c.test.match(value, nil)
		return v == yes, v != undecidable
	}
	return out
}

func (t textTest) asTexts() []Text {
	all := make([]Text, len(t))
	for i := range t {
		all[i] = t[i].asText()
	}
	return all
}
