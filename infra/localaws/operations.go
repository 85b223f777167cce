package localaws

import (
	"slices"

	"example.com/shiptrack/infra/localaws/internal/dynamodb"
	"example.com/shiptrack/infra/localaws/internal/iam"
	"example.com/shiptrack/infra/localaws/internal/kms"
	"example.com/shiptrack/infra/localaws/internal/s3"
	"example.com/shiptrack/infra/localaws/internal/sts"
)

// DynamoDBOperations returns the names of every operation of DynamoDB's API that localaws authorizes, sorted;
// those that it cannot answer are among them.
func DynamoDBOperations() []string { return dynamodb.Operations() }

// Operations returns the names of the operations that localaws answers itself, sorted, by the service as a signature names it. Of OpenSearch Service
// there are no names: a request is a method and a path.
func Operations() map[string][]string {
	return map[string][]string{
		"dynamodb": slices.DeleteFunc(dynamodb.Operations(), func(name string) bool { return !dynamodb.Answered(name) }),
		"iam":      iam.Operations(), "kms": kms.Operations(), "s3": s3.Operations(), "sts": sts.Operations(),
	}
}
