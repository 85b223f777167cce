// Package answer answers what a request was read to ask, from the store, with the output that the operation
// has in the API. It refuses what does not fit the table, its items or the limits of DynamoDB, and what was
// read against a table that is gone.
package answer

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"example.com/shiptrack/infra/localaws/internal/api"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/store"
)

// To returns the answer to what request.Read returned as asked, nil for an operation that the store has not:
// an UnknownOperationException. The answer is made when it is called. Its errors are refusals, of
// *api.Error, the context's own, or those of the store.
func To(s *store.Store, asked any) func(context.Context) (*api.Response, error) {
	if asked == nil {
		return func(context.Context) (*api.Response, error) { return nil, exception.UnknownOperation() }
	}
	return func(ctx context.Context) (*api.Response, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out, err := perform(s, asked)
		if err != nil {
			return nil, exception.Of(err)
		}
		if resp, ok := out.(*api.Response); ok {
			return resp, nil
		}
		body, err := json.Marshal(out)
		if err != nil {
			return nil, err
		}
		return &api.Response{Status: http.StatusOK, Body: body}, nil
	}
}

// perform does what was asked. It returns what is to be marshalled as the response's body, or a
// *api.Response where the body of an error says more than code and message.
func perform(s *store.Store, asked any) (any, error) {
	switch q := asked.(type) {
	case *request.Get:
		return get(s, q)
	case *request.BatchGet:
		return batchGet(s, q)
	case *request.TransactGet:
		return transactGet(s, q)
	case *request.Page:
		return readPage(s, q)
	case *request.Change:
		return write(s, q)
	case *request.BatchWrite:
		return batchWrite(s, q)
	case *request.TransactWrite:
		return transactWrite(s, q)
	case *request.CreateTable:
		return createTable(s, q)
	case *request.UpdateTable:
		return updateTable(s, q)
	case *request.DeleteTable:
		return deleteTable(s, q)
	case *request.DescribeTable:
		return describeTable(s, q)
	case *request.ListTables:
		return listTables(s, q), nil
	case *request.DescribeTimeToLive:
		return describeTimeToLive(q)
	case *request.ListTags:
		return listTags(q)
	}
	return nil, fmt.Errorf("dynamodb: no answer to %T", asked)
}
