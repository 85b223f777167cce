package expr

import (
	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// One grammar holds conditions and the values of SET, so that "(" never has to be tried twice: what may
// stand where is checked while the tree is read. NOT is a loop, and nesting is bounded before parsing.

type orNode struct {
	Pos   lexer.Position
	Terms []*andNode `parser:"@@ ( 'OR' @@ )*"`
}

type andNode struct {
	Pos   lexer.Position
	Terms []*notNode `parser:"@@ ( 'AND' @@ )*"`
}

type notNode struct {
	Pos  lexer.Position
	Nots []string  `parser:"@'NOT'*"`
	Test *testNode `parser:"@@"`
}

// testNode is a comparison, a sum, or (without any operator) a function or something in parentheses.
type testNode struct {
	Left  *operandNode   `parser:"@@"`
	Op    string         `parser:"( @( Comparator | Sign )"`
	Right *operandNode   `parser:"  @@"`
	Lower *operandNode   `parser:"| 'BETWEEN' @@"`
	Upper *operandNode   `parser:"  'AND' @@"`
	In    []*operandNode `parser:"| 'IN' '(' @@ ( ',' @@ )* ')' )?"`
}

type operandNode struct {
	Pos    lexer.Position
	Value  string   `parser:"( @Value"`
	Ref    *refNode `parser:"| @@"`
	Group  *orNode  `parser:"| '(' @@ ')' )"`
	EndPos lexer.Position
}

// refNode is a function with its arguments, or a document path.
type refNode struct {
	Pos   lexer.Position
	Head  string         `parser:"@( Ident | Name )"`
	Args  []*operandNode `parser:"( '(' @@ ( ',' @@ )* ')'"`
	Steps []*stepNode    `parser:"| @@+ )?"`
}

type pathNode struct {
	Head  string      `parser:"@( Ident | Name )"`
	Steps []*stepNode `parser:"@@*"`
}

type stepNode struct {
	Name  string `parser:"( '.' @( Ident | Name )"`
	Index string `parser:"| '[' @Index ']' )"`
}

type projectionNode struct {
	Paths []*pathNode `parser:"@@ ( ',' @@ )*"`
}

type updateNode struct {
	Sections []*sectionNode `parser:"@@+"`
}

type sectionNode struct {
	Set    []*assignNode `parser:"( 'SET' @@ ( ',' @@ )*"`
	Remove []*pathNode   `parser:"| 'REMOVE' @@ ( ',' @@ )*"`
	Add    []*deltaNode  `parser:"| 'ADD' @@ ( ',' @@ )*"`
	Delete []*deltaNode  `parser:"| 'DELETE' @@ ( ',' @@ )* )"`
}

type assignNode struct {
	Target *pathNode `parser:"@@ '='"`
	Value  *testNode `parser:"@@"`
}

type deltaNode struct {
	Target *pathNode `parser:"@@"`
	Value  string    `parser:"@Value"`
}

// definition's last rule takes whatever else there is, one character at a time: the grammar never
// accepts it, and the message names it.
var definition = lexer.MustSimple([]lexer.SimpleRule{
	{Name: "Space", Pattern: `[ \t\r\n]+`},
	{Name: "Keyword", Pattern: `(?i:AND|OR|NOT|BETWEEN|IN|SET|REMOVE|ADD|DELETE)\b`},
	{Name: "Ident", Pattern: `[A-Za-z][A-Za-z0-9_]*`},
	{Name: "Comparator", Pattern: `<>|<=|>=|=|<|>`},
	{Name: "Value", Pattern: `:[A-Za-z0-9_]+`},
	{Name: "Name", Pattern: `#[A-Za-z0-9_]+`},
	{Name: "Sign", Pattern: `[+-]`},
	{Name: "Punct", Pattern: `[().,\[\]]`},
	{Name: "Index", Pattern: `0|[1-9][0-9]*`},
	{Name: "Other", Pattern: `(?s:.)`},
})

var (
	typeSpace      = definition.Symbols()["Space"]
	typeKeyword    = definition.Symbols()["Keyword"]
	typeIdent      = definition.Symbols()["Ident"]
	typeComparator = definition.Symbols()["Comparator"]
	typeSign       = definition.Symbols()["Sign"]
	typeOther      = definition.Symbols()["Other"]
)

// build commits to a branch with its first token (the grammar is LL(1)): errors name the right token, and
// nothing is parsed twice.
func build[T any]() *participle.Parser[T] {
	return participle.MustBuild[T](participle.Lexer(definition), participle.CaseInsensitive("Keyword"), participle.UseLookahead(0))
}

var (
	conditionParser  = build[orNode]()
	projectionParser = build[projectionNode]()
	updateParser     = build[updateNode]()
)

// bare returns the operand that is all there is in n, or nil.
func (n *orNode) bare() *operandNode {
	if len(n.Terms) != 1 || len(n.Terms[0].Terms) != 1 {
		return nil
	}
	not := n.Terms[0].Terms[0]
	if len(not.Nots) > 0 || !not.Test.bare() {
		return nil
	}
	return not.Test.Left
}

func (n *testNode) bare() bool { return n.Op == "" && n.Lower == nil && n.In == nil }

// firstOperand returns the leftmost operand of n.
func (n *orNode) firstOperand() *operandNode { return n.Terms[0].Terms[0].Test.Left }
