package main

import (
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkcredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func (r *running) dynamodb() *dynamodb.Client {
	return dynamodb.NewFromConfig(r.sdk(sdkcredentials.NewStaticCredentialsProvider("test", "test", "")))
}

func TestGatewayForwardsToItsUpstream(t *testing.T) {
	behind := serveOnAnyPort(t)
	for _, flag := range []string{"http://" + behind.address, "dynamodb=http://" + behind.address} {
		front := serveOnAnyPort(t, "--upstream", flag)
		name := aws.String("Through-" + flag[:4])
		_, err := front.dynamodb().CreateTable(t.Context(), &dynamodb.CreateTableInput{
			TableName: name, BillingMode: types.BillingModePayPerRequest,
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: "HASH"}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: "S"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := behind.dynamodb().DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: name}); err != nil {
			t.Errorf("--upstream %s: the table is not behind the gateway: %v", flag, err)
		}
		if code, _, stderr := once(t, front.env(), "health", "--ready"); code != 0 {
			t.Errorf("--upstream %s: health --ready: exit %d, %s", flag, code, stderr)
		}
		if code := front.end(); code != 0 || strings.Contains(front.stderr.String(), "does not answer") ||
			!strings.Contains(front.stderr.String(), "a gateway to dynamodb=http://"+behind.address) {
			t.Errorf("--upstream %s: exit %d, stderr %s", flag, code, front.stderr)
		}
	}
}

func TestUpstreamThatIsAwayAtTheStartIsSaid(t *testing.T) {
	away := httptest.NewServer(nil)
	away.Close()
	front := serveOnAnyPort(t, "--upstream", away.URL, "--upstream", "s3=embedded")
	if code, _, stderr := once(t, front.env(), "health"); code != 0 {
		t.Errorf("health: exit %d, %s, want 0", code, stderr)
	}
	if code, _, stderr := once(t, front.env(), "health", "--ready"); code != 1 || !strings.Contains(stderr, "503") {
		t.Errorf("health --ready: exit %d, %s, want 1 and 503", code, stderr)
	}
	front.end()
	want := "localaws: dynamodb=" + away.URL + " does not answer yet; requests to it get 500 or 503 until it does\n"
	if got := front.stderr.String(); !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want %q last", got, want)
	}
}

func TestWrongUpstreamsAreOneLine(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	own := listener.Addr().String()
	_, port, _ := net.SplitHostPort(own)
	listener.Close()
	for _, tc := range []struct{ listen, upstream, want string }{
		{own, "localstack:4566", "give it as http://HOST:PORT"},
		{own, "", "--upstream: it is empty: give it as http://HOST:PORT"},
		{own, "dynamodb=", "--upstream: it is empty: give it as http://HOST:PORT"},
		{own, "sqs=http://localstack:4566", "it can forward dynamodb, s3"},
		{own, "sqs=embedded", "it can forward dynamodb, s3"},
		{own, "http://me:secret@localstack:4566", "signs as test/test"},
		{own, "http://" + own, "move this one with --listen"},
		{own, "dynamodb=http://localhost:" + port, "move this one with --listen"},
		{own, "http://0.0.0.0:" + port, "move this one with --listen"},
		{"0.0.0.0:" + port, "http://" + own, "move this one with --listen"},
		{"0.0.0.0:" + port, "http://0.0.0.0:" + port, "move this one with --listen"},
	} {
		code, stdout, stderr := once(t, nil, "serve", "--listen", tc.listen, "--upstream", tc.upstream)
		if code != 2 || stdout != "" || !strings.Contains(stderr, tc.want) || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "secret") {
			t.Errorf("%s %s: exit %d, stdout %q, stderr %q, want 2 and one line with %q", tc.listen, tc.upstream, code, stdout, stderr, tc.want)
		}
	}
}

func TestWrongListenAddressesAreOneLine(t *testing.T) {
	for address, want := range map[string]string{
		"99999": "is not an address: want HOST:PORT", ":99999": "with a port of 0 to 65535", "127.0.0.1:http": "is not an address",
		"": "is not an address", "192.0.2.1:0": "--listen 192.0.2.1:0 is no address of this machine",
	} {
		code, stdout, stderr := once(t, nil, "serve", "--listen", address)
		if code == 0 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 || strings.Contains(stderr, "listen tcp") {
			t.Errorf("--listen %q: exit %d, stdout %q, stderr %q, want one line with %q", address, code, stdout, stderr, want)
		}
	}
}

func TestAnUpstreamElsewhereIsNotItsOwn(t *testing.T) {
	for _, tc := range []struct {
		to, listener string
		want         bool
	}{
		{"127.0.0.1", "127.0.0.1", true}, {"127.0.0.2", "127.0.0.1", false}, {"::1", "127.0.0.1", false},
		{"0.0.0.0", "127.0.0.1", true}, {"0.0.0.0", "192.0.2.1", false}, {"192.0.2.1", "0.0.0.0", false}, {"127.0.0.2", "::", true},
	} {
		if got := reaches(net.ParseIP(tc.to), net.ParseIP(tc.listener)); got != tc.want {
			t.Errorf("%s reaches a listener on %s: got %t, want %t", tc.to, tc.listener, got, tc.want)
		}
	}
}
