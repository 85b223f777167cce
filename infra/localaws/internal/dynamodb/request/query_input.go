package request

import (
	"math"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/expr"
)

// pageInput is what Query and Scan have in common.
type pageInput struct {
	placeholders
	TableName              *string
	IndexName              string
	AttributesToGet        awsjson.List[string, names]
	ProjectionExpression   *string
	FilterExpression       *string
	ConditionalOperator    string
	ConsistentRead         bool
	ExclusiveStartKey      attr.Item
	Limit                  *int
	ReturnConsumedCapacity string
	Select                 string
}

// expressions are those that a Scan may have, and a Query too.
func (in *pageInput) expressions() []parameter {
	return []parameter{{projectionExpression, in.ProjectionExpression != nil}, {string(expr.FilterExpression), in.FilterExpression != nil}}
}

// legacy are the parameters from before expressions, of which the filter is called by its name.
func (in *pageInput) legacy(filter string, given bool) []parameter {
	return []parameter{{"AttributesToGet", in.AttributesToGet != nil}, {filter, given}, {conditionalOperator, in.ConditionalOperator != ""}}
}

type queryInput struct {
	pageInput
	KeyConditionExpression *string
	KeyConditions          awsjson.Dict[legacyCondition, names]
	QueryFilter            awsjson.Dict[jsontext.Value, names]
	ScanIndexForward       *bool
}

type scanInput struct {
	pageInput
	ScanFilter    awsjson.Dict[jsontext.Value, names]
	Segment       *int
	TotalSegments *int
}

// faults are those of what Query and Scan have in common, but for the limit: a Query words its own.
func (in *pageInput) faults() faults {
	var f faults
	f.table(in.TableName)
	f.oneOf("returnConsumedCapacity", in.ReturnConsumedCapacity, capacities...)
	f.oneOf("select", in.Select, selectSpecific, selectCount, SelectAll, selectProjected)
	return f
}

// shape refuses, all at once, what breaks a rule of the API's model.
func (in *scanInput) shape() error {
	f := in.faults()
	if in.Limit != nil {
		f.between("limit", *in.Limit, 1, math.MaxInt32)
	}
	if in.Segment != nil {
		f.between("segment", *in.Segment, 0, maxSegments-1)
	}
	if in.TotalSegments != nil {
		f.between("totalSegments", *in.TotalSegments, 1, maxSegments)
	}
	return f.err()
}

const maxSegments = 1_000_000

// selectsTwice is the answer to a projection beside a Select that has its own.
func (in *pageInput) selectsTwice() error {
	projection, selected := projectionExpression, in.Select
	if in.ProjectionExpression == nil {
		projection = "AttributesToGet"
	}
	if selected == selectCount {
		selected = "only the Count"
	}
	return exception.Validation("Cannot specify the %s when choosing to get %s", projection, selected)
}

// expressions are those that a Query may have.
func (in *queryInput) expressions() []parameter {
	return append(in.pageInput.expressions(), parameter{"KeyConditionExpression", in.KeyConditionExpression != nil})
}

// oneKind refuses parameters from before expressions beside expressions, and a Query without a key. KeyConditions only
// exclude KeyConditionExpression.
func (in *queryInput) oneKind() error {
	legacy := in.legacy("QueryFilter", in.QueryFilter != nil)
	if in.KeyConditionExpression != nil {
		legacy = append(legacy, parameter{"KeyConditions", in.KeyConditions != nil})
	}
	if err := notBoth(legacy, in.expressions()); err != nil {
		return err
	}
	if err := joins(in.ConditionalOperator, len(in.QueryFilter)); err != nil {
		return err
	}
	if in.KeyConditions == nil && in.KeyConditionExpression == nil {
		return exception.Validation("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	return nil
}
