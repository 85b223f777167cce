package answer

import (
	"example.com/shiptrack/infra/localaws/internal/dynamodb/attr"
	"example.com/shiptrack/infra/localaws/internal/dynamodb/request"
)

// jsonPerByte is how many bytes of JSON one byte of an item, as DynamoDB counts it, takes at most: an empty string in a
// list, which counts 1, is {"S":""} and a comma.
const jsonPerByte = 9

const maxItemJSON = jsonPerByte * attr.MaxItem

// MostBytes returns the most bytes that the answer to asked may have, but for some thousand; 0 where it has no items.
func MostBytes(asked any) int64 {
	switch q := asked.(type) {
	case *request.Get:
		return maxItemJSON
	case *request.BatchGet:
		keys := 0
		for _, t := range q.Tables {
			keys += len(t.Keys)
		}
		return int64(min(keys*maxItemJSON, maxBatchBytes))
	case *request.TransactGet:
		return int64(min(len(q.Gets)*maxItemJSON, jsonPerByte*maxTransactionBytes))
	case *request.Page:
		if !q.Count {
			return jsonPerByte * maxPage
		}
	case *request.Change:
		return returnedBytes(q)
	case *request.TransactWrite:
		sum := int64(0)
		for _, c := range q.Changes {
			sum += returnedBytes(c)
		}
		return sum
	}
	return 0
}

func returnedBytes(c *request.Change) int64 {
	if c.ReturnOld || c.ReturnValues != "" && c.ReturnValues != request.ReturnNone {
		return maxItemJSON
	}
	return 0
}
