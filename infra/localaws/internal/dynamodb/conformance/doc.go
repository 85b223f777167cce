// Package conformance holds the embedded DynamoDB against DynamoDB Local and LocalStack: the scripts in
// testdata, which say what AWS documents and run through the AWS SDK against each of them, and random
// operations whose answers must be equal. It has nothing but tests. Those of the endpoints run with the
// build tag upstreams; infra/docs/DYNAMODB-COMPARISON.md has what differs.
package conformance
