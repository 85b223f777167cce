package awscall

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// maxPiece bounds the bodies that are sent in one piece with their header, in bytes.
const maxPiece = 64 << 10

// InOnePiece returns a client of the SDK that sends header and body together through next. net/http sends a body apart from the header
// unless it knows that the body is in memory, and of the SDK's bodies it does not: each request took two writes here, two packets, and
// two reads there. Large bodies, and those of unknown length, are sent as they are.
//
// Of the SDK's own client it takes the transport, with proxy and certificates, and leaves out the http.Client around it. That copies each
// header for a redirect; DynamoDB sends none, and none is followed here. A client with a timeout is left whole: the timeout is its own.
func InOnePiece(next aws.HTTPClient) aws.HTTPClient {
	if sdk, ok := next.(*awshttp.BuildableClient); ok && sdk.GetTimeout() == 0 {
		return onePiece{sdk.GetTransport().RoundTrip}
	}
	return onePiece{next.Do}
}

type onePiece struct {
	next func(*http.Request) (*http.Response, error)
}

// Do is aws.HTTPClient's. The SDK makes a request anew for each try, so it may be changed.
func (c onePiece) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.ContentLength <= 0 || r.ContentLength > maxPiece {
		return c.next(r)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	if closing := r.Body.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, fmt.Errorf("the body of the request: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.next(r)
}
