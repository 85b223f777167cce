package request

import (
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
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

// statement is any statement; its head says everything but the keys.
type statement struct {
	Select *selectHead `parser:"(  'SELECT' @@"`
	Insert *nameParts  `parser:" | 'INSERT' 'INTO' @@"`
	Update *nameParts  `parser:" | 'UPDATE' @@"`
	Delete *nameParts  `parser:" | 'DELETE' 'FROM' @@ )"`
	Rest   []restToken `parser:"@@*"`
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

type restToken struct {
	Pos  lexer.Position
	Text string `parser:"@(String|Quoted|Number|Ident|Punct)"`
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
		participle.Lexer(partiqlLexer), participle.Elide("Space"), participle.CaseInsensitive("Ident"), participle.UseLookahead(2),
	}
	statementParser = participle.MustBuild[statement](partiqlOptions...)
	clausesParser   = participle.MustBuild[clauses](partiqlOptions...)
	insertParser    = participle.MustBuild[insertClauses](partiqlOptions...)
)

// parameters are the values of the question marks, by their offset in the statement.
type parameters map[int]attr.Value

// bind gives each question mark its value.
func bind(text string, values []attr.Value) (parameters, error) {
	lex, err := partiqlLexer.LexString("", text)
	if err != nil {
		return nil, errStatement()
	}
	tokens, err := lexer.ConsumeAll(lex)
	if err != nil {
		return nil, errStatement()
	}
	params := parameters{}
	for _, t := range tokens {
		if t.Value != "?" {
			continue
		}
		if len(params) == len(values) {
			return nil, errParameters()
		}
		params[t.Pos.Offset] = values[len(params)]
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

// value is an operand of a type that a key can have, in a text that starts at offset in the statement.
func (p parameters) value(o operand, offset int) (attr.Value, bool) {
	switch {
	case o.Param:
		v, ok := p[offset+o.Pos.Offset]
		return v, ok
	case o.String != nil:
		return attr.String(unquote(*o.String)), true
	case o.Number != nil:
		v, err := attr.Number(*o.Number)
		return v, err == nil
	}
	return attr.Value{}, false
}
