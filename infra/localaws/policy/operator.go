package policy

import (
	"errors"
	"fmt"
	"strings"
)

// verdict is what one condition says of a request. The zero verdict does not match.
type verdict uint8

const (
	no verdict = iota
	yes
	undecidable // keeps an Allow from applying and lets a Deny apply
)

func verdictOf(matched bool) verdict {
	if matched {
		return yes
	}
	return no
}

// test compares one value of the request with all values of the policy: yes where any of them matches.
type test interface {
	match(value string, ctx *Context) verdict
	// patterns calls f for each compiled value that may hold variables.
	patterns(f func(*pattern))
}

// set is how an operator treats a key with several values.
type set uint8

const (
	single       set = iota
	forAllValues     // every value of the request matches one of the policy's
	forAnyValue      // at least one does
)

// operator is a condition operator: IAM User Guide, "IAM JSON policy elements: Condition operators".
type operator struct {
	compile  func(values []string, variables bool) (test, error)
	negated  bool
	null     bool
	set      set
	ifExists bool
}

// operators has every operator without its prefix and suffix. ArnEquals and ArnLike behave identically.
// It is never written to.
var operators = map[string]operator{
	"StringEquals":              {compile: compileEquals},
	"StringNotEquals":           {compile: compileEquals, negated: true},
	"StringEqualsIgnoreCase":    {compile: compileEqualsFold},
	"StringNotEqualsIgnoreCase": {compile: compileEqualsFold, negated: true},
	"StringLike":                {compile: compileLike},
	"StringNotLike":             {compile: compileLike, negated: true},
	"NumericEquals":             {compile: numeric(equal)},
	"NumericNotEquals":          {compile: numeric(equal), negated: true},
	"NumericLessThan":           {compile: numeric(less)},
	"NumericLessThanEquals":     {compile: numeric(less | equal)},
	"NumericGreaterThan":        {compile: numeric(greater)},
	"NumericGreaterThanEquals":  {compile: numeric(greater | equal)},
	"DateEquals":                {compile: date(equal)},
	"DateNotEquals":             {compile: date(equal), negated: true},
	"DateLessThan":              {compile: date(less)},
	"DateLessThanEquals":        {compile: date(less | equal)},
	"DateGreaterThan":           {compile: date(greater)},
	"DateGreaterThanEquals":     {compile: date(greater | equal)},
	"Bool":                      {compile: compileBool},
	"BinaryEquals":              {compile: compileBinary},
	"IpAddress":                 {compile: compileAddress},
	"NotIpAddress":              {compile: compileAddress, negated: true},
	"ArnEquals":                 {compile: compileARNTest},
	"ArnLike":                   {compile: compileARNTest},
	"ArnNotEquals":              {compile: compileARNTest, negated: true},
	"ArnNotLike":                {compile: compileARNTest, negated: true},
	"Null":                      {compile: compileBool, null: true},
}

// parseOperator reads an operator with its prefix and suffix.
func parseOperator(name string) (operator, error) {
	var prefix set
	rest, ok := strings.CutPrefix(name, "ForAllValues:")
	if ok {
		prefix = forAllValues
	} else if rest, ok = strings.CutPrefix(name, "ForAnyValue:"); ok {
		prefix = forAnyValue
	}
	base, ifExists := strings.CutSuffix(rest, "IfExists")
	op, ok := operators[base]
	switch {
	case !ok:
		return op, fmt.Errorf("unknown condition operator %q", name)
	case op.null && ifExists:
		return op, errors.New("the operator Null cannot have the suffix IfExists")
	case op.null && prefix != single:
		// AWS takes it and always answers true or false: Access Analyzer, "Null with qualifier".
		return op, fmt.Errorf("%s cannot be told apart from no condition", name)
	}
	op.set, op.ifExists = prefix, ifExists
	return op, nil
}

// condition is one operator with one key.
type condition struct {
	operator
	element string // the operator and the key as written: "Condition StringEquals aws:PrincipalTag/TenantID"
	name    string // the operator as written
	key     conditionKey
	sameKey bool // as that of the condition before it
	test    test
	absent  verdict // on a key without values
	present verdict // of Null, on a key that has some

	values    []string // as written
	variables bool     // values have some
}

func compileCondition(name, key string, values []string, variables bool) (condition, error) {
	c := condition{element: "Condition " + name + " " + key, name: name, values: values}
	var err error
	if c.operator, err = parseOperator(name); err != nil {
		return c, err
	}
	if err := checkConditionKey(key); err != nil {
		return c, fmt.Errorf("condition %s: %w", name, err)
	}
	c.key = newConditionKey(key)
	if c.test, err = c.compile(values, variables); err != nil {
		return c, fmt.Errorf("condition %s %s: %w", name, key, err)
	}
	hasVariables := false
	c.test.patterns(func(p *pattern) { hasVariables = hasVariables || p.variables })
	c.variables, c.absent = hasVariables, c.onAbsent()
	if c.null {
		c.present = c.test.match("false", nil)
	}
	return c, nil
}

// evaluate is the verdict on e, which ctx has for c's key; nil: it has none. It follows IAM User Guide, "Creating a condition
// with multiple keys or values" and "Condition operators" (missing keys, IfExists, Null).
func (c *condition) evaluate(e *entry, ctx *Context) verdict {
	switch {
	case e == nil:
		return c.absent
	case e.undecidable():
		return undecidable
	case !e.multivalued():
		return c.onOne(e.one[0], ctx)
	}
	values := ctx.values(e)
	switch {
	case len(values) == 0:
		return c.absent
	case c.null:
		return c.present
	case len(values) == 1:
		return c.one(values[0], ctx)
	case c.set == forAllValues:
		return c.all(values, ctx)
	case c.set == forAnyValue:
		return c.any(values, ctx)
	}
	// "Multivalued condition keys require a set operator": AWS does not document which value counts.
	return undecidable
}

// onAbsent is the verdict on a key without values. ForAnyValue with IfExists is documented nowhere: IfExists decides.
func (c *condition) onAbsent() verdict {
	switch {
	case c.null:
		return c.test.match("true", nil)
	case c.ifExists:
		return yes
	case c.set == single:
		return verdictOf(c.negated)
	default:
		return verdictOf(c.set == forAllValues)
	}
}

// onOne is the verdict on a key that is not multivalued. Of the empty string it is that of an absent key for Null and for the set
// operators (see Context.Set). Only ForAnyValue with IfExists, which is documented for neither, must be true of the value as well.
func (c *condition) onOne(value string, ctx *Context) verdict {
	switch {
	case value == "" && c.set == forAnyValue && c.ifExists:
		if c.one(value, ctx) != yes {
			return undecidable
		}
		return c.absent
	case value == "" && (c.null || c.set != single):
		return c.absent
	case c.null:
		return c.present
	}
	return c.one(value, ctx)
}

func (c *condition) one(value string, ctx *Context) verdict {
	v := c.test.match(value, ctx)
	if c.negated && v != undecidable {
		return verdictOf(v == no)
	}
	return v
}

func (c *condition) all(values []string, ctx *Context) verdict {
	result := yes
	for _, value := range values {
		switch c.one(value, ctx) {
		case no:
			return no
		case undecidable:
			result = undecidable
		}
	}
	return result
}

func (c *condition) any(values []string, ctx *Context) verdict {
	result := no
	for _, value := range values {
		switch c.one(value, ctx) {
		case yes:
			return yes
		case undecidable:
			result = undecidable
		}
	}
	return result
}
