package prove

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
)

// What a run makes in an account has this tag, so that Clean takes nothing else for its own.
const (
	madeKey   = "MadeBy"
	madeValue = "bin/prove"
)

// marking is cfg whose clients tag what they create, in the request that creates it: a run that is killed leaves nothing that Clean does not
// know. A bucket is tagged after it is made.
func marking(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("MarkWhatIsMade", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			mark(in.Parameters)
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
	return cfg
}

func mark(input any) {
	key, value := aws.String(madeKey), aws.String(madeValue)
	switch in := input.(type) {
	case *dynamodb.CreateTableInput:
		in.Tags = append(in.Tags, dynamodbtypes.Tag{Key: key, Value: value})
	case *awsiam.CreateRoleInput:
		in.Tags = append(in.Tags, iamtypes.Tag{Key: key, Value: value})
	case *awsiam.CreatePolicyInput:
		in.Tags = append(in.Tags, iamtypes.Tag{Key: key, Value: value})
	case *kms.CreateKeyInput:
		in.Tags = append(in.Tags, kmstypes.Tag{TagKey: key, TagValue: value})
	}
}

// markTable is the part of a CreateTable, as JSON, that tags the table; empty where w is no account.
func (w *World) markTable() string {
	if w.account == nil {
		return ""
	}
	return `"Tags":[{"Key":"` + madeKey + `","Value":"` + madeValue + `"}],`
}

// markBucket tags the bucket that was just made.
func (a *Account) markBucket(ctx context.Context) error {
	client, name := a.bucket()
	_, err := client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: name, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String(madeKey), Value: aws.String(madeValue)}}}})
	return err
}
