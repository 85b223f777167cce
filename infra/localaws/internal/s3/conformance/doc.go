// Package conformance holds one suite of requests for S3 and KMS, and says where localaws' own answers and those of LocalStack differ:
// asked directly, and with localaws as a gateway in front of it. It refuses a difference that infra/docs/S3-COMPARISON.md does not settle.
package conformance
