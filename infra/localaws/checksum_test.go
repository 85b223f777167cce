package localaws_test

import (
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// lastAnswer remembers what the last answer was, before the SDK reads it.
type lastAnswer struct {
	next     aws.HTTPClient
	checksum string
	body     []byte
}

func (l *lastAnswer) Do(r *http.Request) (*http.Response, error) {
	response, err := l.next.Do(r)
	if err != nil {
		return nil, err
	}
	l.checksum = response.Header.Get("X-Amz-Crc32")
	if l.body, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(strings.NewReader(string(l.body)))
	return response, nil
}

func TestDynamoDBsAnswersCarryTheirChecksum(t *testing.T) {
	l := localawstest.Start(t)
	cfg := l.Config(localawstest.Root)
	seen := &lastAnswer{next: cfg.HTTPClient}
	cfg.HTTPClient = seen
	cfg.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, v ...any) {
		t.Errorf("the SDK complains: "+format, v...)
	})
	client := dynamodb.NewFromConfig(cfg)
	for name, call := range map[string]func() error{
		"success": func() error { _, err := client.ListTables(t.Context(), nil); return err },
		"failure": func() error {
			_, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("Nowhere")})
			return err
		},
	} {
		if err := call(); (err == nil) != (name == "success") {
			t.Fatalf("%s: error %v", name, err)
		}
		if want := strconv.FormatUint(uint64(crc32.ChecksumIEEE(seen.body)), 10); seen.checksum != want {
			t.Errorf("%s: checksum %q of %s, want %s", name, seen.checksum, seen.body, want)
		}
	}
	if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil); err != nil || seen.checksum != "" {
		t.Errorf("STS: checksum %q, error %v, want none: it is DynamoDB's own", seen.checksum, err)
	}
}
