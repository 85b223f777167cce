package expr

import "github.com/alecthomas/participle/v2/lexer"

// The tree of an expression. One grammar holds conditions and the values of SET, so that "(" never has to be tried twice:
// what may stand where is checked while the tree is read. At and End are offsets in the source; End is that of the token
// behind the node.

// orNode is terms between OR.
type orNode struct {
	At    int
	Terms []*andNode
}

// andNode is terms between AND.
type andNode struct {
	At    int
	Terms []*notNode
}

type notNode struct {
	At   int
	Nots int // how many NOT stand before
	Test *testNode
}

// testNode is a comparison, a sum, or (without any operator) a function or something in parentheses.
type testNode struct {
	Left  *operandNode
	Op    string         // a comparator or a sign, with
	Right *operandNode   // what stands behind it
	Lower *operandNode   // BETWEEN
	Upper *operandNode   // AND
	In    []*operandNode // IN ( ... )
}

// operandNode is one of a placeholder of a value, a function or path, and something in parentheses.
type operandNode struct {
	At    int
	Value string
	Ref   *refNode
	Group *orNode
	End   int
}

// refNode is a function with its arguments, or a document path.
type refNode struct {
	At    int
	Head  string
	Args  []*operandNode
	Steps []stepNode
}

type pathNode struct {
	Head  string
	Steps []stepNode
}

// stepNode is a name or an index.
type stepNode struct{ Name, Index string }

type projectionNode struct{ Paths []*pathNode }

type updateNode struct{ Sections []*sectionNode }

// sectionNode is a clause of an update: one of the four.
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
	typeValue      = definition.Symbols()["Value"]
	typeName       = definition.Symbols()["Name"]
	typeIndex      = definition.Symbols()["Index"]
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
