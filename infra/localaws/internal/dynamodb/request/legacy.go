package request

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
)

// unsupported is the answer to parameters that were read and authorized, but that the store does not support.
func unsupported(parameter, instead string) error {
	return exception.Validation("%s is not supported by this store: use %s", parameter, instead)
}

// parameter is a parameter of a request that may be absent. Those of an operation stand in the order in which AWS names
// them.
type parameter struct {
	name  string
	given bool
}

const (
	projectionExpression = "ProjectionExpression"
	conditionalOperator  = "ConditionalOperator"
)

// present are the names of those that are there, nil: none.
func present(parameters []parameter) []string {
	var names []string
	for _, p := range parameters {
		if p.given {
			names = append(names, p.name)
		}
	}
	return names
}

// areWords is "A is", or "A and B are".
func areWords(parameters []parameter) string {
	names := make([]string, len(parameters))
	for i, p := range parameters {
		names[i] = p.name
	}
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, " and ") + " are"
}

// notBoth refuses a request that has parameters of the API before expressions beside expressions. There an empty one
// counts, as the tests of dynalite have it from AWS; alone it is as if it were absent.
func notBoth(legacy, expressions []parameter) error {
	old, new := present(legacy), present(expressions)
	if old == nil || new == nil {
		return nil
	}
	return exception.Validation("Can not use both expression and non-expression parameters in the same request: "+
		"Non-expression parameters: {%s} Expression parameters: {%s}", strings.Join(old, ", "), strings.Join(new, ", "))
}

// joins refuses a ConditionalOperator that has no conditions to join.
func joins(operator string, conditions int) error {
	switch {
	case operator == "" || conditions > 1:
		return oneOf("conditionalOperator", operator, "OR", "AND")
	case conditions == 0:
		return exception.Validation("ConditionalOperator cannot be used without Filter or Expected")
	}
	return exception.Validation("ConditionalOperator can only be used when Filter or Expected has two or more elements")
}

// expressions are those that the write may have.
func (c *Change) expressions(in *writeInput) []parameter {
	condition := parameter{string(expr.ConditionExpression), in.ConditionExpression != nil}
	if c.Kind != "UpdateItem" {
		return []parameter{condition}
	}
	return []parameter{{"UpdateExpression", in.UpdateExpression != nil}, condition}
}

// readLegacy notes the attributes in AttributeUpdates and Expected, which the store has not.
func (c *Change) readLegacy(in *writeInput, a *access) error {
	legacy := []parameter{{"Expected", in.Expected != nil}, {conditionalOperator, in.ConditionalOperator != ""}}
	updates := in.AttributeUpdates
	if c.Kind == "UpdateItem" {
		legacy = append([]parameter{{"AttributeUpdates", updates != nil}}, legacy...)
	} else {
		updates = nil
	}
	if err := notBoth(legacy, c.expressions(in)); err != nil {
		return err
	}
	if err := joins(in.ConditionalOperator, len(in.Expected)); err != nil {
		return err
	}
	a.names(slices.Collect(maps.Keys(updates))...)
	a.names(slices.Collect(maps.Keys(in.Expected))...)
	switch {
	case len(updates) > 0:
		c.Unsupported = unsupported("AttributeUpdates", "UpdateExpression")
	case len(in.Expected) > 0:
		c.Unsupported = unsupported("Expected", "ConditionExpression")
	}
	return nil
}

// readProjection reads a projection from either of the parameters that hold one.
func readProjection(p *expr.Placeholders, expression *string, attributesToGet []string) (*expr.Projection, error) {
	err := notBoth([]parameter{{"AttributesToGet", attributesToGet != nil}}, []parameter{{projectionExpression, expression != nil}})
	switch {
	case err != nil:
		return nil, err
	case expression != nil:
		return expr.ParseProjection(*expression, p)
	case attributesToGet != nil:
		return projectNames(attributesToGet)
	}
	return nil, nil
}

// projectNames is the projection of AttributesToGet, which names top-level attributes as they are.
func projectNames(names []string) (*expr.Projection, error) {
	if len(names) == 0 {
		return nil, exception.Constraint("'[]'", "attributesToGet", "Member must have length greater than or equal to 1")
	}
	aliases, terms := make(map[string]string, len(names)), make([]string, len(names))
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		if seen[name] {
			return nil, exception.Validation("One or more parameter values were invalid: Duplicate value in attribute name: %s", name)
		}
		seen[name] = true
		terms[i] = "#a" + strconv.Itoa(i)
		aliases[terms[i]] = name
	}
	p, err := expr.NewPlaceholders(aliases, nil)
	if err != nil {
		return nil, err
	}
	return expr.ParseProjection(strings.Join(terms, ", "), p)
}

// legacyCondition is an entry of KeyConditions.
type legacyCondition struct {
	ComparisonOperator string
	AttributeValueList awsjson.List[attr.Value, operands]
}

// legacyOps are the operators that KeyConditions may use; each but BETWEEN takes one value.
var legacyOps = map[string]expr.Op{
	"EQ": expr.Equal, "LT": expr.Less, "LE": expr.LessOrEqual, "GT": expr.Greater, "GE": expr.GreaterOrEqual,
	"BETWEEN": expr.Between, "BEGINS_WITH": expr.BeginsWith,
}

// readKeyConditions turns KeyConditions into the terms of a KeyConditionExpression.
func readKeyConditions(conditions map[string]legacyCondition) ([]expr.KeyTerm, error) {
	if len(conditions) < 1 || len(conditions) > 2 {
		return nil, exception.Validation("Conditions can be of length 1 or 2 only")
	}
	var terms []expr.KeyTerm
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		c := conditions[name]
		op, ok := legacyOps[c.ComparisonOperator]
		if !ok {
			return nil, exception.Validation("Attempted conditional constraint is not an indexable operation")
		}
		want := 1
		if op == expr.Between {
			want = 2
		}
		if len(c.AttributeValueList) != want {
			return nil, exception.Validation("One or more parameter values were invalid: "+
				"Invalid number of argument(s) for the %s ComparisonOperator", c.ComparisonOperator)
		}
		terms = append(terms, expr.KeyTerm{Attribute: name, Op: op, Values: c.AttributeValueList})
	}
	return terms, nil
}
