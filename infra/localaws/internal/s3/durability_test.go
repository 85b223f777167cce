package s3_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// blobs are the files with objects' bytes, and the unfinished ones among them.
func (k *kit) blobs() (whole, unfinished []string) {
	k.Helper()
	for into, pattern := range map[*[]string]string{&whole: "s3/*", &unfinished: "s3/unfinished/*"} {
		all, err := filepath.Glob(filepath.Join(k.l.Data(), pattern))
		if err != nil {
			k.Fatal(err)
		}
		for _, path := range all {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				*into = append(*into, path)
			}
		}
	}
	return whole, unfinished
}

// begin sends the header of a PUT of size bytes, and the first of them.
func (k *kit) begin(key string, body []byte, sent int) (net.Conn, *http.Request) {
	k.Helper()
	r := k.request("PUT", "/"+bucket+"/"+key, string(body))
	if err := k.l.Sign(r, body, localawstest.Root, "s3"); err != nil {
		k.Fatal(err)
	}
	conn, err := net.Dial("tcp", r.URL.Host)
	if err != nil {
		k.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", r.URL.EscapedPath(), r.URL.Host, len(body))
	_ = r.Header.Write(conn)
	fmt.Fprint(conn, "\r\n")
	if _, err := conn.Write(body[:sent]); err != nil {
		k.Fatal(err)
	}
	return conn, r
}

func TestUploadThatIsCutOffLeavesNothing(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "before"))
	whole, _ := k.blobs()
	body := make([]byte, 1<<20)
	rand.Read(body)
	for _, half := range []bool{true, false} {
		conn, r := k.begin("a", body, len(body)/2)
		if half { // the client ends its side, and reads
			_ = conn.(*net.TCPConn).CloseWrite()
			response, err := http.ReadResponse(bufio.NewReader(conn), r)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(response.Body)
			response.Body.Close()
			k.wants(answer{response.StatusCode, response.Header, string(text)}, 400, "IncompleteBody")
		}
		_ = conn.Close()
	}
	k.eventually(func() bool {
		now, unfinished := k.blobs()
		return len(now) == len(whole) && len(unfinished) == 0
	})
	k.holds("a", "before")
}

// eventually waits for what happens once a connection has ended.
func (k *kit) eventually(is func() bool) {
	k.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); {
		if time.Now().After(deadline) {
			k.Fatal("it did not happen within ten seconds")
		}
	}
}

func TestUploadsAreThereAfterARestartOrNotAtAll(t *testing.T) {
	k := newKit(t)
	body := make([]byte, 300_000)
	rand.Read(body)
	conn, _ := k.begin("half", body, len(body)/2)
	k.eventually(func() bool { _, unfinished := k.blobs(); return len(unfinished) == 1 })
	var done sync.WaitGroup
	for i := range 20 {
		done.Go(func() {
			if _, err := k.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(fmt.Sprint("whole/", i)), Body: bytes.NewReader(body)}); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	// The data as a kill would leave it: the half object is still written to.
	copied := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(copied, os.DirFS(k.l.Data())); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	again := localawstest.StartAt(t, copied)
	k.l, k.root = again, s3Client(again)
	for i := range 20 {
		k.holds(fmt.Sprint("whole/", i), string(body))
	}
	k.isMissing("half")
	if whole, unfinished := k.blobs(); len(whole) != 20 || len(unfinished) != 0 {
		t.Errorf("%d files, %d unfinished; want 20 and none", len(whole), len(unfinished))
	}
}

func TestBlobThatWasChangedIsNeverAnswered(t *testing.T) {
	k := newKit(t, "yellow")
	long, short := strings.Repeat("yellow", 30_000), "of blue"
	k.must(k.putUnder(k.root, k.keys["yellow"], "a", long))
	blobA, _ := k.blobs()
	k.must(k.put(k.root, "b", short))
	k.must(k.put(k.root, "c", strings.Repeat("x", len(short))))
	all, _ := k.blobs()
	if len(blobA) != 1 || len(all) != 3 {
		t.Fatalf("%d and %d files", len(blobA), len(all))
	}
	sealed, err := os.ReadFile(blobA[0])
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("yellow")) {
		t.Error("the bytes of an object stand in its file as they are")
	}
	flipped, late := bytes.Clone(sealed), bytes.Clone(sealed)
	flipped[10] ^= 1
	late[len(late)-1] ^= 1
	for name, content := range map[string][]byte{"flipped": flipped, "cut off": sealed[:len(sealed)-1], "a frame less": sealed[:64<<10+16], "longer": append(bytes.Clone(sealed), 0), "empty": {}} {
		k.overwrite(blobA[0], content)
		k.wants(k.ask("GET", "/"+bucket+"/a", "", localawstest.Root), 500, "InternalError")
		_ = name
	}
	// What is found in the last frame breaks the answer off: it is shorter than it says.
	k.overwrite(blobA[0], late)
	if a := k.ask("GET", "/"+bucket+"/a", "", localawstest.Root); len(a.body) >= len(long) || a.header.Get("Content-Length") != fmt.Sprint(len(long)) {
		t.Errorf("%d bytes of %d, length %s", len(a.body), len(long), a.header.Get("Content-Length"))
	}
	if a := k.ask("GET", "/"+bucket+"/a", "", localawstest.Root, "Range", "bytes=0-5"); a.body != "yellow" {
		t.Errorf("control: a range of the frames that are whole: %d %s", a.status, a.body)
	}
	k.overwrite(blobA[0], sealed)
	k.holds("a", long)
	var small []string
	for _, path := range all {
		if path != blobA[0] {
			small = append(small, path)
		}
	}
	one, _ := os.ReadFile(small[0])
	two, _ := os.ReadFile(small[1])
	k.overwrite(small[0], two)
	k.overwrite(small[1], one)
	for _, key := range []string{"b", "c"} {
		k.wants(k.ask("GET", "/"+bucket+"/"+key, "", localawstest.Root), 500, "InternalError")
	}
	k.overwrite(small[0], one)
	k.overwrite(small[1], two)
	k.holds("b", short)
}

func (k *kit) overwrite(path string, content []byte) {
	k.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		k.Fatal(err)
	}
}

// TestObjectIsReadToItsEndWhileItIsReplaced: by who reads it.
func TestObjectIsReadToItsEndWhileItIsReplaced(t *testing.T) {
	k := newKit(t)
	long := strings.Repeat("0123456789abcdef", 1<<20)
	k.must(k.put(k.root, "a", long))
	out, err := k.root.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("a")})
	k.must(err)
	defer out.Body.Close()
	k.must(k.put(k.root, "a", "new"))
	k.holds("a", "new")
	if got, err := io.ReadAll(out.Body); err != nil || string(got) != long {
		t.Errorf("%d bytes of %d, %v", len(got), len(long), err)
	}
	k.eventually(func() bool { whole, _ := k.blobs(); return len(whole) == 1 })
}
