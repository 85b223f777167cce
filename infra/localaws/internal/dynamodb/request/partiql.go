package request

import (
	"strings"

	"github.com/alecthomas/participle/v2"
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

// statement is the head of any statement: it says everything but the keys.
type statement struct {
	Select *selectHead `parser:"(  'SELECT' @@"`
	Insert *nameParts  `parser:" | 'INSERT' 'INTO' @@"`
	Update *nameParts  `parser:" | 'UPDATE' @@"`
	Delete *nameParts  `parser:" | 'DELETE' 'FROM' @@ )"`
}

type selectHead struct {
	All   bool      `parser:"(  @'*'"`
	Paths []path    `parser:" | @@ (',' @@)* )"`
	From  nameParts `parser:"'FROM' @@"`
}

// nameParts is a table, or a table and an index.
type nameParts struct {
	Table partiqlName  `parser:"@@"`
	Index *partiqlName `parser:"('.' @@)?"`
}

type partiqlName struct {
	Quoted string `parser:"  @Quoted"`
	Ident  string `parser:"| @Ident"`
}

func (n *partiqlName) String() string {
	if n.Quoted != "" {
		return unquote(n.Quoted)
	}
	return n.Ident
}

// unquote takes off the quotes, and one of two that stand for one.
func unquote(s string) string {
	quote := s[:1]
	return strings.ReplaceAll(s[1:len(s)-1], quote+quote, quote)
}

// path is an attribute, or a part of one.
type path struct {
	Name partiqlName `parser:"@@"`
	Rest []pathStep  `parser:"@@*"`
}

type pathStep struct {
	Field *partiqlName `parser:"  '.' @@"`
	Index *string      `parser:"| '[' @Number ']'"`
}

// clauses stand behind the table of a SELECT or a DELETE, and behind what an UPDATE sets.
type clauses struct {
	Where     []term   `parser:"('WHERE' @@ ('AND' @@)*)?"`
	OrderBy   []path   `parser:"('ORDER' 'BY' @@ ('ASC'|'DESC')? (',' @@ ('ASC'|'DESC')?)*)?"`
	Returning []string `parser:"('RETURNING' @('ALL'|'MODIFIED') @('OLD'|'NEW') '*')?"`
}

// term is one of the conditions that all hold. Whatever may stand between them but AND, as OR, NOT and
// parentheses, is not in the grammar.
type term struct {
	Function *call     `parser:"(  @@"`
	Path     *path     `parser:" | @@"`
	Compare  *compare  `parser:"    (  @@"`
	In       []operand `parser:"     | 'IN' ( '[' @@ (',' @@)* ']' | '(' @@ (',' @@)* ')' )"`
	Between  []operand `parser:"     | 'BETWEEN' @@ 'AND' @@"`
	Is       bool      `parser:"     | @('IS' 'NOT'? ('MISSING'|'NULL')) ) )"`
}

type call struct {
	Name string    `parser:"@('BEGINS_WITH'|'CONTAINS'|'ATTRIBUTE_TYPE')"`
	Path path      `parser:"'(' @@"`
	Args []operand `parser:"(',' @@)* ')'"`
}

type compare struct {
	Op    string  `parser:"@('='|'<>'|'!='|'<='|'>='|'<'|'>')"`
	Value operand `parser:"@@"`
}

// operand is a literal or a parameter.
type operand struct {
	Pos    lexer.Position
	Param  bool         `parser:"  @'?'"`
	String *string      `parser:"| @String"`
	Number *string      `parser:"| @Number"`
	Word   *string      `parser:"| @('TRUE'|'FALSE'|'NULL'|'MISSING')"`
	List   *listLiteral `parser:"| @@"`
	Tuple  *tuple       `parser:"| @@"`
}

type listLiteral struct {
	Elems []operand `parser:"'[' (@@ (',' @@)*)? ']' | '<<' (@@ (',' @@)*)? '>>'"`
}

// tuple is the value of an INSERT.
type tuple struct {
	Fields []tupleField `parser:"'{' (@@ (',' @@)*)? '}'"`
}

type tupleField struct {
	Name  string  `parser:"@String ':'"`
	Value operand `parser:"@@"`
}

type insertClauses struct {
	Value tuple `parser:"'VALUE' @@"`
}

var (
	partiqlOptions = []participle.Option{
		participle.Lexer(partiqlLexer), participle.CaseInsensitive("Ident"), participle.UseLookahead(2),
	}
	statementParser = participle.MustBuild[statement](partiqlOptions...)
	clausesParser   = participle.MustBuild[clauses](partiqlOptions...)
	insertParser    = participle.MustBuild[insertClauses](partiqlOptions...)
)

// partiqlText is a statement, lexed. What is read from it, in one or two parts, is parsed once.
type partiqlText struct {
	tokens []lexer.Token // without white space
	end    lexer.Position
}

var partiqlSpace = partiqlLexer.Symbols()["Space"]

// lexPartiQL also bounds how deep the parser will recurse: what DynamoDB nests less deep than an item may be.
func lexPartiQL(text string) (*partiqlText, error) {
	lex, err := partiqlLexer.LexString("", text)
	if err != nil {
		return nil, errStatement()
	}
	t, depth := new(partiqlText), 0
	for {
		token, err := lex.Next()
		if err != nil {
			return nil, errStatement()
		}
		switch token.Value {
		case "(", "[", "{", "<<":
			depth++
		case ")", "]", "}", ">>":
			depth--
		}
		switch {
		case depth > attr.MaxNesting:
			return nil, errStatement()
		case token.EOF():
			t.end = token.Pos
			return t, nil
		case token.Type != partiqlSpace:
			t.tokens = append(t.tokens, token)
		}
	}
}

// head parses the head, and takes it off.
func (t *partiqlText) head() (*statement, error) {
	peeking, err := lexed.Peek(t.tokens, t.end)
	if err != nil {
		return nil, errStatement()
	}
	head, err := statementParser.ParseFromLexer(peeking, participle.AllowTrailing(true))
	if err != nil {
		return nil, errStatement()
	}
	t.tokens = t.tokens[peeking.Cursor():]
	return head, nil
}

// parseRest parses all that is left. It returns nil where that is outside of the grammar.
func parseRest[T any](t *partiqlText, parser *participle.Parser[T]) *T {
	peeking, err := lexed.Peek(t.tokens, t.end)
	if err != nil {
		return nil
	}
	rest, err := parser.ParseFromLexer(peeking)
	if err != nil {
		return nil
	}
	return rest
}

// parameters are the values of the question marks, by their offset in the statement.
type parameters map[int]attr.Value

// bind gives each question mark its value.
func (t *partiqlText) bind(values []attr.Value) (parameters, error) {
	params := parameters{}
	for i := range t.tokens {
		if t.tokens[i].Value != "?" {
			continue
		}
		if len(params) == len(values) {
			return nil, errParameters()
		}
		params[t.tokens[i].Pos.Offset] = values[len(params)]
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
	switch {
	case o.Param:
		v, ok := p[o.Pos.Offset]
		return v, ok
	case o.String != nil:
		return attr.String(unquote(*o.String)), true
	case o.Number != nil:
		v, err := attr.Number(*o.Number)
		return v, err == nil
	}
	return attr.Value{}, false
}
