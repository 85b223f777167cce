package s3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// ownTagged lets a tenant read, tag and copy what carries its own tag, wherever it lies, and write only with its own tag.
const ownTagged = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectTagging","s3:DeleteObjectTagging"],"Resource":"*","Condition":{
	 "StringEquals":{"s3:ExistingObjectTag/TenantID":"${aws:PrincipalTag/TenantID}"}}},
	{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectTagging"],"Resource":"*","Condition":{
	 "StringEquals":{"s3:RequestObjectTag/TenantID":"${aws:PrincipalTag/TenantID}"},
	 "ForAllValues:StringEquals":{"s3:RequestObjectTagKeys":["TenantID","Kind"]}}}]}`

func tagSet(pairs ...string) *types.Tagging {
	set := &types.Tagging{TagSet: []types.Tag{}}
	for i := 0; i < len(pairs); i += 2 {
		set.TagSet = append(set.TagSet, types.Tag{Key: &pairs[i], Value: &pairs[i+1]})
	}
	return set
}

func (k *kit) tag(c *s3.Client, key string, pairs ...string) error {
	_, err := c.PutObjectTagging(k.Context(), &s3.PutObjectTaggingInput{Bucket: aws.String(bucket), Key: &key, Tagging: tagSet(pairs...)})
	return err
}

func (k *kit) tags(c *s3.Client, key string) (string, error) {
	out, err := c.GetObjectTagging(k.Context(), &s3.GetObjectTaggingInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		return "", err
	}
	all := map[string]string{}
	for _, tag := range out.TagSet {
		all[*tag.Key] = *tag.Value
	}
	return fmt.Sprint(all), nil
}

func (k *kit) isTagged(key, want string) {
	k.Helper()
	if got, err := k.tags(k.root, key); err != nil || got != want {
		k.Errorf("%s has the tags %s, %v; want %s", key, got, err, want)
	}
}

func TestPoliciesSeeTheTagsOfObjects(t *testing.T) {
	k := newKit(t)
	k.putRoles(ownTagged)
	yellow := k.tenant("yellow")
	for _, tenant := range []string{"yellow", "blue"} {
		_, err := k.root.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &tenant, Body: strings.NewReader(tenant), Tagging: aws.String("TenantID=" + tenant)})
		k.must(err)
	}
	k.must(k.put(k.root, "none", "none"))
	_, err := k.get(yellow, "yellow")
	k.must(err)
	_, err = k.tags(yellow, "yellow")
	k.must(err)
	for _, key := range []string{"blue", "none", "missing"} {
		_, err := k.get(yellow, key)
		k.denied(err, "s3:GetObject")
		_, err = k.tags(yellow, key)
		k.denied(err, "s3:GetObjectTagging")
		_, err = yellow.DeleteObjectTagging(t.Context(), &s3.DeleteObjectTaggingInput{Bucket: aws.String(bucket), Key: &key})
		k.denied(err, "s3:DeleteObjectTagging")
	}
	k.isTagged("blue", "map[TenantID:blue]")

	put := func(tagging string) error {
		_, err := yellow.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("new"), Body: strings.NewReader("x"), Tagging: &tagging})
		return err
	}
	k.denied(put("TenantID=blue"), "s3:PutObject")
	k.denied(put("TenantID=yellow&Role=admin"), "s3:PutObject")
	k.denied(put(""), "s3:PutObject")
	k.must(put("TenantID=yellow&Kind=a%20bill"))
	k.isTagged("new", "map[Kind:a bill TenantID:yellow]")
	k.denied(k.tag(yellow, "yellow", "TenantID", "blue"), "s3:PutObjectTagging")
	k.denied(k.tag(yellow, "yellow", "TenantID", "yellow", "Role", "admin"), "s3:PutObjectTagging")
	k.denied(k.tag(yellow, "yellow"), "s3:PutObjectTagging")
	k.must(k.tag(yellow, "yellow", "TenantID", "yellow", "Kind", "invoice"))
	k.isTagged("yellow", "map[Kind:invoice TenantID:yellow]")
	_, err = yellow.DeleteObjectTagging(t.Context(), &s3.DeleteObjectTaggingInput{Bucket: aws.String(bucket), Key: aws.String("new")})
	k.must(err)
	k.isTagged("new", "map[]")
	k.must(k.tag(k.root, "yellow", "TenantID", "blue")) // from now on it is another's
	_, err = k.get(yellow, "yellow")
	k.denied(err, "s3:GetObject")
}

func TestTagsOfObjectsAreChecked(t *testing.T) {
	k := newKit(t)
	k.must(k.put(k.root, "a", "x"))
	many := func(n int) (pairs []string) {
		for i := range n {
			pairs = append(pairs, fmt.Sprint("k", i), "")
		}
		return pairs
	}
	k.must(k.tag(k.root, "a", many(10)...))
	k.must(k.tag(k.root, "a", strings.Repeat("k", 128), strings.Repeat("é", 256)))
	for name, row := range map[string]struct {
		code  string
		pairs []string
	}{
		"eleven": {"BadRequest", many(11)}, "no key": {"InvalidTag", []string{"", "x"}}, "long key": {"InvalidTag", []string{strings.Repeat("k", 129), ""}},
		"long value": {"InvalidTag", []string{"k", strings.Repeat("v", 257)}}, "reserved": {"InvalidTag", []string{"aws:x", ""}},
		"reserved, long s": {"InvalidTag", []string{"aw\u017f:x", ""}},
		"twice":            {"InvalidTag", []string{"k", "1", "k", "2"}}, "character": {"InvalidTag", []string{"k", "${aws:username}"}},
	} {
		t.Run(name, func(t *testing.T) { localawstest.WantFailure(t, k.tag(k.root, "a", row.pairs...), row.code, 400) })
	}
	for _, body := range []string{"", "<Tagging/>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "<Tagging><TagSet/><TagSet/></Tagging>", "<Other><TagSet/></Other>"} {
		k.wants(k.ask("PUT", "/"+bucket+"/a?tagging", body, localawstest.Root), 400, "MalformedXML")
	}
	k.wants(k.ask("PUT", "/"+bucket+"/a?tagging", "<Tagging><TagSet/></Tagging>", localawstest.Root, "Content-Md5", md5Of("x")), 400, "BadDigest")
	localawstest.WantFailure(t, k.tag(k.root, "missing", "a", "b"), "NoSuchKey", 404)
	_, err := k.root.DeleteObjectTagging(t.Context(), &s3.DeleteObjectTaggingInput{Bucket: aws.String(bucket), Key: aws.String("a")})
	k.must(err)
	k.isTagged("a", "map[]")
}

func TestUploadInPartsHasItsTags(t *testing.T) {
	k := newKit(t)
	id, err := k.create(k.root, "a", func(in *s3.CreateMultipartUploadInput) { in.Tagging = aws.String("Kind=bill") })
	k.must(err)
	part, err := k.upload(k.root, "a", id, 1, []byte("x"))
	k.must(err)
	_, err = k.complete(k.root, "a", id, part)
	k.must(err)
	k.isTagged("a", "map[Kind:bill]")
}
