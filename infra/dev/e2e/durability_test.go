package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/shiptrack/infra/dev/provision"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestLocalawsKilledInTheMiddleOfWritesKeepsEveryAcknowledgedOne kills localaws with SIGKILL while several writers
// put items, starts it again on the same data, and looks for every item whose write was acknowledged.
func TestLocalawsKilledInTheMiddleOfWritesKeepsEveryAcknowledgedOne(t *testing.T) {
	const writers, before = 4, 60
	data := t.TempDir()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:" + ports[0]), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	client := dynamodb.NewFromConfig(cfg)

	victim := startLocalaws(t, ports[0], data)
	if err := provision.Table(t.Context(), cfg, "TrackingData"); err != nil {
		t.Fatal(err)
	}
	var acknowledged [writers]int
	var total atomic.Int64
	enough := make(chan struct{})
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := 0; ; n++ {
				if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("TrackingData"), Item: itemKey(w, n)}); err != nil {
					return // it was killed
				}
				acknowledged[w] = n + 1
				if total.Add(1) == before {
					close(enough)
				}
			}
		})
	}
	<-enough
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	_ = victim.Wait() // it was killed

	startLocalaws(t, ports[0], data)
	for w := range writers {
		for n := range acknowledged[w] {
			out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("TrackingData"), Key: itemKey(w, n)})
			if err != nil || len(out.Item) == 0 {
				t.Fatalf("writer %d's item %d of %d acknowledged: %v, error %v; want it there", w, n, acknowledged[w], out, err)
			}
		}
		if out, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("TrackingData"), Key: itemKey(w, acknowledged[w]+1)}); err != nil || len(out.Item) != 0 {
			t.Fatalf("an item that was never written: %v, error %v; want none", out, err)
		}
	}
}

func itemKey(writer, n int) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"TenantID":   &types.AttributeValueMemberS{Value: fmt.Sprintf("writer%d", writer)},
		"ShipmentID": &types.AttributeValueMemberS{Value: fmt.Sprint(n)},
	}
}

// startLocalaws starts the binary on data and waits until it answers; the test's end kills it.
func startLocalaws(t *testing.T, port, data string, environ ...string) *exec.Cmd {
	t.Helper()
	address := net.JoinHostPort("127.0.0.1", port)
	cmd := exec.CommandContext(context.Background(), filepath.Join(bin, "localaws"), "serve", "--listen", address, "--data", data, "--log", os.DevNull)
	cmd.Env = append(environ, "PATH="+os.Getenv("PATH"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/_localaws/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return cmd
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("localaws does not come up")
		case <-tick.C:
		}
	}
}
