package s3_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func (k *kit) attributes(c *s3.Client, key string, names ...types.ObjectAttributes) (*s3.GetObjectAttributesOutput, error) {
	return c.GetObjectAttributes(k.Context(), &s3.GetObjectAttributesInput{Bucket: aws.String(bucket), Key: &key, ObjectAttributes: names, MaxParts: aws.Int32(1), PartNumberMarker: aws.String("1")})
}

func TestAttributesAreThoseThatAreAskedFor(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "text"))
	out, err := k.attributes(k.root, "a", "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize")
	k.must(err)
	if head := k.head("a"); *out.ETag != strings.Trim(*head.ETag, `"`) || *out.ObjectSize != 4 || out.StorageClass != "STANDARD" || aws.ToString(out.Checksum.ChecksumCRC32) == "" ||
		out.Checksum.ChecksumType != "FULL_OBJECT" || out.ObjectParts != nil || !out.LastModified.Equal(*head.LastModified) {
		t.Errorf("attributes %+v", out)
	}
	out, err = k.attributes(k.root, "a", "ObjectSize")
	if err != nil || out.ETag != nil || out.Checksum != nil || *out.ObjectSize != 4 {
		t.Errorf("the size alone: %+v, %v", out, err)
	}
	_, err = k.attributes(k.root, "a", "Other")
	localawstest.WantFailure(t, err, "InvalidArgument", 400)
	_, err = k.attributes(k.root, "b", "ETag")
	localawstest.WantFailure(t, err, "NoSuchKey", 404)

	id, err := k.create(k.root, "parts")
	k.must(err)
	first, err := k.upload(k.root, "parts", id, 3, bytes.Repeat([]byte("x"), fiveMiB))
	k.must(err)
	last, err := k.upload(k.root, "parts", id, 5, []byte("x"))
	k.must(err)
	_, err = k.complete(k.root, "parts", id, first, last)
	k.must(err)
	out, err = k.attributes(k.root, "parts", "ObjectParts")
	k.must(err)
	if p := out.ObjectParts; *p.TotalPartsCount != 2 || len(p.Parts) != 1 || *p.Parts[0].Size != 1 || *p.Parts[0].PartNumber != 2 || *p.Parts[0].ChecksumCRC32 != *last.ChecksumCRC32 || *p.IsTruncated {
		t.Errorf("parts %+v", p)
	}
}

func TestAttributesNeedTheirPermissions(t *testing.T) {
	k := newKit(t, "yellow")
	yellow := k.tenant("yellow")
	k.must(k.putUnder(k.root, k.keys["yellow"], "yellow/a", "text"))
	k.must(k.put(k.root, "blue/a", "text"))
	_, err := k.attributes(yellow, "yellow/a", "ETag")
	k.denied(err, "s3:GetObjectAttributes")
	with := strings.Replace(ownDocuments, `"s3:DeleteObject"`, `"s3:GetObjectAttributes"`, 1)
	k.putRoles(strings.Replace(with, `"s3:GetObject",`, "", 1))
	_, err = k.attributes(yellow, "yellow/a", "ETag")
	k.denied(err, "s3:GetObject ")
	k.putRoles(with)
	_, err = k.attributes(yellow, "blue/a", "ETag")
	k.denied(err, "s3:GetObject")
	_, err = k.attributes(yellow, "yellow/a", "Checksum")
	k.must(err)
	k.putRoles(strings.Replace(with, `"kms:Decrypt",`, "", 1))
	_, err = k.attributes(yellow, "yellow/a", "Checksum")
	k.denied(err, "kms:Decrypt")
	_, err = k.attributes(yellow, "yellow/a", "ETag", "ObjectSize")
	k.must(err)
}

// TestChecksumsOfParts: a checksum over those of the parts goes with theirs; one over all bytes stands alone.
func TestChecksumsOfParts(t *testing.T) {
	k := newKit(t)
	for kind, composite := range map[types.ChecksumType]bool{types.ChecksumTypeComposite: true, types.ChecksumTypeFullObject: false} {
		id, err := k.create(k.root, "a", func(in *s3.CreateMultipartUploadInput) { in.ChecksumType = kind })
		k.must(err)
		first, err := k.upload(k.root, "a", id, 1, bytes.Repeat([]byte("x"), fiveMiB))
		k.must(err)
		last, err := k.upload(k.root, "a", id, 2, []byte("y"))
		k.must(err)
		done, err := k.complete(k.root, "a", id, first, last)
		k.must(err)
		whole := aws.ToString(done.ChecksumCRC32)
		if strings.HasSuffix(whole, "-2") != composite {
			t.Errorf("%s: completed as %s", kind, whole)
		}
		partSum := ""
		if composite {
			partSum = aws.ToString(last.ChecksumCRC32)
		}
		for target, want := range map[string]string{"": whole, "?partNumber=2": partSum} {
			for _, method := range []string{"GET", "HEAD"} {
				a := k.ask(method, "/"+bucket+"/a"+target, "", localawstest.Root, "X-Amz-Checksum-Mode", "ENABLED")
				if got := a.header.Get("X-Amz-Checksum-Crc32"); got != want || (a.header.Get("X-Amz-Checksum-Type") == string(kind)) != (want != "") {
					t.Errorf("%s: %s %q: checksum %q, want %q: %v", kind, method, target, got, want, a.header)
				}
			}
		}
		for bytes, want := range map[string]string{"bytes=0-": whole, "bytes=1-": ""} {
			a := k.ask("GET", "/"+bucket+"/a", "", localawstest.Root, "X-Amz-Checksum-Mode", "ENABLED", "Range", bytes)
			if got := a.header.Get("X-Amz-Checksum-Crc32"); a.status != 206 || got != want {
				t.Errorf("%s: %s: %d, checksum %q, want %q", kind, bytes, a.status, got, want)
			}
		}
		out, err := k.attributes(k.root, "a", "Checksum", "ObjectParts")
		k.must(err)
		if got := aws.ToString(out.Checksum.ChecksumCRC32); got != strings.TrimSuffix(whole, "-2") {
			t.Errorf("%s: attributes have %s of %s", kind, got, whole)
		}
		if *out.ObjectParts.TotalPartsCount != 2 || (len(out.ObjectParts.Parts) > 0) != composite {
			t.Errorf("%s: parts %+v", kind, out.ObjectParts)
		}
	}
}
