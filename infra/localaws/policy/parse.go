package policy

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Limits of a document, in characters: IAM User Guide, "IAM and AWS STS quotas". White space does not
// count, but for the limit of the API parameter.
const (
	maxParameter = 131072 // IAM API reference, PolicyDocument
	maxIdentity  = 10240  // a role's inline policies together; a managed policy has 6,144
	maxResource  = 20480  // an S3 bucket's
	maxTrust     = 2048   // the default quota, adjustable to 4,096
	maxKey       = 32768  // KMS Developer Guide, "Resource quotas": key policy document size
)

// rules are what the documents of one kind are held to.
type rules struct {
	limit      int  // characters without white space; 0: none
	unbounded  bool // it comes in no parameter of the API
	trust      bool // has Principal, no Resource, and actions of sts alone
	resource   bool // has Principal and Resource, and may have NotPrincipal
	awsWritten bool // a variable may stand before an ARN's resource part
}

// kinds has the rules of each kind. It is never written to.
var kinds = map[Kind]rules{
	Identity:          {limit: maxIdentity},
	Trust:             {limit: maxTrust, trust: true},
	Resource:          {limit: maxResource, resource: true},
	Key:               {limit: maxKey, resource: true},
	AWSManaged:        {unbounded: true, awsWritten: true},
	Simulated:         {},
	SimulatedResource: {resource: true},
}

// Parse compiles document, or returns a *MalformedError. A document that only misses IAM's size limits is
// refused in the same way.
func Parse(document []byte, kind Kind) (*Policy, error) {
	p, err := parse(document, kind)
	if err != nil {
		return nil, malformed(document, err)
	}
	return p, nil
}

func parse(document []byte, kind Kind) (*Policy, error) {
	rules, known := kinds[kind]
	if !known {
		return nil, fmt.Errorf("unknown kind %d", kind)
	}
	if err := rules.checkSize(document); err != nil {
		return nil, err
	}
	doc := rawDocument{rules: rules, reader: newReader(document), places: newPlaces(document)}
	if err := doc.read(); err != nil {
		return nil, place(doc.at, err)
	}
	return doc.compile()
}

// checkSize also holds the characters to those of a policy document: "horizontal tab (U+0009), linefeed
// (U+000A), carriage return (U+000D), and characters in the range U+0020 to U+00FF".
func (k rules) checkSize(document []byte) error {
	if !k.unbounded && utf8.RuneCount(document) > maxParameter {
		return fmt.Errorf("the document has more than %d characters", maxParameter)
	}
	size := 0
	var excess *fault // at the first character beyond the limit
	for at := 0; at < len(document); {
		r, width := utf8.DecodeRune(document[at:])
		if r == '\ufeff' && at == 0 {
			return place(at, errors.New("the document begins with a byte order mark (BOM): save it as UTF-8 without one"))
		}
		if r > 0xFF || r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return place(at, errors.New("the document has an invalid character"))
		}
		if !unicode.IsSpace(r) {
			size++
		}
		if k.limit > 0 && size == k.limit+1 && excess == nil {
			excess = &fault{at: at}
		}
		at += width
	}
	if excess != nil {
		excess.error = fmt.Errorf("the document has %d characters without white space, more than %d", size, k.limit)
		return excess
	}
	return nil
}

// rawDocument is a document as read; the Version may stand after the statements that it rules.
type rawDocument struct {
	*reader
	places     places
	rules      rules
	version    string
	statements []rawStatement
}

func (d *rawDocument) read() error {
	err := d.object("the document", func(name word) error {
		switch {
		case name.text == "Version":
			version, err := d.text(name.text)
			if d.version = version.text; err == nil && d.version != "2008-10-17" && d.version != "2012-10-17" {
				return fmt.Errorf("unknown Version %q", d.version)
			}
			return err
		case name.text == "Id" && (d.rules.trust || d.rules.resource):
			// "The id_block is allowed in resource-based policies, but not in identity-based policies."
			_, err := d.text(name.text)
			return err
		case name.text == "Statement":
			return d.list(name.text, d.readStatement)
		}
		return fmt.Errorf("unknown element %q", name.text)
	})
	if err != nil {
		return err
	}
	if len(d.statements) == 0 {
		return errors.New("the document has no Statement")
	}
	return d.end()
}

// rawStatement is a statement as read. An element that is absent is nil.
type rawStatement struct {
	at                                      int // offset of its brace
	sid, effect                             word
	action, notAction, resource, noResource []word
	principal, notPrincipal                 []member
	hasPrincipal                            bool
	condition                               []rawCondition
	start, end, brace                       Position
}

type rawCondition struct {
	operator word
	keys     []member
}

func (d *rawDocument) readStatement() error {
	s := rawStatement{at: d.start(), start: d.statementStart()}
	s.brace = d.places.of(s.at)
	err := d.object("Statement", func(name word) error { return d.readElement(&s, name.text) })
	if err != nil {
		return fmt.Errorf("statement %d: %w", len(d.statements), err)
	}
	s.end = d.places.of(int(d.dec.InputOffset()))
	d.statements = append(d.statements, s)
	return nil
}

func (d *rawDocument) readElement(s *rawStatement, name string) (err error) {
	switch name {
	case "Sid":
		s.sid, err = d.text(name)
	case "Effect":
		s.effect, err = d.text(name)
	case "Action":
		s.action, err = d.texts(name)
	case "NotAction":
		s.notAction, err = d.texts(name)
	case "Resource":
		s.resource, err = d.texts(name)
	case "NotResource":
		s.noResource, err = d.texts(name)
	case "Principal":
		s.hasPrincipal = true
		s.principal, err = d.principals(name)
	case "NotPrincipal":
		if !d.rules.resource {
			// "You cannot use the NotPrincipal element in an IAM identity-based policy or in an IAM role trust policy."
			return fmt.Errorf("unknown element %q", name)
		}
		s.notPrincipal, err = d.principals(name)
	case "Condition":
		err = d.object(name, func(operator word) error {
			keys, err := d.members(operator.text, d.scalars)
			s.condition = append(s.condition, rawCondition{operator, keys})
			return err
		})
	default:
		err = fmt.Errorf("unknown element %q", name)
	}
	return err
}

// principals reads the element Principal or NotPrincipal; the text "*" is for resource-based policies alone.
func (d *rawDocument) principals(name string) ([]member, error) {
	if d.dec.PeekKind() != '"' {
		return d.members(name, d.texts)
	}
	text, err := d.text(name)
	if err == nil && (!d.rules.resource || text.text != "*") {
		// IAM, of a role: AssumeRolepolicy contained an invalid principal: "STAR":"*". Access Analyzer: "Role
		// trust policy unsupported wildcard in principal".
		err = fmt.Errorf(`the element %s must be an object, such as {"AWS": "*"}`, name)
	}
	return []member{{word{"AWS", text.at}, []word{text}}}, err
}

func (d *rawDocument) compile() (*Policy, error) {
	p := &Policy{statements: make([]statement, 0, len(d.statements))}
	sids := map[string]bool{}
	for i := range d.statements {
		raw := &d.statements[i]
		s, err := raw.compile(d.rules, d.version == "2012-10-17")
		if err == nil && raw.sid.text != "" && sids[raw.sid.text] {
			err = place(raw.sid.at, errors.New("another statement has the same Sid"))
		}
		if err != nil {
			return nil, place(raw.at, fmt.Errorf("%s: %w", raw.name(i), err))
		}
		sids[raw.sid.text] = true
		s.index = i
		p.statements = append(p.statements, s)
	}
	p.index = newIndex(p.statements)
	return p, nil
}
