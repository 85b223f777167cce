package awscall_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"example.com/shiptrack/tracking-service/internal/awscall"
)

// counted counts the writes of a connection.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

func TestARequestOfTheSDKIsOneWrite(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(body), `"1001"`) {
			t.Errorf("read %q, %v, want the key", body, err)
		}
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	for name, tt := range map[string]struct {
		wrap func(aws.HTTPClient) aws.HTTPClient
		want int64
	}{"in one piece": {awscall.InOnePiece, 1}, "as the SDK does": {func(c aws.HTTPClient) aws.HTTPClient { return c }, 2}} {
		var writes atomic.Int64
		transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			return counted{c, &writes}, err
		}}
		client := dynamodb.New(dynamodb.Options{
			Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "c"),
			HTTPClient: tt.wrap(&http.Client{Transport: transport}),
		})
		key := map[string]types.AttributeValue{"ShipmentID": &types.AttributeValueMemberS{Value: "1001"}}
		if _, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("T"), Key: key}); err != nil {
			t.Fatal(err)
		}
		if got := writes.Load(); got != tt.want {
			t.Errorf("%s: %d writes, want %d", name, got, tt.want)
		}
		transport.CloseIdleConnections()
	}
}

func TestOfTheSDKsClientTheTransportIsTakenAndNoRedirectFollowed(t *testing.T) {
	routes := http.NewServeMux()
	routes.Handle("/", http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect))
	routes.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) {}) // the SDK's client follows without an end
	server := httptest.NewServer(routes)
	defer server.Close()
	var dialed atomic.Int64
	client := awscall.InOnePiece(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.DisableKeepAlives = true
		t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialed.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		}
	}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusTemporaryRedirect || dialed.Load() != 1 {
		t.Errorf("status %d after %d connections, want the redirect itself, by the transport of the client", answer.StatusCode, dialed.Load())
	}
}

func TestATimeoutOfTheSDKsClientIsKept(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := awscall.InOnePiece(awshttp.NewBuildableClient().WithTimeout(time.Millisecond)).Do(r)
	if err == nil {
		answer.Body.Close()
	}
	if err == nil || ctx.Err() != nil {
		t.Errorf("%v, and the context: %v, want the client's timeout", err, ctx.Err())
	}
}

// sent is a client that answers with what it is sent.
type sent struct{ body io.ReadCloser }

func (s *sent) Do(r *http.Request) (*http.Response, error) {
	s.body = r.Body
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// inOnePiece sends r through s, and returns the error.
func (s *sent) inOnePiece(r *http.Request) error {
	answer, err := awscall.InOnePiece(s).Do(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func TestOtherBodiesAreSentAsTheyAre(t *testing.T) {
	for name, tt := range map[string]struct {
		body   io.ReadCloser
		length int64
	}{
		"none":              {nil, 0},
		"of unknown length": {io.NopCloser(io.MultiReader(strings.NewReader("abc"))), -1},
		"large":             {io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("a", 70_000)))), 70_000},
	} {
		next := &sent{}
		if err := next.inOnePiece(&http.Request{Body: tt.body, ContentLength: tt.length}); err != nil || next.body != tt.body {
			t.Errorf("%s: %v, or another body is sent", name, err)
		}
	}
	next := &sent{}
	if err := next.inOnePiece(&http.Request{Body: io.NopCloser(strings.NewReader("abc")), ContentLength: 4}); !errors.Is(err, io.ErrUnexpectedEOF) || next.body != nil {
		t.Errorf("a body that is too short: %v, want it not to be sent", err)
	}
}
