package main

import (
	"context"

	"example.com/shiptrack/pkg/requestid"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// tellRequestID adds the id of the request being answered to the User-Agent of each call of AWS, as additional metadata:
// md/request-id#<id>. CloudTrail and localaws' decision log record the User-Agent, so an event there leads to the audit
// record and to the request, even without the AWS request id. The service made the id, of letters and digits. The SDK
// does not sign the header: no decision may depend on it.
func tellRequestID(stack *middleware.Stack) error {
	return stack.Build.Add(middleware.BuildMiddlewareFunc("tellRequestID", func(
		ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler,
	) (middleware.BuildOutput, middleware.Metadata, error) {
		request, isHTTP := in.Request.(*smithyhttp.Request)
		if id := requestid.FromContext(ctx); isHTTP && id != "" {
			request.Header.Set("User-Agent", request.Header.Get("User-Agent")+" md/request-id#"+id)
		}
		return next.HandleBuild(ctx, in)
	}), middleware.After)
}
