// Package expr parses and evaluates DynamoDB's expressions: key conditions, projections, conditions
// (filters too) and updates. It refuses what DynamoDB refuses, in its words, as an *attr.Error.
package expr

import "example.com/shiptrack/infra/localaws/dynamodb/attr"

// Placeholders are the ExpressionAttributeNames and ExpressionAttributeValues of one request. The
// parsers note which are used, over all expressions of the request. One goroutine at a time.
type Placeholders struct{}

// NewPlaceholders checks the names of both maps. A nil map stands for an absent parameter; an empty one is
// refused.
func NewPlaceholders(names map[string]string, values map[string]attr.Value) (*Placeholders, error) {
	return nil, errUnwritten
}

// Unused refuses a name or a value that no parsed expression has used. Call it after all were parsed.
func (p *Placeholders) Unused() error { return errUnwritten }

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

// ParseKeyCondition returns every term of a KeyConditionExpression, in the order of the source. Several on
// one attribute are refused.
func ParseKeyCondition(src string, p *Placeholders) ([]KeyTerm, error) { return nil, errUnwritten }

// Projection is a parsed ProjectionExpression. Immutable.
type Projection struct{}

// ParseProjection parses a ProjectionExpression. Paths that overlap are refused.
func ParseProjection(src string, p *Placeholders) (*Projection, error) { return nil, errUnwritten }

// Apply returns the named parts of item, which it does not change.
func (pr *Projection) Apply(item attr.Item) attr.Item { return nil }

// Attributes returns the top-level attributes that are named, sorted.
func (pr *Projection) Attributes() []string { return nil }

// Field is the request parameter that holds a condition; messages begin with it.
type Field string

// The parameters that hold conditions.
const (
	ConditionExpression Field = "ConditionExpression"
	FilterExpression    Field = "FilterExpression"
)

// Condition is a parsed ConditionExpression or FilterExpression. Immutable.
type Condition struct{}

// ParseCondition parses a condition.
func ParseCondition(field Field, src string, p *Placeholders) (*Condition, error) {
	return nil, errUnwritten
}

// Eval says whether item (nil: there is none) satisfies the condition.
func (c *Condition) Eval(item attr.Item) (bool, error) { return false, errUnwritten }

// Attributes returns the top-level attributes that are named, sorted.
func (c *Condition) Attributes() []string { return nil }

// Update is a parsed UpdateExpression. Immutable.
type Update struct{}

// ParseUpdate parses an UpdateExpression. Paths that overlap are refused.
func ParseUpdate(src string, p *Placeholders) (*Update, error) { return nil, errUnwritten }

// Apply returns the updated copy of item, which it does not change. An item that is to be created is passed
// with its key attributes alone. Keeping key attributes as they are is the caller's part (see Targets).
func (u *Update) Apply(item attr.Item) (attr.Item, error) { return nil, errUnwritten }

// Targets returns the top-level attributes that the update writes, sorted.
func (u *Update) Targets() []string { return nil }

// Attributes returns the top-level attributes that are named at all, sorted.
func (u *Update) Attributes() []string { return nil }

// Touched returns the parts of item that the update's paths name: of the item before it, what UPDATED_OLD
// answers; of the item after it, UPDATED_NEW.
func (u *Update) Touched(item attr.Item) attr.Item { return nil }

var errUnwritten = attr.Invalidf("expressions are not evaluated yet")
