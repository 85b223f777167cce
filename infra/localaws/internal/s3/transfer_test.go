package s3_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// at is a buffer that parts are written into, in any order.
type at []byte

func (b at) WriteAt(p []byte, offset int64) (int, error) { return copy(b[offset:], p), nil }

// The SDK's own manager of large objects sends and asks for parts, several at once.
func TestTransferManagerMovesALargeObject(t *testing.T) {
	k := newKit(t, "yellow", "blue")
	object := make([]byte, 64<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(object) // never fails
	yellow := transfermanager.New(k.tenant("yellow"))
	upload := func(key, kmsKey string) error {
		_, err := yellow.UploadObject(t.Context(), &transfermanager.UploadObjectInput{
			Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader(object), ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyID: &kmsKey,
		})
		return err
	}
	k.must(upload("yellow/large", k.keys["yellow"]))
	k.denied(upload("blue/large", k.keys["yellow"]), "s3:PutObject")
	k.denied(upload("yellow/other", k.keys["blue"]), "kms:GenerateDataKey")

	got := make(at, len(object))
	in := &transfermanager.DownloadObjectInput{Bucket: aws.String(bucket), Key: aws.String("yellow/large"), WriterAt: got}
	_, err := yellow.DownloadObject(t.Context(), in)
	k.must(err)
	if !bytes.Equal(got, object) {
		t.Error("it came back as another object")
	}
	head, err := k.root.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: in.Key, PartNumber: aws.Int32(1)})
	if k.must(err); aws.ToInt32(head.PartsCount) < 2 {
		t.Errorf("%d parts, want several", aws.ToInt32(head.PartsCount))
	}
	_, err = transfermanager.New(k.tenant("blue")).DownloadObject(t.Context(), in)
	k.denied(err, "s3:GetObject")
}
