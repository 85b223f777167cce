package main

import (
	"context"

	"example.com/shiptrack/pkg/requestid"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// tellRequestID adds the ids of the request being answered to the User-Agent of each call of AWS (see requestid.Agent). The SDK
// does not sign the header: no decision may depend on it.
func tellRequestID(stack *middleware.Stack) error {
	return stack.Build.Add(middleware.BuildMiddlewareFunc("tellRequestID", func(
		ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler,
	) (middleware.BuildOutput, middleware.Metadata, error) {
		if request, isHTTP := in.Request.(*smithyhttp.Request); isHTTP {
			request.Header.Set("User-Agent", request.Header.Get("User-Agent")+requestid.Agent(ctx))
		}
		return next.HandleBuild(ctx, in)
	}), middleware.After)
}
