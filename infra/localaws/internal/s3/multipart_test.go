package s3_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// ownUploads lets a tenant upload in parts under its own prefix, with its own key.
const ownUploads = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"],"Resource":"arn:aws:s3:::localaws-test/${aws:PrincipalTag/TenantID}/*"},
	{"Effect":"Allow","Action":"s3:ListBucketMultipartUploads","Resource":"arn:aws:s3:::localaws-test","Condition":{"StringLike":{"s3:prefix":"${aws:PrincipalTag/TenantID}/*"}}},
	{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{
	 "StringEquals":{"aws:PrincipalTag/TenantID":"${aws:ResourceTag/TenantID}"},
	 "StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::localaws-test/${aws:PrincipalTag/TenantID}/*"}}}]}`

func (k *kit) create(c *s3.Client, key string, change ...func(*s3.CreateMultipartUploadInput)) (string, error) {
	in := &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32}
	for _, do := range change {
		do(in)
	}
	out, err := c.CreateMultipartUpload(k.Context(), in)
	if err != nil {
		return "", err
	}
	return *out.UploadId, nil
}

func (k *kit) upload(c *s3.Client, key, id string, number int32, body []byte) (types.CompletedPart, error) {
	out, err := c.UploadPart(k.Context(), &s3.UploadPartInput{Bucket: aws.String(bucket), Key: &key, UploadId: &id, PartNumber: &number, Body: bytes.NewReader(body)})
	if err != nil {
		return types.CompletedPart{}, err
	}
	return types.CompletedPart{
		PartNumber: &number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC64NVME: out.ChecksumCRC64NVME, ChecksumSHA256: out.ChecksumSHA256,
	}, nil
}

func (k *kit) complete(c *s3.Client, key, id string, parts ...types.CompletedPart) (*s3.CompleteMultipartUploadOutput, error) {
	return c.CompleteMultipartUpload(k.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(bucket), Key: &key, UploadId: &id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
}

func under(key string) func(*s3.CreateMultipartUploadInput) {
	return func(in *s3.CreateMultipartUploadInput) {
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, &key
	}
}

const fiveMiB = 5 << 20

func TestObjectIsUploadedInParts(t *testing.T) {
	k := newKit(t, "yellow")
	k.putRoles(ownUploads)
	yellow := k.tenant("yellow")
	first, last := bytes.Repeat([]byte("first."), fiveMiB/6+1), []byte("last")
	for name, change := range map[string]func(*s3.CreateMultipartUploadInput){
		"the store's key": func(in *s3.CreateMultipartUploadInput) { in.ContentType = aws.String("application/pdf") },
		"a KMS key":       under(k.keys["yellow"]),
		"full object":     func(in *s3.CreateMultipartUploadInput) { in.ChecksumType = types.ChecksumTypeFullObject },
		"SHA-256":         func(in *s3.CreateMultipartUploadInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 },
		"none declared":   func(in *s3.CreateMultipartUploadInput) { in.ChecksumAlgorithm = "" },
		"CRC-64":          func(in *s3.CreateMultipartUploadInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmCrc64nvme },
	} {
		t.Run(name, func(t *testing.T) {
			var algorithm types.ChecksumAlgorithm
			id, err := k.create(yellow, "yellow/a", change, func(in *s3.CreateMultipartUploadInput) { algorithm = in.ChecksumAlgorithm })
			k.must(err)
			var parts []types.CompletedPart
			for number, body := range map[int32][]byte{1: first, 2: last} {
				out, err := yellow.UploadPart(t.Context(), &s3.UploadPartInput{
					Bucket: aws.String(bucket), Key: aws.String("yellow/a"), UploadId: &id, PartNumber: &number, Body: bytes.NewReader(body), ChecksumAlgorithm: algorithm,
				})
				k.must(err)
				parts = append(parts, types.CompletedPart{
					PartNumber: &number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC64NVME: out.ChecksumCRC64NVME, ChecksumSHA256: out.ChecksumSHA256,
				})
			}
			if *parts[0].PartNumber == 2 {
				parts[0], parts[1] = parts[1], parts[0]
			}
			done, err := k.complete(yellow, "yellow/a", id, parts...)
			k.must(err)
			if !strings.HasSuffix(*done.ETag, `-2"`) {
				t.Errorf("ETag %s", *done.ETag)
			}
			out, err := yellow.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("yellow/a"), ChecksumMode: types.ChecksumModeEnabled})
			k.must(err)
			got, err := io.ReadAll(out.Body) // the client compares a FULL_OBJECT checksum itself
			if err != nil || !bytes.Equal(got, append(bytes.Clone(first), last...)) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if composite := done.ChecksumType == types.ChecksumTypeComposite; composite != (name != "full object" && name != "CRC-64" && name != "none declared") {
				t.Errorf("checksum type %s", done.ChecksumType)
			}
			if out.ChecksumType != done.ChecksumType || aws.ToString(out.ChecksumCRC32) != aws.ToString(done.ChecksumCRC32) || aws.ToString(out.ChecksumSHA256) != aws.ToString(done.ChecksumSHA256) {
				t.Errorf("checksums of GET %+v, of Complete %+v", out, done)
			}
		})
	}
}

func TestETagIsThatOfTheParts(t *testing.T) {
	k := newKit(t)
	id, err := k.create(k.root, "a")
	k.must(err)
	all := md5.New()
	var parts []types.CompletedPart
	for i, text := range []string{strings.Repeat("x", fiveMiB), "y"} {
		part, err := k.upload(k.root, "a", id, int32(i*7+1), []byte(text))
		k.must(err)
		sum := md5.Sum([]byte(text))
		if want := `"` + hex.EncodeToString(sum[:]) + `"`; *part.ETag != want {
			t.Errorf("ETag of a part %s, want %s", *part.ETag, want)
		}
		all.Write(sum[:])
		parts = append(parts, part)
	}
	done, err := k.complete(k.root, "a", id, parts...)
	k.must(err)
	if want := `"` + hex.EncodeToString(all.Sum(nil)) + `-2"`; *done.ETag != want {
		t.Errorf("ETag %s, want %s", *done.ETag, want)
	}
	out, err := k.root.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("a"), PartNumber: aws.Int32(2)})
	k.must(err)
	if got, _ := io.ReadAll(out.Body); string(got) != "y" || aws.ToInt32(out.PartsCount) != 2 {
		t.Errorf("the second part is %q of %d parts", got, aws.ToInt32(out.PartsCount))
	}
}

func TestUploadOfAnotherKeyIsNotThere(t *testing.T) {
	k := newKit(t, "yellow", "blue")
	k.putRoles(ownUploads)
	yellow, blue := k.tenant("yellow"), k.tenant("blue")
	theirs, err := k.create(blue, "blue/a", under(k.keys["blue"]))
	k.must(err)
	own, err := k.create(yellow, "yellow/a", under(k.keys["yellow"]))
	k.must(err)
	part, err := k.upload(yellow, "yellow/a", own, 1, []byte("x"))
	k.must(err)

	_, err = k.upload(yellow, "yellow/a", theirs, 1, []byte("x"))
	localawstest.WantFailure(t, err, "NoSuchUpload", 404)
	_, err = k.complete(yellow, "yellow/a", theirs, part)
	localawstest.WantFailure(t, err, "NoSuchUpload", 404)
	_, err = k.upload(yellow, "blue/a", theirs, 1, []byte("x"))
	k.denied(err, "s3:PutObject")
	_, err = k.complete(yellow, "blue/a", theirs, part)
	k.denied(err, "s3:PutObject")
	_, err = yellow.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("blue/a"), UploadId: &theirs})
	k.denied(err, "s3:AbortMultipartUpload")
	_, err = yellow.ListParts(t.Context(), &s3.ListPartsInput{Bucket: aws.String(bucket), Key: aws.String("blue/a"), UploadId: &theirs})
	k.denied(err, "s3:ListMultipartUploadParts")
	_, err = yellow.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket), Prefix: aws.String("blue/")})
	k.denied(err, "s3:ListBucketMultipartUploads")
	_, err = k.create(yellow, "yellow/b", under(k.keys["blue"]))
	k.denied(err, "kms:GenerateDataKey")
	k.isMissing("yellow/a")

	uploads, err := yellow.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket), Prefix: aws.String("yellow/")})
	k.must(err)
	if len(uploads.Uploads) != 1 || *uploads.Uploads[0].UploadId != own || *uploads.Uploads[0].Key != "yellow/a" {
		t.Errorf("uploads %+v", uploads.Uploads)
	}
	parts, err := yellow.ListParts(t.Context(), &s3.ListPartsInput{Bucket: aws.String(bucket), Key: aws.String("yellow/a"), UploadId: &own})
	k.must(err)
	if len(parts.Parts) != 1 || *parts.Parts[0].ETag != *part.ETag || *parts.Parts[0].Size != 1 || *parts.Parts[0].ChecksumCRC32 != *part.ChecksumCRC32 {
		t.Errorf("parts %+v", parts.Parts)
	}
	_, err = k.complete(yellow, "yellow/a", own, part)
	k.must(err)
	k.holds("yellow/a", "x")
	_, err = k.complete(yellow, "yellow/a", own, part)
	localawstest.WantFailure(t, err, "NoSuchUpload", 404)
	_, err = blue.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("blue/a"), UploadId: &theirs})
	k.must(err)
	_, err = blue.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("blue/a"), UploadId: &theirs})
	localawstest.WantFailure(t, err, "NoSuchUpload", 404)
}

func TestPartsNeedTheKeyToTheEnd(t *testing.T) {
	k := newKit(t, "yellow")
	k.putRoles(ownUploads)
	yellow := k.tenant("yellow")
	id, err := k.create(yellow, "yellow/a", under(k.keys["yellow"]))
	k.must(err)
	part, err := k.upload(yellow, "yellow/a", id, 1, []byte("x"))
	k.must(err)
	keys := k.kms(localawstest.Root)
	_, err = keys.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: aws.String(k.keys["yellow"])})
	k.must(err)
	_, err = k.upload(yellow, "yellow/a", id, 2, []byte("x"))
	localawstest.WantFailure(t, err, "KMS.DisabledException", 400)
	_, err = k.complete(yellow, "yellow/a", id, part)
	localawstest.WantFailure(t, err, "KMS.DisabledException", 400)
	_, err = keys.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: aws.String(k.keys["yellow"])})
	k.must(err)
	k.putRoles(strings.Replace(ownUploads, `"kms:Decrypt",`, "", 1))
	_, err = k.upload(yellow, "yellow/a", id, 2, []byte("x"))
	k.denied(err, "kms:Decrypt")
	_, err = k.complete(yellow, "yellow/a", id, part)
	k.denied(err, "kms:Decrypt")
	k.putRoles(ownUploads)
	_, err = k.complete(yellow, "yellow/a", id, part)
	k.must(err)
}

func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	k := newKit(t)
	id, err := k.create(k.root, "a")
	k.must(err)
	large, err := k.upload(k.root, "a", id, 1, bytes.Repeat([]byte("x"), fiveMiB))
	k.must(err)
	small, err := k.upload(k.root, "a", id, 2, []byte("x"))
	k.must(err)
	last, err := k.upload(k.root, "a", id, 10_000, []byte("x"))
	k.must(err)
	with := func(p types.CompletedPart, change func(*types.CompletedPart)) types.CompletedPart {
		change(&p)
		return p
	}
	for name, row := range map[string]struct {
		code  string
		parts []types.CompletedPart
	}{
		"none":              {"MalformedXML", nil},
		"order":             {"InvalidPartOrder", []types.CompletedPart{small, large}},
		"twice":             {"InvalidPartOrder", []types.CompletedPart{large, large}},
		"a small one":       {"EntityTooSmall", []types.CompletedPart{large, small, last}},
		"not uploaded":      {"InvalidPart", []types.CompletedPart{with(large, func(p *types.CompletedPart) { p.PartNumber = aws.Int32(3) })}},
		"another tag":       {"InvalidPart", []types.CompletedPart{with(large, func(p *types.CompletedPart) { p.ETag = small.ETag })}},
		"another checksum":  {"InvalidPart", []types.CompletedPart{with(large, func(p *types.CompletedPart) { p.ChecksumCRC32 = small.ChecksumCRC32 })}},
		"no checksum":       {"InvalidRequest", []types.CompletedPart{with(large, func(p *types.CompletedPart) { p.ChecksumCRC32 = nil })}},
		"part number 10001": {"MalformedXML", []types.CompletedPart{with(large, func(p *types.CompletedPart) { p.PartNumber = aws.Int32(10_001) })}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.complete(k.root, "a", id, row.parts...)
			localawstest.WantFailure(t, err, row.code, 400)
		})
	}
	for name, change := range map[string]func(*s3.CompleteMultipartUploadInput){
		"BadDigest":      func(in *s3.CompleteMultipartUploadInput) { in.ChecksumCRC32 = small.ChecksumCRC32 },
		"InvalidRequest": func(in *s3.CompleteMultipartUploadInput) { in.MpuObjectSize = aws.Int64(1) },
	} {
		in := &s3.CompleteMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("a"), UploadId: &id, MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{large, small}}}
		change(in)
		_, err := k.root.CompleteMultipartUpload(t.Context(), in)
		localawstest.WantFailure(t, err, name, 400)
	}
	for _, number := range []string{"0", "10001", "x", ""} {
		k.wants(k.ask("PUT", fmt.Sprintf("/%s/a?partNumber=%s&uploadId=%s", bucket, number, id), "x", localawstest.Root), 400, "InvalidArgument")
	}
	k.isMissing("a")
	_, err = k.complete(k.root, "a", id, large, last)
	k.must(err)
	k.holds("a", strings.Repeat("x", fiveMiB+1))
}

func TestCompletionIsConditional(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "before"))
	id, err := k.create(k.root, "a")
	k.must(err)
	part, err := k.upload(k.root, "a", id, 1, []byte("x"))
	k.must(err)
	in := &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(bucket), Key: aws.String("a"), UploadId: &id, IfNoneMatch: aws.String("*"), MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{part}},
	}
	_, err = k.root.CompleteMultipartUpload(t.Context(), in)
	localawstest.WantFailure(t, err, "PreconditionFailed", 412)
	k.holds("a", "before")
	in.IfNoneMatch = nil
	_, err = k.root.CompleteMultipartUpload(t.Context(), in)
	k.must(err)
	k.holds("a", "x")
}

func TestPartWithAnotherChecksumIsNotKept(t *testing.T) {
	k := newKit(t)
	id, err := k.create(k.root, "a")
	k.must(err)
	target := fmt.Sprintf("/%s/a?partNumber=1&uploadId=%s", bucket, id)
	k.wants(k.ask("PUT", target, "text", localawstest.Root, "X-Amz-Checksum-Crc32", "AAAAAA=="), 400, "BadDigest")
	k.wants(k.ask("PUT", target, "text", localawstest.Root, "X-Amz-Checksum-Sha1", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 400, "InvalidRequest")
	k.wants(k.ask("PUT", target, "text", localawstest.Root, "Content-Md5", md5Of("other")), 400, "BadDigest")
	k.wants(k.ask("PUT", target, "text", localawstest.Root, "X-Amz-Server-Side-Encryption", "AES256"), 400, "InvalidArgument")
	out, err := k.root.ListParts(t.Context(), &s3.ListPartsInput{Bucket: aws.String(bucket), Key: aws.String("a"), UploadId: &id})
	k.must(err)
	if len(out.Parts) != 0 {
		t.Errorf("parts %+v, want none", out.Parts)
	}
	k.wants(k.ask("PUT", target, "text", localawstest.Root), 200, "")
}

func TestChecksumThatWasNotDeclaredIsCompared(t *testing.T) {
	k := newKit(t)
	id, err := k.create(k.root, "a", func(in *s3.CreateMultipartUploadInput) { in.ChecksumAlgorithm = "" })
	k.must(err)
	part, err := k.upload(k.root, "a", id, 1, []byte("x"))
	k.must(err)
	own := part.ChecksumCRC32
	part.ChecksumCRC32 = aws.String("AAAAAA==")
	_, err = k.complete(k.root, "a", id, part)
	localawstest.WantFailure(t, err, "InvalidPart", 400)
	part.ChecksumCRC32 = own
	_, err = k.complete(k.root, "a", id, part)
	k.must(err)
}
