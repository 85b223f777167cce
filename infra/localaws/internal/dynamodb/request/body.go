package request

// Limits of a body, in bytes. "Quotas in Amazon DynamoDB" has 400 KB for an item, 2 MB for what expressions refer to, 4 MB
// for a transaction's items and 16 MB for a batch of writes. JSON takes more room than what these count.
const (
	maxBatchBody = 16 << 20 // many items
	maxItemBody  = 4 << 20  // one item, or keys and what expressions refer to
	maxTableBody = 256 << 10
)

var bodyLimits = map[string]int64{
	"BatchWriteItem": maxBatchBody, "TransactWriteItems": maxBatchBody, "BatchExecuteStatement": maxBatchBody, "ExecuteTransaction": maxBatchBody,
	"BatchGetItem": maxItemBody, "TransactGetItems": maxItemBody, "ExecuteStatement": maxItemBody, "GetItem": maxItemBody, "PutItem": maxItemBody,
	"UpdateItem": maxItemBody, "DeleteItem": maxItemBody, "Query": maxItemBody, "Scan": maxItemBody, "SearchVectors": maxItemBody,
}

// BodyLimit is how many bytes the body of an operation may have. An operation that is not known has the least.
func BodyLimit(operation string) int64 {
	if limit, ok := bodyLimits[operation]; ok {
		return limit
	}
	return maxTableBody
}
