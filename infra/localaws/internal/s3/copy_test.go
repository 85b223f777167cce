package s3_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

func (k *kit) copy(c *s3.Client, from, to string, change ...func(*s3.CopyObjectInput)) error {
	in := &s3.CopyObjectInput{Bucket: aws.String(bucket), Key: &to, CopySource: aws.String(bucket + "/" + from)}
	for _, do := range change {
		do(in)
	}
	_, err := c.CopyObject(k.Context(), in)
	return err
}

func copyUnder(key string) func(*s3.CopyObjectInput) {
	return func(in *s3.CopyObjectInput) {
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, &key
	}
}

func (k *kit) head(key string) *s3.HeadObjectOutput {
	k.Helper()
	out, err := k.root.HeadObject(k.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: &key})
	k.must(err)
	return out
}

func TestCopyNeedsBothSides(t *testing.T) {
	k := newKit(t, "yellow", "blue")
	yellow := k.tenant("yellow")
	own, theirs := copyUnder(k.keys["yellow"]), copyUnder(k.keys["blue"])
	for tenant, key := range k.keys {
		k.must(k.putUnder(k.root, key, tenant+"/a", "of "+tenant))
	}
	k.must(k.putUnder(k.root, k.keys["blue"], "yellow/foreign", "of blue"))
	k.must(k.put(k.root, "yellow/plain", "plain"))

	k.denied(k.copy(yellow, "blue/a", "yellow/b", own), "s3:GetObject")
	k.denied(k.copy(yellow, "yellow/../blue/a", "yellow/b", own), "s3:ListBucket") // its own flat key, which is not there
	k.denied(k.copy(yellow, "yellow/a", "blue/b", own), "s3:PutObject")
	k.denied(k.copy(yellow, "yellow/a", "yellow/b", theirs), "kms:GenerateDataKey")
	k.denied(k.copy(yellow, "yellow/foreign", "yellow/b", own), "kms:Decrypt")
	k.denied(k.copy(yellow, "blue/missing", "yellow/b", own), "s3:GetObject")
	for _, key := range []string{"yellow/b", "blue/b"} {
		k.isMissing(key)
	}
	k.must(k.copy(yellow, "yellow/a", "yellow/b", own))
	k.holds("yellow/b", "of yellow")
	k.must(k.copy(yellow, "yellow/plain", "yellow/b", own))
	k.holds("yellow/b", "plain")
	localawstest.WantFailure(t, k.copy(k.root, "yellow/missing", "yellow/b"), "NoSuchKey", 404)
	localawstest.WantFailure(t, k.copy(k.root, "x", "yellow/b", func(in *s3.CopyObjectInput) { in.CopySource = aws.String("other-bucket/a") }), "NoSuchBucket", 404)
}

func TestEncryptionOfACopyIsNotThatOfItsSource(t *testing.T) {
	k := newKit(t, "yellow")
	k.must(k.putUnder(k.root, k.keys["yellow"], "a", "text"))
	k.must(k.copy(k.root, "a", "b"))
	if got := k.head("b"); got.ServerSideEncryption != "AES256" || got.SSEKMSKeyId != nil {
		t.Errorf("the copy is encrypted with %s under %v", got.ServerSideEncryption, got.SSEKMSKeyId)
	}
	k.holds("b", "text")
	k.must(k.copy(k.root, "b", "c", copyUnder(k.keys["yellow"])))
	if got := k.head("c"); got.ServerSideEncryption != "aws:kms" || !strings.HasSuffix(aws.ToString(got.SSEKMSKeyId), k.keys["yellow"]) {
		t.Errorf("the copy is encrypted with %s under %v", got.ServerSideEncryption, got.SSEKMSKeyId)
	}
	k.holds("c", "text")
}

func TestCopyHasMetadataAndTagsAsDirected(t *testing.T) {
	k := newKit(t)
	_, err := k.root.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String("a"), Body: strings.NewReader("text"), ContentType: aws.String("text/plain"), Metadata: map[string]string{"kind": "bill"}, Tagging: aws.String("Kind=bill"),
	})
	k.must(err)
	replace := func(in *s3.CopyObjectInput) {
		in.MetadataDirective, in.ContentType, in.Metadata = types.MetadataDirectiveReplace, aws.String("image/png"), map[string]string{"kind": "photo"}
	}
	retag := func(in *s3.CopyObjectInput) {
		in.TaggingDirective, in.Tagging = types.TaggingDirectiveReplace, aws.String("Kind=photo")
	}
	for name, row := range map[string]struct {
		change             []func(*s3.CopyObjectInput)
		kind, mime, tagged string
	}{
		"copied":        {nil, "bill", "text/plain", "map[Kind:bill]"},
		"replaced":      {[]func(*s3.CopyObjectInput){replace, retag}, "photo", "image/png", "map[Kind:photo]"},
		"ignored":       {[]func(*s3.CopyObjectInput){replace, func(in *s3.CopyObjectInput) { in.MetadataDirective = "" }}, "bill", "text/plain", "map[Kind:bill]"},
		"tags removed":  {[]func(*s3.CopyObjectInput){func(in *s3.CopyObjectInput) { in.TaggingDirective = types.TaggingDirectiveReplace }}, "bill", "text/plain", "map[]"},
		"only metadata": {[]func(*s3.CopyObjectInput){replace}, "photo", "image/png", "map[Kind:bill]"},
	} {
		k.must(k.copy(k.root, "a", "b", row.change...))
		if got := k.head("b"); got.Metadata["kind"] != row.kind || *got.ContentType != row.mime {
			t.Errorf("%s: metadata %v, type %s", name, got.Metadata, *got.ContentType)
		}
		k.isTagged("b", row.tagged)
	}
	localawstest.WantFailure(t, k.copy(k.root, "a", "a"), "InvalidRequest", 400)
	k.must(k.copy(k.root, "a", "a", replace))
	k.holds("a", "text")
	localawstest.WantFailure(t, k.copy(k.root, "a", "b", func(in *s3.CopyObjectInput) { in.Tagging = aws.String("a=b") }), "InvalidArgument", 400)
	localawstest.WantFailure(t, k.copy(k.root, "a", "b", func(in *s3.CopyObjectInput) { in.MetadataDirective = "OTHER" }), "InvalidArgument", 400)
}

// Tags are permissions: who may not read or write them does not copy them.
func TestTagsAreCopiedWithAPermission(t *testing.T) {
	k := newKit(t)
	yellow := k.tenant("yellow")
	_, err := k.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("yellow/a"), Body: strings.NewReader("text"), Tagging: aws.String("Kind=bill")})
	k.must(err)
	k.denied(k.copy(yellow, "yellow/a", "yellow/b"), "s3:GetObjectTagging")
	k.putRoles(strings.Replace(ownDocuments, `"s3:DeleteObject"`, `"s3:GetObjectTagging"`, 1))
	k.denied(k.copy(yellow, "yellow/a", "yellow/b"), "s3:PutObjectTagging")
	k.must(k.copy(yellow, "yellow/a", "yellow/b", func(in *s3.CopyObjectInput) { in.TaggingDirective = types.TaggingDirectiveReplace }))
	k.isTagged("yellow/b", "map[]")
	const photos = `{"Effect":"Allow","Action":"s3:PutObjectTagging","Resource":"*","Condition":{"StringEquals":{"s3:RequestObjectTag/Kind":"photo"}}},`
	k.putRoles(strings.Replace(strings.Replace(ownDocuments, `"s3:DeleteObject"`, `"s3:GetObjectTagging"`, 1), "[", "["+photos, 1))
	k.denied(k.copy(yellow, "yellow/a", "yellow/b"), "s3:PutObjectTagging")
	k.putRoles(strings.Replace(ownDocuments, `"s3:DeleteObject"`, `"s3:GetObjectTagging","s3:PutObjectTagging"`, 1))
	k.must(k.copy(yellow, "yellow/a", "yellow/b"))
	k.isTagged("yellow/b", "map[Kind:bill]")
}

func TestCopyIsConditional(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "text"))
	etag, modified := *k.head("a").ETag, *k.head("a").LastModified
	for name, change := range map[string]func(*s3.CopyObjectInput){
		"if-match":            func(in *s3.CopyObjectInput) { in.CopySourceIfMatch = aws.String("x") },
		"if-none-match":       func(in *s3.CopyObjectInput) { in.CopySourceIfNoneMatch = &etag },
		"if-modified-since":   func(in *s3.CopyObjectInput) { in.CopySourceIfModifiedSince = &modified },
		"if-unmodified-since": func(in *s3.CopyObjectInput) { in.CopySourceIfUnmodifiedSince = aws.Time(modified.Add(-time.Minute)) },
	} {
		t.Run(name, func(t *testing.T) {
			localawstest.WantFailure(t, k.copy(k.root, "a", "b", change), "PreconditionFailed", 412)
		})
	}
	k.isMissing("b")
	k.must(k.copy(k.root, "a", "b", func(in *s3.CopyObjectInput) {
		in.CopySourceIfMatch, in.CopySourceIfModifiedSince = &etag, aws.Time(modified.Add(-time.Minute))
	}))
	k.holds("b", "text")
}

func TestPartsAreCopied(t *testing.T) {
	k := newKit(t, "yellow", "blue")
	k.putRoles(ownUploads)
	yellow := k.tenant("yellow")
	body := bytes.Repeat([]byte("0123456789"), 700_000)
	k.must(k.putUnder(k.root, k.keys["yellow"], "yellow/a", string(body)))
	k.must(k.put(k.root, "blue/a", "of blue"))
	k.must(k.putUnder(k.root, k.keys["blue"], "yellow/foreign", "of blue"))
	id, err := k.create(yellow, "yellow/b", under(k.keys["yellow"]))
	k.must(err)
	part := func(number int32, from, bytes string) (types.CompletedPart, error) {
		in := &s3.UploadPartCopyInput{Bucket: aws.String(bucket), Key: aws.String("yellow/b"), UploadId: &id, PartNumber: &number, CopySource: aws.String(bucket + "/" + from)}
		if bytes != "" {
			in.CopySourceRange = &bytes
		}
		out, err := yellow.UploadPartCopy(t.Context(), in)
		if err != nil {
			return types.CompletedPart{}, err
		}
		return types.CompletedPart{PartNumber: &number, ETag: out.CopyPartResult.ETag, ChecksumCRC32: out.CopyPartResult.ChecksumCRC32}, nil
	}
	_, err = part(1, "blue/a", "")
	k.denied(err, "s3:GetObject")
	_, err = part(1, "yellow/foreign", "")
	k.denied(err, "kms:Decrypt")
	for _, bytes := range []string{"bytes=0-7000000", "bytes=2-1", "bytes=-5", "bytes=5-", "0-1", "bytes=0-1,3-4"} {
		_, err = part(1, "yellow/a", bytes)
		localawstest.WantFailure(t, err, "InvalidArgument", 400)
	}
	first, err := part(1, "yellow/a", "")
	k.must(err)
	last, err := part(2, "yellow/a", "bytes=3-12")
	k.must(err)
	_, err = k.complete(yellow, "yellow/b", id, first, last)
	k.must(err)
	k.holds("yellow/b", string(body)+"3456789012")
}
