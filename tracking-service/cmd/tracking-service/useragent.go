package main

import (
	"context"

	"example.com/shiptrack/pkg/requestid"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// tellRequestID adds the id of the request being answered to the User-Agent of each call of AWS, as additional metadata:
// md/request-id#<id>. CloudTrail and localaws' decision log record the User-Agent, so an event there leads to the audit
// record and to the request, even without the AWS request id. The service made the id, of letters and digits. Before it
// stands the id that the service's own caller gave, md/origin-request-id#<id>, so that the id in an answer of the
// shipment service finds the event too; httpserver lets it hold letters, digits and ._- alone. The SDK does not sign the
// header: no decision may depend on it.
func tellRequestID(stack *middleware.Stack) error {
	return stack.Build.Add(middleware.BuildMiddlewareFunc("tellRequestID", func(
		ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler,
	) (middleware.BuildOutput, middleware.Metadata, error) {
		request, isHTTP := in.Request.(*smithyhttp.Request)
		if id := requestid.FromContext(ctx); isHTTP && id != "" {
			agent := request.Header.Get("User-Agent")
			if origin := requestid.CallerFromContext(ctx); origin != "" {
				agent += " md/origin-request-id#" + origin
			}
			request.Header.Set("User-Agent", agent+" md/request-id#"+id)
		}
		return next.HandleBuild(ctx, in)
	}), middleware.After)
}
