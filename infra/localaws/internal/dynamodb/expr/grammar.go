package expr

import "github.com/alecthomas/participle/v2/lexer"

// One grammar holds conditions and the values of SET, so that "(" never has to be tried twice: what may
// stand where is checked while the tree is read. NOT is a loop, and nesting is bounded before parsing.

type orNode struct {
	Pos   int // offset
	Terms []*andNode
}

type andNode struct {
	Pos   int // offset
	Terms []*notNode
}

type notNode struct {
	Pos  int // offset
	Nots int // how many
	Test *testNode
}

// testNode is a comparison, a sum, or (without any operator) a function or something in parentheses.
type testNode struct {
	Left  *operandNode
	Op    string
	Right *operandNode
	Lower *operandNode
	Upper *operandNode
	In    []*operandNode
}

type operandNode struct {
	Pos    int // offset
	Value  string
	Ref    *refNode
	Group  *orNode
	EndPos int // offset
}

// refNode is a function with its arguments, or a document path.
type refNode struct {
	Pos   int // offset
	Head  string
	Args  []*operandNode
	Steps []stepNode
}

type pathNode struct {
	Head  string
	Steps []stepNode
}

type stepNode struct {
	Name  string
	Index string
}

type projectionNode struct {
	Paths []*pathNode
}

type updateNode struct {
	Sections []*sectionNode
}

type sectionNode struct {
	Set    []*assignNode
	Remove []*pathNode
	Add    []*deltaNode
	Delete []*deltaNode
}

type assignNode struct {
	Target *pathNode
	Value  *testNode
}

type deltaNode struct {
	Target *pathNode
	Value  string
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

// bare returns the operand that is all there is in n, or nil.
func (n *orNode) bare() *operandNode {
	if len(n.Terms) != 1 || len(n.Terms[0].Terms) != 1 {
		return nil
	}
	not := n.Terms[0].Terms[0]
	if not.Nots > 0 || !not.Test.bare() {
		return nil
	}
	return not.Test.Left
}

func (n *testNode) bare() bool { return n.Op == "" && n.Lower == nil && n.In == nil }

// firstOperand returns the leftmost operand of n.
func (n *orNode) firstOperand() *operandNode { return n.Terms[0].Terms[0].Test.Left }
