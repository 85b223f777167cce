// Package request reads requests of DynamoDB. It says which permissions a request needs, on which resources and
// with which condition keys, and returns the reading from which the answer is made. It refuses a body that is not
// the JSON of the operation, or that is wrong for all tables. Keys that it cannot read are unknown to the policies,
// never absent.
package request

import (
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/table"
)

// Read reads req once. It returns the permissions that req needs, and the reading that its answer is made
// from: a pointer to one of BatchGet, BatchWrite, Change, ChangeTags, CreateTable, DeleteTable,
// DescribeContinuousBackups, DescribeTable, DescribeTimeToLive, Get, ListTables, ListTags, Page, TransactGet, TransactWrite,
// UpdateContinuousBackups, UpdateTable and UpdateTimeToLive, or nil where the store has not the operation.
//
// tables returns what is known of the named table, nil where there is none. Errors are *api.Error: a
// SerializationException where the body is not the operation's JSON, a ValidationException where it is
// readable and wrong whatever the tables hold, UnknownOperationException where AWS has no such operation.
func Read(req *api.Request, tables func(name string) *table.Table) (permissions []api.Permission, asked any, err error) {
	op, ok := operations[req.Operation]
	if !ok {
		return nil, nil, exception.UnknownOperation(req.Operation)
	}
	r := newReading(req, func(name string) (*table.Table, error) { return tables(name), nil })
	if asked, err = op.apply(r); err != nil {
		return nil, nil, exception.Of(err)
	}
	return r.permissions, asked, nil
}

// streamOperations are those of DynamoDB Streams, which is an API of its own.
var streamOperations = []string{"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}

// HTTPTarget is what the header X-Amz-Target of a request for an operation says, and nothing else: the same name under
// the other API is no operation.
func HTTPTarget(operation string) string {
	if slices.Contains(streamOperations, operation) {
		return "DynamoDBStreams_20120810." + operation
	}
	return "DynamoDB_20120810." + operation
}

// Operations returns the names of all operations that are authorized, in order.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }

// authorizedAlone are read for the permissions that they need, and not answered.
var authorizedAlone = []string{"SearchVectors", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}

// Answered reports an operation that is answered.
func Answered(name string) bool {
	op := operations[name]
	return (op.answered != nil || op.read != nil) && !slices.Contains(authorizedAlone, name)
}
