package expr

import "example.com/shiptrack/infra/localaws/internal/dynamodb/attr"

// Op is a comparison in a key condition.
type Op uint8

// The comparisons that a key condition may use.
const (
	Equal Op = iota
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	Between    // Values: lower and upper bound, both included
	BeginsWith // Values: the prefix
)

// KeyTerm is one comparison of a key condition. The attribute stands on its left, whatever the source says.
type KeyTerm struct {
	Attribute string
	Op        Op
	Values    []attr.Value // two for Between, else one
}

// ParseKeyCondition returns every term of a KeyConditionExpression, all of which must hold, in the order
// of the source. Several terms on one attribute are refused, and so is whatever is not a comparison of a
// top-level attribute with values. Which attributes are keys, of which type, is the caller's to check.
func ParseKeyCondition(src string, p *Placeholders) ([]KeyTerm, error) {
	s := newScope("KeyConditionExpression", src, p)
	root, err := parse(s, conditionParser)
	if err != nil {
		return nil, err
	}
	pred, err := s.or(root)
	if err != nil {
		return nil, err
	}
	terms, err := keyTerms(pred, nil)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, term := range terms {
		if seen[term.Attribute] {
			return nil, attr.Invalidf("KeyConditionExpressions must only contain one condition per key")
		}
		seen[term.Attribute] = true
	}
	return terms, nil
}

func keyTerms(pred predicate, terms []KeyTerm) ([]KeyTerm, error) {
	var term KeyTerm
	var err error
	switch c := pred.(type) {
	case allOf:
		for _, each := range c {
			if terms, err = keyTerms(each, terms); err != nil {
				return nil, err
			}
		}
		return terms, nil
	case compare:
		term, err = keyComparison(c)
	case between:
		term, err = keyTerm("BETWEEN", Between, c.of, c.lower, c.upper)
	case startsWith:
		term, err = keyTerm("begins_with", BeginsWith, c.of, c.prefix)
	default:
		err = attr.Invalidf("Invalid operator used in KeyConditionExpression: %s", operatorName(pred))
	}
	if err != nil {
		return nil, err
	}
	return append(terms, term), nil
}

func operatorName(pred predicate) string {
	switch c := pred.(type) {
	case anyOf:
		return "OR"
	case not:
		if _, ok := c.of.(exists); ok {
			return "attribute_not_exists"
		}
		return "NOT"
	case oneOf:
		return "IN"
	case exists:
		return "attribute_exists"
	case hasType:
		return "attribute_type"
	}
	return "contains"
}

// keyOps holds the comparison of an attribute with a value, and its mirror image.
var keyOps = map[string][2]Op{
	"=":  {Equal, Equal},
	"<":  {Less, Greater},
	"<=": {LessOrEqual, GreaterOrEqual},
	">":  {Greater, Less},
	">=": {GreaterOrEqual, LessOrEqual},
}

func keyComparison(c compare) (KeyTerm, error) {
	ops, ok := keyOps[c.op]
	if !ok {
		return KeyTerm{}, attr.Invalidf("Invalid operator used in KeyConditionExpression: %s", c.op)
	}
	if _, ok := c.right.(path); ok {
		if _, ok := c.left.(literal); ok {
			return keyTerm(c.op, ops[1], c.right, c.left)
		}
	}
	return keyTerm(c.op, ops[0], c.left, c.right)
}

func keyTerm(operator string, op Op, first operand, rest ...operand) (KeyTerm, error) {
	term := KeyTerm{Op: op}
	paths := 0
	for _, o := range append([]operand{first}, rest...) {
		switch o := o.(type) {
		case size:
			return term, attr.Invalidf("KeyConditionExpressions cannot contain nested operations")
		case path:
			if paths++; len(o) > 1 {
				return term, attr.Invalidf("KeyConditionExpressions cannot have conditions on nested attributes")
			}
			term.Attribute = o[0].name
		case literal:
			term.Values = append(term.Values, o.v)
		}
	}
	_, leads := first.(path)
	switch {
	case paths == 0:
		return term, attr.Invalidf("Invalid condition in KeyConditionExpression: No key attribute specified")
	case paths > 1:
		return term, attr.Invalidf("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
	case !leads:
		return term, attr.Invalidf("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", operator)
	}
	return term, nil
}
