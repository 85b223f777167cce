// Package conformance compares the embedded DynamoDB with DynamoDB Local and LocalStack. The scripts in
// testdata say what AWS documents; they run through the AWS SDK against each of the three. Random operations
// must have equal answers. The package has only tests. Those of the other two endpoints run with the build
// tag upstreams; infra/docs/DYNAMODB-COMPARISON.md lists the differences.
package conformance
