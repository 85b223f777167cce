package policy

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// MalformedError says why a document was refused, and where; AWS calls it MalformedPolicyDocument.
type MalformedError struct {
	Reason string
	// Position is where the element begins that is at fault, or where the JSON breaks off. It is zero where
	// the whole document is at fault.
	Position Position
}

// Error returns position and reason.
func (e *MalformedError) Error() string {
	if e.Position == (Position{}) {
		return e.Reason
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Position.Line, e.Position.Column, e.Reason)
}

// fault is an error with the offset, in bytes, of the element that is at fault.
type fault struct {
	error
	at int
}

func (f *fault) Unwrap() error { return f.error }

// place adds a position to err, unless an error within err has one already: that is nearer to the fault.
func place(at int, err error) error {
	if _, placed := errors.AsType[*fault](err); placed || err == nil {
		return err
	}
	return &fault{err, at}
}

func malformed(document []byte, err error) *MalformedError {
	e := &MalformedError{Reason: err.Error()}
	f, placed := errors.AsType[*fault](err)
	if !placed {
		return e
	}
	at := f.at
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at, e.Reason = int(syntax.ByteOffset), "the document is not valid JSON: "+syntax.Err.Error()
	} else if errors.Is(err, io.EOF) {
		e.Reason = "the document is empty: unexpected EOF"
	}
	there := newPlaces(document)
	e.Position = there.of(min(at, len(document)))
	return e
}

// name is how errors call a statement: by its number, from 0, and its Sid.
func (raw *rawStatement) name(index int) string {
	return strings.TrimSpace(fmt.Sprintf("statement %d %s", index, raw.sid.text))
}

func (raw *rawStatement) badEffect() error {
	if raw.effect == (word{}) {
		return errors.New("needs an Effect, either Allow or Deny")
	}
	return place(raw.effect.at, fmt.Errorf("Effect is %q, neither Allow nor Deny", raw.effect.text))
}

// faultOf is the place of the part of a condition that does not compile: its operator, its key or a value.
func faultOf(operator word, m member, variables bool) int {
	op, err := parseOperator(operator.text)
	if err != nil {
		return operator.at
	}
	if checkConditionKey(m.name.text) != nil {
		return m.name.at
	}
	for _, w := range m.values {
		if _, err := op.compile([]string{w.text}, variables); err != nil {
			return w.at
		}
	}
	return m.name.at
}
