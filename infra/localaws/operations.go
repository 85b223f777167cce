package localaws

import "example.com/shiptrack/infra/localaws/internal/dynamodb"

// DynamoDBOperations returns the names of every operation of DynamoDB's API that localaws authorizes, sorted;
// those that it cannot answer are among them.
func DynamoDBOperations() []string { return dynamodb.Operations() }
