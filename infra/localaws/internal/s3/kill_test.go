package s3_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/localaws"
	"example.com/shiptrack/infra/localaws/localawstest"
)

// childPath, where set, makes the test binary a localaws that is to be killed, on this data directory.
const childPath = "S3_TEST_SERVE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		fmt.Fprintln(os.Stderr, serveUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func serveUntilKilled(path string) error {
	server, err := localaws.New(localaws.Config{Data: path})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return http.Serve(listener, server)
}

// content is what object i holds: its own bytes, of a size of its own, in several frames.
func content(i int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "object %d;", i), 4000+97*i)
}

func TestKilledInTheMiddleOfUploadsKeepsTheAcknowledgedAndNoHalfOne(t *testing.T) {
	const writers = 8
	uploads, killAt := 200, 90
	if os.Getenv("LONG") != "" {
		uploads, killAt = 1000, 450
	}
	data := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env, child.Stderr = append(os.Environ(), childPath+"="+data), os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Wait() }()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	root := s3Client(&localawstest.Local{URL: "http://" + strings.TrimSpace(address), Region: localaws.DefaultRegion, Account: localaws.DefaultAccount})
	if _, err := root.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var done sync.WaitGroup
	acknowledged := map[int]bool{}
	for w := range writers {
		done.Go(func() {
			for i := w; i < uploads; i += writers {
				if _, err := root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(fmt.Sprint(i)), Body: bytes.NewReader(content(i))}); err != nil {
					return // it was killed
				}
				mu.Lock()
				if acknowledged[i] = true; len(acknowledged) == killAt {
					_ = child.Process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	done.Wait()
	_ = child.Wait()
	if len(acknowledged) < killAt || len(acknowledged) == uploads {
		t.Fatalf("%d of %d uploads were acknowledged: it was not killed in their middle", len(acknowledged), uploads)
	}
	k := &kit{TB: t, l: localawstest.StartAt(t, data)}
	k.root = s3Client(k.l)
	whole := 0
	for i := range uploads {
		got, err := k.get(k.root, fmt.Sprint(i))
		if code, _ := localawstest.Failure(err); code == "NoSuchKey" && !acknowledged[i] {
			continue
		}
		if whole++; err != nil || got != string(content(i)) {
			t.Errorf("object %d, acknowledged %v: %d bytes of %d, %v", i, acknowledged[i], len(got), len(content(i)), err)
		}
	}
	if files, unfinished := k.blobs(); len(files) != whole || len(unfinished) != 0 {
		t.Errorf("%d files and %d unfinished ones of %d objects", len(files), len(unfinished), whole)
	}
}
