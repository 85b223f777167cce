package request

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"

	"example.com/shiptrack/infra/localaws/internal/awsjson"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/exception"
	"example.com/shiptrack/infra/localaws/internal/identity"
)

type transactGetInput struct {
	TransactItems awsjson.List[struct {
		Get *struct {
			ExpressionAttributeNames awsjson.Dict[string, names]
			Key                      attr.Item
			ProjectionExpression     *string
			TableName                *string
		}
	}, transactItems]
	ReturnConsumedCapacity string
}

// TransactGet is a reading of a TransactGetItems.
type TransactGet struct {
	Gets     []*Get
	Capacity string // ReturnConsumedCapacity
}

func readTransactGet(r *reading) (any, error) {
	var in transactGetInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	var f faults
	f.capacity(in.ReturnConsumedCapacity)
	f.transactItems(in.TransactItems == nil, len(in.TransactItems))
	if err := f.err(); err != nil {
		return nil, err
	}
	r.enclosing, r.several = r.req.Operation, len(in.TransactItems) > 1
	var gets []*Get
	for i, entry := range in.TransactItems {
		if entry.Get == nil {
			return nil, exception.Missing(fmt.Sprintf("transactItems.%d.member.get", i+1))
		}
		one := getInput{ProjectionExpression: entry.Get.ProjectionExpression}
		one.TableName, one.Key, one.ReturnConsumedCapacity = entry.Get.TableName, entry.Get.Key, in.ReturnConsumedCapacity
		one.ExpressionAttributeNames = entry.Get.ExpressionAttributeNames
		g, err := r.get(&one)
		if err != nil {
			return nil, err
		}
		gets = append(gets, g)
	}
	return &TransactGet{Gets: gets, Capacity: in.ReturnConsumedCapacity}, nil
}

type transactWriteInput struct {
	TransactItems awsjson.List[struct {
		Put, Update, Delete, ConditionCheck *writeInput
	}, transactItems]
	ClientRequestToken          string
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

// TransactWrite is a reading of a TransactWriteItems.
type TransactWrite struct {
	Changes  []*Change
	Token    []byte            // the hash of caller and ClientRequestToken; empty: not idempotent
	Digest   [sha256.Size]byte // of the request
	Capacity string            // the effective ReturnConsumedCapacity
	// Collection says that ReturnItemCollectionMetrics asks for the sizes of the collections.
	Collection bool
}

func readTransactWrite(r *reading) (any, error) {
	var in transactWriteInput
	if err := r.decode(&in); err != nil {
		return nil, err
	}
	if err := in.shape(); err != nil {
		return nil, err
	}
	r.enclosing, r.several = r.req.Operation, len(in.TransactItems) > 1
	t := &TransactWrite{Token: tokenOf(in.ClientRequestToken, r.req.Caller), Digest: sha256.Sum256(r.req.Body)}
	for _, entry := range in.TransactItems {
		var action string
		var one *writeInput
		for _, kind := range []struct {
			action string
			in     *writeInput
		}{
			{"PutItem", entry.Put}, {"UpdateItem", entry.Update}, {"DeleteItem", entry.Delete},
			{"ConditionCheckItem", entry.ConditionCheck},
		} {
			if kind.in == nil {
				continue
			}
			if one != nil {
				return nil, exception.Validation("TransactItems can only contain one of Check, Put, Update or Delete")
			}
			action, one = kind.action, kind.in
		}
		c, err := r.entry(action, one, &in)
		if err != nil {
			return nil, err
		}
		t.Capacity, t.Collection = c.Capacity, c.Collection
		t.Changes = append(t.Changes, c)
	}
	return t, nil
}

// shape refuses, all at once, what breaks a rule of the API's model.
func (in *transactWriteInput) shape() error {
	var f faults
	f.capacity(in.ReturnConsumedCapacity)
	f.oneOf("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", ReturnNone)
	if len(in.ClientRequestToken) > maxToken {
		f.add(quoted(in.ClientRequestToken), "clientRequestToken", "Member must have length less than or equal to 36")
	}
	f.transactItems(in.TransactItems == nil, len(in.TransactItems))
	return f.err()
}

func (f *faults) transactItems(absent bool, n int) {
	switch {
	case absent:
		f.missing("transactItems")
	case n == 0:
		f.add("'[]'", "transactItems", "Member must have length greater than or equal to 1")
	}
}

const maxToken = 36

// tokenOf is a ClientRequestToken of one caller, nil where there is none. Callers do not share tokens: one
// cannot learn that another used the same. Whoever assumes a role is free to give two tenants' sessions one
// name, so a caller is its ARN and its tags.
func tokenOf(token string, caller *identity.Principal) []byte {
	if token == "" {
		return nil
	}
	parts := make([]string, 0, 2+2*len(caller.Tags))
	parts = append(parts, caller.ARN, token)
	for _, key := range slices.Sorted(maps.Keys(caller.Tags)) {
		parts = append(parts, key, caller.Tags[key])
	}
	return hashOf(parts)
}

// OwnToken is a ClientRequestToken of one caller as a token for all callers: another caller's same token becomes another.
// A text that is no token, empty or longer than 36 characters, stays as it is.
func OwnToken(token string, caller *identity.Principal) string {
	if token == "" || len(token) > maxToken {
		return token
	}
	return base64.RawURLEncoding.EncodeToString(tokenOf(token, caller))[:maxToken]
}

// hashOf is the hash of a list of texts. Each stands behind its length, so that no two lists are hashed as the same
// bytes, whatever separators their texts hold. It always fits a key of the store.
func hashOf(parts []string) []byte {
	hash := sha256.New()
	for _, part := range parts {
		_, _ = hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // a hash takes everything
		_, _ = io.WriteString(hash, part)
	}
	return hash.Sum(nil)
}

// entry reads one entry of a transaction. It drops members that the single operation has but an entry does
// not.
func (r *reading) entry(action string, given *writeInput, in *transactWriteInput) (*Change, error) {
	if given == nil {
		return nil, exception.Validation("TransactItems must contain one of Check, Put, Update or Delete")
	}
	one := writeInput{
		Item: given.Item, UpdateExpression: given.UpdateExpression,
		ReturnItemCollectionMetrics: in.ReturnItemCollectionMetrics,
	}
	one.keyInput = given.keyInput
	one.ReturnConsumedCapacity = in.ReturnConsumedCapacity
	one.ConditionExpression = given.ConditionExpression
	one.ReturnValuesOnConditionCheckFailure = given.ReturnValuesOnConditionCheckFailure
	switch {
	case action == "UpdateItem" && one.UpdateExpression == nil:
		return nil, exception.Missing("transactItems.member.update.updateExpression")
	case action == "ConditionCheckItem" && one.ConditionExpression == nil:
		return nil, exception.Missing("transactItems.member.conditionCheck.conditionExpression")
	}
	return r.change(action, &one)
}
