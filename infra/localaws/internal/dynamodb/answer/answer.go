// Package answer answers a request that package request has read, from the store, with the output that the
// operation has in the API. It refuses a request that does not fit the table, its items or the limits of
// DynamoDB, and one whose table was deleted after it was read.
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

// To returns a function that answers asked, the reading that request.Read returned of operation. For a nil asked, an operation
// that the store does not have, the function returns an UnknownOperationException. Its errors are refusals
// (*api.Error), the context's own, or those of the store.
func To(s *store.Store, operation string, asked any) func(context.Context) (*api.Response, error) {
	if asked == nil {
		return func(context.Context) (*api.Response, error) { return nil, exception.UnknownOperation(operation) }
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

// perform carries out asked. It returns a value to marshal as the response's body, or a *api.Response
// where the body of an error has more than code and message.
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
	}
	return administer(s, asked)
}

// administer carries out what changes or shows the settings of a table.
func administer(s *store.Store, asked any) (any, error) {
	switch q := asked.(type) {
	case *request.UpdateTimeToLive:
		return updateTimeToLive(s, q)
	case *request.DescribeContinuousBackups:
		return describeContinuousBackups(q)
	case *request.UpdateContinuousBackups:
		return updateContinuousBackups(s, q)
	case *request.ListTags:
		return listTags(q)
	case *request.ChangeTags:
		return changeTags(s, q)
	case *request.GetResourcePolicy:
		return getResourcePolicy(q)
	}
	return nil, fmt.Errorf("dynamodb: no answer to %T", asked)
}
