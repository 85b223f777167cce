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
