package request

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/lexed"
)

// The part of PartiQL for DynamoDB that is read: enough to say which action a statement is, on which
// table or index, and which partitions it names. What stands behind the table is read on its own, so
// that a clause outside of this grammar makes the keys unknown, while the table stays known.
//
// It has no comments and no lone minus: text that AWS might read as a comment is refused.
var partiqlLexer = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "Space", Pattern: `\s+`},
	{Name: "String", Pattern: `'(?:[^']|'')*'`},
	{Name: "Quoted", Pattern: `"(?:[^"]|"")+"`},
	{Name: "Number", Pattern: `-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?`},
	{Name: "Ident", Pattern: `[A-Za-z_$][A-Za-z0-9_$]*`},
	{Name: "Punct", Pattern: `<<|>>|<=|>=|<>|!=|\|\||[?*,.=<>+()\[\]{}:]`},
})

// statement is the head of any statement: it says everything but the keys. One of its members is set.
type statement struct {
	Select                 *selectHead
	Insert, Update, Delete *nameParts
}

type selectHead struct {
	All   bool
	Paths []path
	From  nameParts
}

// nameParts is a table, or a table and an index.
type nameParts struct {
	Table, Index string // no Index: ""
}

// path is an attribute, or a part of one.
type path struct {
	Name   string
	Nested bool
}

// clauses stand behind the table of a SELECT or a DELETE, and behind what an UPDATE sets.
type clauses struct {
	Where     []term
	OrderBy   []path
	Returning string // as ReturnValues would be; no RETURNING: ""
}

// term is one of the conditions that all hold. Whatever may stand between them but AND, as OR, NOT and parentheses, is
// not in the grammar.
type term struct {
	Path path
	// Equal is set where the path is compared by = or IN: to one of Values.
	Equal  bool
	Values []operand
}

// operand is a literal or a parameter.
type operand struct {
	Kind   operandKind
	Text   string // of a string or a number, as it is written
	Offset int    // of a parameter
}

type operandKind uint8

const (
	operandOther operandKind = iota // no key can have such a value
	operandParameter
	operandString
	operandNumber
)

// tupleField is one attribute of an INSERT.
type tupleField struct {
	Name  string
	Value operand
}

var partiqlSpace = partiqlLexer.Symbols()["Space"]

// lexPartiQL also bounds how deep the parser will recurse: nothing nests deeper than an item may.
func lexPartiQL(text string) (*partiqlReader, error) {
	tokens, depth := make([]lexed.Token, 0, 1+len(text)/2), 0
	err := lexed.Lex(partiqlLexer, text, func(token lexed.Token) error {
		switch token.Value {
		case "(", "[", "{", "<<":
			depth++
		case ")", "]", "}", ">>":
			depth--
		}
		if depth > attr.MaxNesting {
			return errStatement()
		}
		if token.Type != partiqlSpace {
			tokens = append(tokens, token)
		}
		return nil
	})
	if err != nil {
		return nil, errStatement()
	}
	return &partiqlReader{tokens, lexed.NewCursor(tokens, text)}, nil
}

// parameters are the values of the question marks, by their offset in the statement.
type parameters map[int]attr.Value

// bind gives each question mark its value.
func (t *partiqlReader) bind(values []attr.Value) (parameters, error) {
	params := parameters{}
	for i := range t.tokens {
		if t.tokens[i].Value != "?" {
			continue
		}
		if len(params) == len(values) {
			return nil, errParameters()
		}
		params[int(t.tokens[i].Offset)] = values[len(params)]
	}
	if len(params) != len(values) {
		return nil, errParameters()
	}
	return params, nil
}

func errStatement() error {
	return exception.Validation("Statement wasn't well formed, can't be processed")
}

func errParameters() error {
	return exception.Validation("Number of parameters in request and statement don't match.")
}

// value is an operand of a type that a key can have.
func (p parameters) value(o operand) (attr.Value, bool) {
	switch o.Kind {
	case operandParameter:
		v, ok := p[o.Offset]
		return v, ok
	case operandString:
		return attr.String(unquote(o.Text)), true
	case operandNumber:
		v, err := attr.Number(o.Text)
		return v, err == nil
	}
	return attr.Value{}, false
}

// unquote takes off the quotes, and one of two that stand for one.
func unquote(s string) string {
	quote := s[:1]
	return strings.ReplaceAll(s[1:len(s)-1], quote+quote, quote)
}
