package s3_test

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// boto3 gives metadata the names that the answer has: S3's are in small letters, whatever was sent.
func TestMetadataHasNamesInSmallLetters(t *testing.T) {
	k := newKit(t)
	r := k.request("PUT", "/"+bucket+"/a", "text")
	r.Header["X-Amz-Meta-Kind"] = []string{"bill"}
	k.wants(k.send(r, "text", localawstest.Root), 200, "")
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r := k.request(method, "/"+bucket+"/a", "")
		k.must(k.l.Sign(r, nil, localawstest.Root, "s3"))
		c, err := net.Dial("tcp", r.URL.Host)
		k.must(err)
		k.must(r.Write(c))
		in, head := bufio.NewReader(c), ""
		for !strings.HasSuffix(head, "\r\n\r\n") {
			line, err := in.ReadString('\n')
			k.must(err)
			head += line
		}
		k.must(c.Close())
		if !strings.Contains(head, "\r\nx-amz-meta-kind: bill\r\n") {
			t.Errorf("%s: %q, want x-amz-meta-kind", method, head)
		}
	}
}

// TestEncodingsAreKeptButThatOfTheTransfer: Content-Encoding is given back as it came, without aws-chunked.
func TestEncodingsAreKeptButThatOfTheTransfer(t *testing.T) {
	k := newKit(t)
	for given, want := range map[string]string{"gzip": "gzip", "deflate, gzip": "deflate, gzip"} {
		k.wants(k.ask("PUT", "/"+bucket+"/a", "text", localawstest.Root, "Content-Encoding", given), 200, "")
		if got := k.ask("HEAD", "/"+bucket+"/a", "", localawstest.Root).header.Get("Content-Encoding"); got != want {
			t.Errorf("%q is given back as %q, want %q", given, got, want)
		}
	}
}

// TestReadsSayNothingOfEncryption: S3 API Reference, GetObject and HeadObject.
func TestReadsSayNothingOfEncryption(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "text"))
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, headers := range [][]string{{"X-Amz-Server-Side-Encryption", "AES256"}, {"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "x"}} {
			if a := k.ask(method, "/"+bucket+"/a", "", localawstest.Root, headers...); a.status != 400 {
				t.Errorf("%s with %v: %d, want 400", method, headers, a.status)
			}
		}
	}
}
