package s3_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"example.com/shiptrack/infra/localaws/localawstest"
)

// listAll follows a list by pages, in the form of ListObjectsV2 or of ListObjects.
func (k *kit) listAll(v2 bool, prefix, delimiter string, size int32) (names []string, pages int) {
	k.Helper()
	add := func(objects []types.Object, prefixes []types.CommonPrefix) {
		pages++
		var page []string
		for _, o := range objects {
			page = append(page, *o.Key)
		}
		for _, p := range prefixes {
			page = append(page, *p.Prefix)
		}
		slices.Sort(page)
		names = append(names, page...)
	}
	if v2 {
		in := &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: &prefix, Delimiter: &delimiter, MaxKeys: &size}
		for {
			out, err := k.root.ListObjectsV2(k.Context(), in)
			k.must(err)
			if int(*out.KeyCount) != len(out.Contents)+len(out.CommonPrefixes) {
				k.Errorf("KeyCount %d of %d and %d", *out.KeyCount, len(out.Contents), len(out.CommonPrefixes))
			}
			if add(out.Contents, out.CommonPrefixes); !*out.IsTruncated {
				return names, pages
			}
			in.ContinuationToken = out.NextContinuationToken
		}
	}
	in := &s3.ListObjectsInput{Bucket: aws.String(bucket), Prefix: &prefix, Delimiter: &delimiter, MaxKeys: &size}
	for {
		out, err := k.root.ListObjects(k.Context(), in)
		k.must(err)
		if add(out.Contents, out.CommonPrefixes); !*out.IsTruncated {
			return names, pages
		}
		if in.Marker = out.NextMarker; in.Marker == nil { // without a delimiter the last key is the marker
			in.Marker = out.Contents[len(out.Contents)-1].Key
		}
	}
}

func TestPagesOfAListAreTheList(t *testing.T) {
	k := newKit(t)
	var all []string
	for i := range 7 {
		all = append(all, fmt.Sprintf("a/%d/x", i), fmt.Sprintf("a/%d/y", i), fmt.Sprintf("b%d", i))
	}
	all = append(all, "a b+c&d/é", "a//x")
	slices.Sort(all)
	for _, key := range all {
		k.must(k.put(k.root, key, key))
	}
	for _, test := range []struct {
		prefix, delimiter string
		want              []string
	}{
		{"", "", all},
		{"a/", "", slices.DeleteFunc(slices.Clone(all), func(s string) bool { return !strings.HasPrefix(s, "a/") })},
		{"a/", "/", []string{"a//", "a/0/", "a/1/", "a/2/", "a/3/", "a/4/", "a/5/", "a/6/"}},
		{"", "/", []string{"a b+c&d/", "a/", "b0", "b1", "b2", "b3", "b4", "b5", "b6"}},
		{"none", "", nil},
	} {
		for _, v2 := range []bool{true, false} {
			for _, size := range []int32{1, 2, 3, 1000} {
				got, pages := k.listAll(v2, test.prefix, test.delimiter, size)
				if !slices.Equal(got, test.want) || pages != max(1, (len(test.want)+int(size)-1)/int(size)) {
					t.Errorf("V2 %v, prefix %q, delimiter %q, %d a page: %d pages with %q, want %q", v2, test.prefix, test.delimiter, size, pages, got, test.want)
				}
			}
		}
	}
}

func TestListsSayWhatTheyAreAskedFor(t *testing.T) {
	k := newKit(t)
	for _, key := range []string{"a&b", "a b+ü/<", "z"} {
		k.must(k.put(k.root, key, "text"))
	}
	target := "/" + bucket + "?"
	for _, test := range []struct {
		query  string
		has    string
		hasNot string
	}{
		{"list-type=2&max-keys=0", "<KeyCount>0</KeyCount>", "<IsTruncated>true"},
		{"max-keys=0", "<MaxKeys>0</MaxKeys>", "<IsTruncated>true"},
		{"list-type=2&max-keys=5000", "<MaxKeys>1000</MaxKeys>", "<IsTruncated>true"},
		{"list-type=2", "<Key>a&amp;b</Key>", "<Owner>"},
		{"list-type=2&fetch-owner=true", "<Owner><ID>", ""},
		{"", "<Owner><ID>", "KeyCount"},
		{"list-type=2&encoding-type=url", "<Key>a%20b%2B%C3%BC/%3C</Key>", "<Key>a b"},
		{"list-type=2&start-after=a%26b", "<Key>z</Key>", "<Key>a&amp;b"},
		{"marker=a%26b", "<Marker>a&amp;b</Marker>", "<Key>a&amp;b"},
		{"list-type=2", "<ETag>&#34;1cb251ec0d568de6a929b520c4aed8d1&#34;</ETag>", ""},
	} {
		a := k.ask("GET", target+test.query, "", localawstest.Root)
		if a.status != 200 || !strings.Contains(a.body, test.has) || test.hasNot != "" && strings.Contains(a.body, test.hasNot) {
			t.Errorf("%s: %d %s, want %s and not %s", test.query, a.status, a.body, test.has, test.hasNot)
		}
	}
	for _, query := range []string{"max-keys=-1", "max-keys=x", "list-type=3", "encoding-type=x", "list-type=2&continuation-token=%25"} {
		k.wants(k.ask("GET", target+query, "", localawstest.Root), 400, "InvalidArgument")
	}
	k.wants(k.ask("GET", "/missing", "", localawstest.Root), 404, "NoSuchBucket")
}

func TestBucketsAreMadeListedAndRemoved(t *testing.T) {
	k := newKit(t)
	located := func(region string) string {
		return `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>` + region + `</LocationConstraint></CreateBucketConfiguration>`
	}
	k.wants(k.ask("PUT", "/bkt", "", localawstest.Root), 200, "")
	k.wants(k.ask("PUT", "/bkt", "", localawstest.Root), 200, "") // us-east-1
	k.wants(k.ask("PUT", "/bkt2", located("eu-west-1"), localawstest.Root), 400, "InvalidLocationConstraint")
	k.wants(k.ask("PUT", "/bkt2", "<CreateBucketConfiguration><X/></CreateBucketConfiguration>", localawstest.Root), 400, "MalformedXML")
	k.wants(k.ask("PUT", "/bkt2", "", localawstest.Root, "X-Amz-Acl", "public-read"), 400, "AccessControlListNotSupported")
	a := k.ask("GET", "/?prefix=bkt", "", localawstest.Root)
	if a.status != 200 || strings.Count(a.body, "<Bucket>") != 1 || !strings.Contains(a.body, "<Name>bkt</Name><CreationDate>") {
		t.Errorf("%d %s, want the one bucket", a.status, a.body)
	}
	if a := k.ask("GET", "/bkt?location", "", localawstest.Root); a.status != 200 || !strings.Contains(a.body, "<LocationConstraint xmlns=") {
		t.Errorf("%d %s", a.status, a.body)
	}
	k.wants(k.ask("PUT", "/bkt/a", "text", localawstest.Root), 200, "")
	k.wants(k.ask("DELETE", "/bkt", "", localawstest.Root), 409, "BucketNotEmpty")
	k.wants(k.ask("DELETE", "/bkt/a", "", localawstest.Root), 204, "")
	k.wants(k.ask("DELETE", "/bkt", "", localawstest.Root), 204, "")
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		k.wants(k.ask(method, "/bkt/a", "", localawstest.Root), 404, "NoSuchBucket")
	}
	k.wants(k.ask("DELETE", "/bkt", "", localawstest.Root), 404, "NoSuchBucket")
	k.wants(k.ask("HEAD", "/bkt", "", localawstest.Root), 404, "")
	a = k.ask("HEAD", "/"+bucket, "", localawstest.Root)
	if a.status != 200 || a.header.Get("X-Amz-Bucket-Region") != "us-east-1" {
		t.Errorf("%d %v", a.status, a.header)
	}
}
