package sigv4_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"example.com/shiptrack/infra/localaws/internal/sigv4"
)

// putObject is a signed PUT whose headers declare hash.
func putObject(t *testing.T, hash string) *http.Request {
	t.Helper()
	c := call{method: http.MethodPut, url: "http://localhost:4566/bkt/key", service: "s3", creds: session, at: at}
	r := c.request(t)
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if err := v4.NewSigner().SignHTTP(t.Context(), c.creds, r, hash, c.service, "us-east-1", c.at, forS3(c.service)); err != nil {
		t.Fatal(err)
	}
	return overTheWire(t, r)
}

func TestBodyIsCheckedWhileItIsRead(t *testing.T) {
	const signed = "bill of lading"
	hash := hashOf(signed)
	for name, tc := range map[string]struct {
		body, hash string
		good       bool
	}{
		"the body":        {signed, hash, true},
		"another body":    {"bill of loading", hash, false},
		"less of it":      {signed[:5], hash, false},
		"more of it":      {signed + "x", hash, false},
		"nothing":         {"", hash, false},
		"unsigned":        {"whatever", "UNSIGNED-PAYLOAD", true},
		"unsigned chunks": {"whatever", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", true},
	} {
		o := options()
		o.UnsignedPayload = true
		opened, err := sigv4.Open(putObject(t, tc.hash), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := opened.VerifyClaim(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := opened.Verify([]byte(tc.body)); tc.good != (err == nil) { // the body at once, as other services have it
			t.Errorf("%s: verified with its body: %v; want good %v", name, err, tc.good)
		}
		if want, got := strings.HasPrefix(tc.hash, "STREAMING"), isChunked(opened); got != want || opened.Chunks() != nil {
			t.Errorf("%s: chunked is %v, want %v without signatures", name, got, want)
		}
		got, err := io.ReadAll(opened.Body(strings.NewReader(tc.body)))
		wrong, isError := errors.AsType[*sigv4.Error](err)
		if tc.good != (err == nil) || !tc.good && (!isError || wrong.Kind != sigv4.Payload) {
			t.Errorf("%s: %q, %v; want good %v", name, got, err, tc.good)
		}
	}
}

func isChunked(o *sigv4.Opened) bool {
	chunked, _ := o.Chunked()
	return chunked
}

// TestChunksOfTheDocumentation is the example of the S3 API Reference, "Signature calculations for the Authorization header: Transferring payload in
// multiple chunks (chunked upload)", and that of "... Including trailing headers".
func TestChunksOfTheDocumentation(t *testing.T) {
	as := func(n int) []byte {
		sum := sha256.Sum256([]byte(strings.Repeat("a", n)))
		return sum[:]
	}
	for _, tc := range []struct {
		payload, headers, seed string
		chunks                 []string
		trailer                string
	}{
		{
			"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
			"4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
			[]string{"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"}, "",
		},
		{
			"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
			"106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
			[]string{"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"},
			"d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
		},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://s3.amazonaws.com/examplebucket/chunkObject.txt", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 66824
		for name, value := range map[string]string{
			"X-Amz-Date": "20130524T000000Z", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY", "X-Amz-Content-Sha256": tc.payload, "Content-Encoding": "aws-chunked",
			"X-Amz-Decoded-Content-Length": "66560", "X-Amz-Trailer": "x-amz-checksum-crc32c",
			"Authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" + tc.headers + ",Signature=" + tc.seed,
		} {
			if name != "X-Amz-Trailer" || tc.trailer != "" {
				r.Header.Set(name, value)
			}
		}
		opened, err := sigv4.Open(r, sigv4.Options{
			Now: time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC), UnsignedPayload: true,
			Secret: func(string, string) (*sigv4.Secret, error) {
				return sigv4.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := opened.VerifyClaim(); err != nil {
			t.Errorf("%s: %v", tc.payload, err)
		}
		if _, err := opened.Verify(nil); err == nil {
			t.Errorf("%s: taken for the hash of a body", tc.payload)
		}
		chunks := opened.Chunks()
		for i, size := range []int{65536, 1024, 0} {
			if !chunks.Chunk(as(size), tc.chunks[i]) {
				t.Errorf("%s: the signature of chunk %d is not that of the documentation", tc.payload, i)
			}
		}
		if tc.trailer != "" && !chunks.Trailer("x-amz-checksum-crc32c:sOO8/Q==\n", tc.trailer) {
			t.Error("the signature of the trailer is not that of the documentation")
		}
		if again := opened.Chunks(); again.Chunk(as(1024), tc.chunks[1]) {
			t.Error("the second chunk is taken for the first")
		}
	}
}

func TestClaimIsVerifiedForS3Alone(t *testing.T) {
	o := options()
	o.UnsignedPayload = true
	c := getItemCall()
	c.header["X-Amz-Content-Sha256"] = hashOf(getItem)
	opened, err := sigv4.Open(c.signed(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened.VerifyClaim(); err == nil {
		t.Error("a request to DynamoDB is verified without its body")
	}
	if _, err := opened.Verify([]byte(getItem)); err != nil {
		t.Errorf("control: %v", err)
	}
	changed := putObject(t, "UNSIGNED-PAYLOAD")
	changed.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	if opened, err = sigv4.Open(changed, o); err != nil {
		t.Fatal(err)
	}
	if _, err := opened.VerifyClaim(); err == nil {
		t.Error("a hash that was changed after the signature is taken")
	}
	for _, hash := range []string{"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-EVENTS", "STREAMING", "x"} {
		if _, err := sigv4.Open(putObject(t, hash), o); err == nil {
			t.Errorf("%s is taken", hash)
		}
	}
	o.UnsignedPayload = false
	if _, err := sigv4.Open(putObject(t, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), o); err == nil {
		t.Error("chunks are taken where bodies must be signed")
	}
}
