package localaws_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func s3Client(l *localawstest.Local, c localawstest.Credentials) *s3.Client {
	return s3.NewFromConfig(l.Config(c), func(o *s3.Options) { o.UsePathStyle = true })
}

func TestObjectIsReadAsItWasWritten(t *testing.T) {
	l := localawstest.Start(t)
	root := s3Client(l, localawstest.Root)
	if _, err := root.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bkt")}); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 1, 64 << 10, 200_000} {
		body := bytes.Repeat([]byte("x"), size)
		if _, err := root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bkt"), Key: aws.String("a/b"), Body: bytes.NewReader(body), ContentType: aws.String("text/plain")}); err != nil {
			t.Fatal(err)
		}
		out, err := root.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bkt"), Key: aws.String("a/b")})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(out.Body)
		if err != nil || !bytes.Equal(got, body) || *out.ContentType != "text/plain" {
			t.Errorf("%d bytes of %d, %v, %s", len(got), size, err, *out.ContentType)
		}
	}
}
