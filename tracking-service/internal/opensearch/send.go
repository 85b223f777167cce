package opensearch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/go-json-experiment/json"

	"example.com/shiptrack/pkg/requestid"
	"example.com/shiptrack/tracking-service/internal/awscall"
)

// maxAnswer bounds an answer, in bytes: several times what search.MaxPage hits take.
const maxAnswer = 4 << 20

// service is the name of OpenSearch Service in signatures and actions.
const service = "es"

// agent is the User-Agent's product; the SDK's clients have one of their own.
const agent = "shiptrack-opensearch"

// sender signs requests and sends them to one domain. The SDK has no client for the API of a domain.
type sender struct {
	endpoint, region string
	client           aws.HTTPClient
	credentials      aws.CredentialsProvider // of the tenant in the context
	signer           *awscall.Signer
}

func newSender(config aws.Config, endpoint string, credentials aws.CredentialsProvider) (*sender, error) {
	if credentials == nil || endpoint == "" || config.Region == "" {
		return nil, errors.New("opensearch: wants the endpoint of the domain, its region, and a provider of sessions")
	}
	s := &sender{endpoint: strings.TrimSuffix(endpoint, "/"), region: config.Region, client: config.HTTPClient, credentials: credentials, signer: awscall.NewSigner()}
	if s.client == nil {
		s.client = awshttp.NewBuildableClient()
	}
	return s, nil
}

// send sends one request, once, and returns the answer's body and metadata. An answer that is no success is an
// *awshttp.ResponseError with a smithy.APIError in it, as the SDK's clients return it.
func (s *sender) send(ctx context.Context, method, path string, body []byte) ([]byte, middleware.Metadata, error) {
	request, err := s.sign(ctx, method, path, body)
	if err != nil {
		return nil, middleware.Metadata{}, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, middleware.Metadata{}, fmt.Errorf("opensearch: %w", err)
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	var metadata middleware.Metadata
	awsmiddleware.SetRequestIDMetadata(&metadata, requestIDOf(response))
	switch {
	case err != nil:
		return nil, metadata, fmt.Errorf("opensearch: answer: %w", err)
	case response.StatusCode < 200 || response.StatusCode > 299:
		return nil, metadata, failure(response, read)
	case len(read) > maxAnswer:
		return nil, metadata, errTooLong
	}
	return read, metadata, nil
}

// sign returns the request, signed with the session of the tenant in ctx.
func (s *sender) sign(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	session, err := s.credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, s.endpoint+"/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", agent+requestid.Agent(ctx))
	hash := sha256.Sum256(body)
	return request, s.signer.SignHTTP(ctx, session, request, hex.EncodeToString(hash[:]), service, s.region, time.Now())
}

func requestIDOf(response *http.Response) string { return response.Header.Get("X-Amzn-Requestid") }

// failure is the error of an answer that is no success.
func failure(response *http.Response, body []byte) error {
	code, message := said(response, body)
	return &awshttp.ResponseError{
		RequestID: requestIDOf(response),
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: response},
			Err:      &smithy.GenericAPIError{Code: code, Message: message},
		},
	}
}

// The codes of refusals that have none of their own: OpenSearch Service says them in words alone.
const (
	codeDenied    = "AccessDeniedException"
	codeSession   = "UnrecognizedClientException"
	codeSignature = "InvalidSignatureException"
	codeExpired   = "ExpiredTokenException"
	codeThrottled = "TooManyRequestsException"
)

// said returns the code and the words of an answer: OpenSearch's own error has a type; one of the service in front of it has a
// Message alone.
func said(response *http.Response, body []byte) (code, message string) {
	var own struct {
		Error struct {
			Type   string `json:"type"`
			Reason string `json:"reason"`
		} `json:"error"`
	}
	var front struct {
		Message string `json:"message,case:ignore"`
	}
	if json.Unmarshal(body, &own) == nil && own.Error.Type != "" {
		code, message = own.Error.Type, own.Error.Reason
	} else if json.Unmarshal(body, &front) == nil {
		message = front.Message
	}
	switch {
	case response.StatusCode == http.StatusTooManyRequests:
		return codeThrottled, message
	case code != "":
		return code, message
	case response.StatusCode != http.StatusForbidden:
		return fmt.Sprintf("Status%d", response.StatusCode), message
	}
	for _, refusal := range []struct{ words, code string }{
		{"expired", codeExpired}, {"security token", codeSession}, {"signature", codeSignature},
	} {
		if strings.Contains(strings.ToLower(message), refusal.words) {
			return refusal.code, message
		}
	}
	return codeDenied, message
}
