package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/cenkalti/backoff/v5"

	"example.com/shiptrack/pkg/problem"
	"example.com/shiptrack/tracking-service/internal/awscall"
	"example.com/shiptrack/tracking-service/internal/tracking"
)

// maxBatchWrite is BatchWriteItem's limit of items; BatchGetItem's limit of 100 keys is tracking.MaxBatch.
const maxBatchWrite = 25

// Wait between the tries of a batch of which DynamoDB left a part unprocessed (it throttles; DynamoDB Developer Guide,
// "Error handling", asks for exponential backoff). The context's deadline usually ends it sooner.
const (
	firstBatchWait = 25 * time.Millisecond
	maxBatchTries  = 8
)

// errUnprocessed says that a part of a batch was not processed.
var errUnprocessed = errors.New("dynamo: a part of the batch was not processed")

// BatchGet returns those of the shipments that exist, in any order; ids are at most tracking.MaxBatch, without
// duplicates. What DynamoDB leaves unprocessed is asked for again.
func (s *Store) BatchGet(ctx context.Context, ids []tracking.ShipmentID) ([]tracking.Shipment, error) {
	own, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	var found []tracking.Shipment
	pending := make([]map[string]types.AttributeValue, 0, len(ids))
	for _, id := range ids {
		pending = append(pending, own.key(id))
	}
	err = untilProcessed(ctx, func() (bool, error) {
		rows, left, err := s.batchGet(ctx, own, pending)
		found, pending = append(found, rows...), left
		return len(left) == 0, err
	})
	if err != nil {
		return nil, err
	}
	for _, shipment := range found {
		if !slices.Contains(ids, shipment.ID) {
			return nil, problem.Wrap(problem.Internal, fmt.Errorf("%w: shipment %s", errNotAsked, shipment.ID), detailInternal)
		}
	}
	return found, nil
}

// batchGet makes one call, and returns the keys that are left to be asked for again.
func (s *Store) batchGet(ctx context.Context, own scope, keys []map[string]types.AttributeValue) (
	rows []tracking.Shipment, left []map[string]types.AttributeValue, err error,
) {
	about := awscall.Access{
		Action: "dynamodb:BatchGetItem", Resource: fmt.Sprintf("%s/%s (%d keys)", s.table, own, len(keys)),
	}
	err = s.calls.Do(ctx, own.tenant, about, func() (middleware.Metadata, error) {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{s.table: {Keys: keys}}, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		})
		if err != nil {
			return middleware.Metadata{}, err
		}
		spentByTables(&out.ResultMetadata, out.ConsumedCapacity)
		for _, key := range out.UnprocessedKeys[s.table].Keys {
			again, err := own.ownKey(key)
			if err != nil {
				return out.ResultMetadata, err
			}
			left = append(left, again)
		}
		rows, err = own.readAll(out.Responses[s.table])
		return out.ResultMetadata, err
	})
	return rows, left, err
}

// Put writes shipments, over those of the same ids, for the tenant in the context. It is not one transaction: after an
// error some are written. Putting them again is harmless.
func (s *Store) Put(ctx context.Context, shipments []tracking.Shipment) error {
	own, err := scopeOf(ctx)
	if err != nil {
		return err
	}
	var pending []types.WriteRequest
	for _, shipment := range shipments {
		row, err := own.write(shipment)
		if err != nil {
			return problem.Wrap(problem.Internal, err, detailInternal)
		}
		pending = append(pending, types.WriteRequest{PutRequest: &types.PutRequest{Item: row}})
	}
	for batch := range slices.Chunk(pending, maxBatchWrite) {
		err := untilProcessed(ctx, func() (bool, error) {
			left, err := s.batchWrite(ctx, own, batch)
			batch = left
			return len(left) == 0, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// batchWrite makes one call, and returns the writes that are left to be made again.
func (s *Store) batchWrite(ctx context.Context, own scope, writes []types.WriteRequest) (left []types.WriteRequest, err error) {
	about := awscall.Access{
		Action: "dynamodb:BatchWriteItem", Resource: fmt.Sprintf("%s/%s (%d items)", s.table, own, len(writes)),
	}
	err = s.calls.Do(ctx, own.tenant, about, func() (middleware.Metadata, error) {
		out, err := s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{s.table: writes}, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		})
		if err != nil {
			return middleware.Metadata{}, err
		}
		spentByTables(&out.ResultMetadata, out.ConsumedCapacity)
		left = out.UnprocessedItems[s.table]
		for _, write := range left {
			if write.PutRequest == nil {
				return out.ResultMetadata, fmt.Errorf("%w: a write that is no put", errNotAsked)
			}
			if err := own.holds(write.PutRequest.Item); err != nil {
				return out.ResultMetadata, err
			}
		}
		return out.ResultMetadata, nil
	})
	return left, err
}

// spentByTables is spent for a batch, whose answer has a figure for each table: here there is one.
func spentByTables(answer *middleware.Metadata, capacity []types.ConsumedCapacity) {
	for i := range capacity {
		spent(answer, &capacity[i])
	}
}

// untilProcessed calls once until it reports that nothing is left, fails, or ctx ends.
func untilProcessed(ctx context.Context, once func() (done bool, err error)) error {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = firstBatchWait
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		done, err := once()
		switch {
		case err != nil:
			return struct{}{}, backoff.Permanent(err)
		case !done:
			return struct{}{}, errUnprocessed
		}
		return struct{}{}, nil
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(maxBatchTries))
	return failures.Classify(ctx, err)
}
