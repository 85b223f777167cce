// Package opensearch sends single requests to a domain of OpenSearch Service: what provision makes indexes with, and the demo checks
// itself with. The SDK has no client for the API of a domain. The tracking service has a sender of its own, which knows tenants.
package opensearch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/go-json-experiment/json"
)

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 1 << 20

// Client sends requests, signed with Credentials.
type Client struct {
	Endpoint, Region string // URL of the domain, and its region
	Credentials      aws.CredentialsProvider
	HTTP             aws.HTTPClient // nil: net/http's
}

// New returns a client for the domain at endpoint, with region, credentials and HTTP client of config.
func New(config aws.Config, endpoint string) Client {
	return Client{Endpoint: endpoint, Region: config.Region, Credentials: config.Credentials, HTTP: config.HTTPClient}
}

// Answer is that of a request that succeeded.
type Answer struct {
	RequestID string // AWS's
	Body      []byte
}

// Do sends one request with a body of JSON; nil: without one. path has no slash before it. An answer that is no success is an
// *awshttp.ResponseError with a smithy.APIError in it: its code is OpenSearch's type of error, or AccessDeniedException for a
// refusal by IAM, which has none.
func (c Client) Do(ctx context.Context, method, path string, body []byte) (Answer, error) {
	session, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return Answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Endpoint, "/")+"/"+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, session, request, hex.EncodeToString(hash[:]), "es", c.Region, time.Now()); err != nil {
		return Answer{}, err
	}
	var sender aws.HTTPClient = http.DefaultClient
	if c.HTTP != nil {
		sender = c.HTTP
	}
	response, err := sender.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	answer := Answer{RequestID: response.Header.Get("X-Amzn-Requestid")}
	if answer.Body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
		return Answer{}, err
	}
	if response.StatusCode < http.StatusOK || response.StatusCode >= http.StatusMultipleChoices {
		return Answer{}, failure(response, answer)
	}
	return answer, nil
}

func failure(response *http.Response, answer Answer) error {
	var said struct {
		Error struct {
			Type   string `json:"type"`
			Reason string `json:"reason"`
		} `json:"error"`
		Message string `json:"message,case:ignore"`
	}
	_ = json.Unmarshal(answer.Body, &said) // an answer in another form has no code of its own
	code, message := said.Error.Type, said.Error.Reason
	switch {
	case code != "":
	case response.StatusCode == http.StatusForbidden:
		code, message = "AccessDeniedException", said.Message
	default:
		code, message = fmt.Sprintf("Status%d", response.StatusCode), said.Message
	}
	return &awshttp.ResponseError{
		RequestID: answer.RequestID,
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: response}, Err: &smithy.GenericAPIError{Code: code, Message: message},
		},
	}
}
