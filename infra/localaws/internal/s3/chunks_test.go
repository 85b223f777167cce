package s3_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// chunker signs chunks as SDKs do.
type chunker struct {
	key             []byte
	place, previous string
}

func hmacOf(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// newChunker signs behind the signature of r, which declares a payload in signed chunks.
func newChunker(r *http.Request, secret, region string) *chunker {
	stamp := r.Header.Get("X-Amz-Date")
	key := []byte("AWS4" + secret)
	for _, part := range []string{stamp[:8], region, "s3", "aws4_request"} {
		key = hmacOf(key, part)
	}
	_, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	return &chunker{key, stamp + "\n" + stamp[:8] + "/" + region + "/s3/aws4_request\n", signature}
}

func (c *chunker) chunk(text string) string {
	c.previous = hex.EncodeToString(hmacOf(c.key, "AWS4-HMAC-SHA256-PAYLOAD\n"+c.place+c.previous+"\n"+hashOf("")+"\n"+hashOf(text)))
	return fmt.Sprintf("%x;chunk-signature=%s\r\n%s\r\n", len(text), c.previous, text)
}

// inChunks sends a PUT whose payload word and body make gives; the word is signed.
func (k *kit) inChunks(word, trailer string, size int, c localawstest.Credentials, body func(*http.Request) string) answer {
	k.Helper()
	r := k.request("PUT", "/"+bucket+"/yellow/a", "x")
	r.Header.Set("Content-Encoding", "aws-chunked,gzip")
	r.Header.Set("X-Amz-Decoded-Content-Length", fmt.Sprint(size))
	if trailer != "" {
		r.Header.Set("X-Amz-Trailer", trailer)
	}
	k.signWord(r, word, c)
	text := body(r)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return k.send(r, "", c)
}

func TestBodiesInChunks(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	text := strings.Repeat("0123456789", 10_000)
	const crc = "x-amz-checksum-crc32"
	encoded := func(value string) func(*http.Request) string {
		return func(*http.Request) string {
			return fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n0\r\n%s:%s\r\n\r\n", 65536, text[:65536], len(text)-65536, text[65536:], crc, value)
		}
	}
	const unsigned, signed = "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	sum := crc32Of(text)
	k.wants(k.inChunks(unsigned, crc, len(text), yellow, encoded(sum)), 200, "")
	k.holds("yellow/a", text)
	if encoding := k.ask("HEAD", "/"+bucket+"/yellow/a", "", localawstest.Root).header.Get("Content-Encoding"); encoding != "gzip" {
		t.Errorf("Content-Encoding %q, want that of the object alone", encoding)
	}
	inSigned := func(spoil func(string) string) func(*http.Request) string {
		return func(r *http.Request) string {
			c := newChunker(r, yellow.SecretAccessKey, k.l.Region)
			return spoil(c.chunk("first part, ") + c.chunk("second part") + strings.TrimSuffix(c.chunk(""), "\r\n") + "\r\n")
		}
	}
	as := func(s string) string { return s }
	k.wants(k.inChunks(signed, "", 23, yellow, inSigned(as)), 200, "")
	k.holds("yellow/a", "first part, second part")
	replace := func(from, to string) func(string) string {
		return func(s string) string { return strings.Replace(s, from, to, 1) }
	}
	for _, test := range []struct {
		name   string
		word   string
		size   int
		body   func(*http.Request) string
		status int
		code   string
	}{
		{"another checksum", unsigned, len(text), encoded("AAAAAA=="), 400, "BadDigest"},
		{"no checksum", unsigned, len(text), encoded(""), 400, "InvalidRequest"},
		{"another length", unsigned, len(text) - 1, encoded(sum), 400, "InvalidRequest"},
		{"a longer length", unsigned, len(text) + 1, encoded(sum), 400, "InvalidRequest"},
		{"plain", unsigned, len(text), func(*http.Request) string { return text }, 400, "InvalidRequest"},
		{"another chunk", signed, 23, inSigned(replace("second", "SECOND")), 403, "SignatureDoesNotMatch"},
		{"a signature", signed, 23, inSigned(replace("signature=", "signature=0")), 403, "SignatureDoesNotMatch"},
		{"no signature", signed, 23, inSigned(replace(";chunk-signature=", ";x=")), 400, "InvalidRequest"},
		{"cut off", signed, 23, inSigned(func(s string) string { return s[:60] }), 400, "IncompleteBody"},
		{"without the end", signed, 23, inSigned(func(s string) string { return s[:strings.Index(s, "\r\n0;")+2] }), 400, "IncompleteBody"},
		{"an end too many", signed, 23, inSigned(func(s string) string { return s + "\r\n" }), 400, "InvalidRequest"},
	} {
		trailer := crc
		if test.word == signed {
			trailer = ""
		}
		if a := k.inChunks(test.word, trailer, test.size, yellow, test.body); a.status != test.status || !strings.Contains(a.body, test.code) {
			t.Errorf("%s: %d %s, want %d %s", test.name, a.status, a.body, test.status, test.code)
		}
		k.holds("yellow/a", "first part, second part")
	}
	other := k.session("yellow")
	k.wants(k.inChunks(signed, "", 23, yellow, func(r *http.Request) string {
		c := newChunker(r, other.SecretAccessKey, k.l.Region)
		return c.chunk("first part, ") + c.chunk("second part") + c.chunk("")
	}), 403, "SignatureDoesNotMatch")
}

func TestUnsignedBodyIsTakenForS3Alone(t *testing.T) {
	k := newKit(t)
	yellow := k.session("yellow")
	r := k.request("PUT", "/"+bucket+"/yellow/u", "text")
	k.signWord(r, "UNSIGNED-PAYLOAD", yellow)
	k.wants(k.send(r, "", yellow), 200, "")
	k.holds("yellow/u", "text")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.l.URL+"/", bytes.NewReader([]byte("{}")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
	k.signWordFor(r, "UNSIGNED-PAYLOAD", localawstest.Root, "dynamodb")
	if a := k.send(r, "", localawstest.Root); a.status != 400 || !strings.Contains(a.body, "InvalidSignatureException") {
		t.Errorf("dynamodb: %d %s", a.status, a.body)
	}
}
